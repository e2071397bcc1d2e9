"""How many judge calls a change costs: more prompts, an edited principle, another way to a label."""

import tempfile
from pathlib import Path

from benchmarks.sides.planted_judges import pairs
from datasets_registry.rows.rlaif import CompletionPair, PreferencePair
from generation.completer import Completer
from generation.ledger.ledger import Ledger
from generation.request import Completion, Request
from generation.scripted import ScriptedBackend, chosen
from methods.judging.constitution import Constitution, Principle
from methods.rlaif.judgements import JudgeSettings, judge_pairs
from methods.rlaif.labels import LabelSettings, label_pairs

PRINCIPLES = 12
JUDGING = JudgeSettings(num_principles=1)


def constitution(edited: int | None = None) -> Constitution:
    """Twelve principles, one of them with another question if ``edited``."""
    return Constitution(
        name="twelve",
        principles=tuple(
            Principle(
                id=f"principle_{place:02d}",
                signal="helpfulness",
                critique_request="-",
                revision_request="-",
                preference_question=f"Which is better by rule {place}{' anew' if place == edited else ''}?",
            )
            for place in range(PRINCIPLES)
        ),
    )


class Line:
    """Judgements and labels through one ledger; ``new_calls`` are those that the last run made."""

    def __init__(self, folder: Path) -> None:
        self.ledger = Ledger(folder)
        self.new_calls = 0

    def run(
        self,
        asked: list[CompletionPair],
        rules: Constitution,
        labels: LabelSettings,
        judging: JudgeSettings = JUDGING,
    ) -> list[PreferencePair]:
        """The labels of ``asked``, from calls stored or made."""
        backend = ScriptedBackend(_answer)
        complete = Completer(backend, self.ledger, asset="labels", report=lambda _: None)
        judgements = judge_pairs(asked, "planted", rules, complete, backend.fingerprint, judging)
        self.new_calls = len(backend.requests)
        return label_pairs(asked, judgements, labels)


def _answer(request: Request) -> Completion:
    place = len(request.messages[0].content) % 7
    p, inside = 0.2 + place / 10, 0.9 if place == 0 else 1.0
    return chosen(inside * p, inside * (1 - p))


def changes(num_prompts: int, num_more: int) -> dict[str, tuple[int, int]]:
    """New judge calls of each change, and those that were to be expected."""
    asked = pairs(num_prompts + num_more)
    before, edited = asked[:num_prompts], PRINCIPLES // 2
    told: dict[str, tuple[int, int]] = {}
    with tempfile.TemporaryDirectory() as folder:
        line = Line(Path(folder))
        line.run(before, constitution(), LabelSettings())
        labels = line.run(asked, constitution(), LabelSettings())
        told[f"{num_more} prompts more than {num_prompts:,}"] = line.new_calls, 2 * num_more
        line.run(asked, constitution(edited), LabelSettings())
        drawn = sum(one.principle_id == f"principle_{edited:02d}" for one in labels)
        told["one principle of 12 edited"] = line.new_calls, 2 * drawn
        line.run(asked, constitution(), LabelSettings(clamp=(0.4, 0.6)))
        told["another aggregation"] = line.new_calls, 0
        line.run(asked, constitution(), LabelSettings(tie_logit=1.0))
        told["another tie band"] = line.new_calls, 0
        strict = JUDGING.model_copy(update={"max_outside_probability": 0.05})
        reparsed = line.run(asked, constitution(), LabelSettings(), strict)
        assert any(one.label == "unparsed" for one in reparsed)
        told["another parser"] = line.new_calls, 0
    return told
