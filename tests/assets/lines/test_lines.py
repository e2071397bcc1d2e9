"""Whole lines: each small size has the models of the shipped line, and is built from nothing to its end."""

import re
from pathlib import Path

import pytest

from assets.profile.chosen import FOLDER
from assets.profile.models import TrainedModel
from assets.profile.profile import Profile, load_profile
from datasets_registry.hashing import derive_seed
from datasets_registry.registry import Registry
from datasets_registry.rows.imported import ChatMessage, Demonstration, HumanPreference
from generation.request import Completion, Request
from generation.scripted import chosen
from quality.auditing.publishing import publish
from tests.assets.pipelines import test_alignment, test_reasoning
from tests.assets.small import IMPORTED
from tests.assets.workshop import opened
from tests.rows import make

IN_WORDS = re.compile(r"What is (\d+) \+ (\d+)\?$")
LINES = sorted(path.stem for path in (FOLDER / "small").glob("*.toml"))
# a tiny random model and a few steps, so that a line takes seconds
TINY = """
extends = "{small}"

[models.base_policy]
model = "{model}"

[answers]
system_prompt = "brief"
"""
# its base is small already
FEWER = """
extends = "{small}"

[models.cold_start_policy.training]
max_steps = 8

[rounds.rft_rounds]
asks = {{ problems = 12 }}
training = {{ max_steps = 8, batch_size = 4 }}

[evaluation]
items = {{ capability = 12 }}
"""
pytestmark = pytest.mark.filterwarnings("ignore::dagster.PreviewWarning")


def trained(profile: Profile) -> dict[str, tuple[str, str, str]]:
    """How each model is made: its trainer, base and dataset; those of a third round and later aside."""
    return {
        name: (section.trainer, section.base, section.dataset)
        for name, section in profile.models.items()
        if isinstance(section, TrainedModel) and "round_03" not in name
    }


@pytest.mark.parametrize("line", LINES)
def test_a_small_size_makes_the_models_of_its_line_without_a_gpu(line: str) -> None:
    shipped, small = load_profile(line), load_profile(f"small/{line}")
    assert trained(small) == trained(shipped)
    assert (shipped.requires_gpu, small.requires_gpu) == (True, False)
    assert shipped.card and shipped.card_gb and not (small.card or small.card_gb)


def script(request: Request) -> str | Completion:
    """Answers and verdicts as elsewhere; sums are solved at times."""
    if request.choices and len(request.choices) == 3:
        return chosen(0.05, 0.05, 0.9)
    if sum_in_words := IN_WORDS.search(request.messages[-1].content):
        numbers = [int(number) for number in sum_in_words.groups()]
        wrong = derive_seed("errs", request.noise_key) % 2
        return f"{numbers[0]} + {numbers[1]} = {sum(numbers) + wrong}\nAnswer: {sum(numbers) + wrong}"
    if any("+" in turn.content for turn in request.messages):
        return test_reasoning.script(request)
    return test_alignment.script(request)


def import_people(registry: Registry) -> None:
    """What people showed and compared."""
    shown = [make(Demonstration, f"d{place}", completion="yes" * place) for place in range(1, 9)]
    compared = [
        make(HumanPreference, f"q{place}", messages=[ChatMessage(role="user", content=f"What is {place}?")])
        for place in range(1, 13)
    ]
    publish(registry, Demonstration, shown, IMPORTED)
    publish(registry, HumanPreference, compared, IMPORTED)


@pytest.mark.parametrize("line", LINES)
def test_a_line_is_built_from_nothing_to_its_last_model(line: str, tmp_path: Path, tiny_model: Path) -> None:
    path = tmp_path / "tiny.toml"
    small = FOLDER / "small" / f"{line}.toml"
    text = FEWER if line == "rft_rounds" else TINY
    path.write_text(text.format(small=small, model=tiny_model))
    with opened(path, tmp_path / "state", script) as workshop:
        if line == "rlhf":
            import_people(workshop.registry)
        workshop.build()
        profile = load_profile(str(path))
        assert all(workshop.registry.passed(name).data_version for name in profile.models)
        assert workshop.build() == []
