"""Whatever marks a model thinks between, every method reads the same answers."""

from pathlib import Path

import pytest

from assets.profile.models import GivenModel
from assets.profile.profile import Profile
from methods.evaluation.suites.names import USUAL
from methods.reading.thought import THINK
from quality.judges import resampling
from tests.assets.graphs import IMPORTED, Outcome, declared, run
from tests.assets.mutations import Place, changed
from tests.assets.profile_fields import small

OTHER = ("[THINK]", "[/THINK]")
START, END = zip(THINK[0], OTHER, strict=True)
# what reads a model's words, each by its marks
READERS = {
    "cai_revisions",
    "candidates",
    "completion_pairs",
    "evaluation_answers/base_policy",
    "evaluation_answers/dpo_policy",
    "evaluation_answers/sft_policy",
    "helpful_answers",
    "step_rollouts",
}


def texts(outcome: Outcome) -> list[str]:
    """What was asked and what came of it, whatever the marks."""
    asked = [f"{model} {request.model_dump_json()}" for model, request in outcome.requests]
    rows = [row.model_dump_json() for row in outcome.rows]
    return [text.replace(*START).replace(*END) for text in asked + rows]


def test_answers_are_read_alike_whatever_marks_a_model_thinks_between(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resampling, "RESAMPLES", 50)
    # a model that thinks is shown the choices of capability, and has more tokens in diversity
    suites = [name for name in USUAL if name not in ("capability", "diversity")]
    read_alike: dict[Place, object] = {
        ("evaluation", "suites"): suites,
        ("evaluation", "items"): dict.fromkeys(suites, 2),
    }
    content = changed(small("gpu", tmp_path), read_alike)
    given = [
        name for name, it in Profile.model_validate(content).models.items() if isinstance(it, GivenModel)
    ]
    told: dict[Place, object] = {("models", name, "thought_marks"): [OTHER] for name in given}
    usual, own = declared(content), declared(changed(content, told))
    rows, misread = dict(IMPORTED), set()
    for name, dataset in usual.datasets.items():
        before = run(dataset, rows)
        if dataset.generates:
            assert texts(run(own.datasets[name], rows, OTHER)) == texts(before), name
            if texts(run(dataset, rows, OTHER)) != texts(before):
                misread.add(name)
        rows[name] = before.rows
    assert misread == READERS
    assert READERS | {"grpo_policy"} <= usual.differing(own)
    assert not usual.differing(own) & {*given}
