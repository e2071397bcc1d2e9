"""What is measured of judges asks the constitution's questions, and is refused where it has none."""

import pytest

from assets.pipelines.judges import judges
from assets.profile.judges import HumanAgreement
from assets.profile.profile import load_profile
from datasets_registry.errors import BadInput
from methods.judging.constitution import Constitution, Principle
from methods.rlaif.steering import SteeringSelection

RULES = Constitution.model_validate(
    {"name": "rules", "principles": [{"id": "short", "rule": {"shorter": True}}]}
)
ASKED = Principle(
    id="asked",
    signal="honesty",
    critique_request="c",
    revision_request="r",
    preference_question="q?",
)


@pytest.mark.parametrize(
    ("section", "wanted"),
    [("human_agreement", HumanAgreement(signal="harmlessness")), ("steering", SteeringSelection())],
)
def test_a_constitution_without_a_question_is_refused(section: str, wanted: object) -> None:
    profile = load_profile("laptop")
    assert profile.judges and profile.rlaif
    asks = profile.judges.model_copy(update={"human_agreement": None, "steering": None, section: wanted})
    with pytest.raises(BadInput, match=rf"'rules' has no principle .*\[judges.{section}\] needs: add one"):
        judges(asks, profile.rlaif, RULES)


def test_questions_are_those_of_the_signals_in_the_file_s_order() -> None:
    harmless = ASKED.model_copy(update={"id": "harmless", "signal": "harmlessness"})
    constitution = Constitution(name="c", principles=(ASKED, *RULES.principles, harmless))
    assert list(constitution.questions(("harmlessness", "honesty"))) == ["asked", "harmless"]
    assert constitution.questions(("harmlessness",)) == {"harmless": "q?"}
