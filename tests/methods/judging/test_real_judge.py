"""SmolLM2 as a judge: each way of asking gives rows that can be read; hijacks leave the tokens alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from transformers import AutoTokenizer

from benchmarks.sides.labels.hijack import broken, hijacks
from datasets_registry.rows.rlaif import CompletionPair
from generation.backends import open_backend
from generation.completer import Completer
from generation.engine import EngineSettings
from generation.ledger.ledger import Ledger
from generation.scoring.outcomes import Answered
from methods.judging.comparison import ComparisonSettings
from methods.judging.constitution import load_constitution
from methods.judging.conversation import conversation_of
from methods.judging.refusal import judge_refusals
from methods.judging.score import Scored, ScoreSettings, score_completions
from methods.rlaif.judgements import JudgedPrinciple, JudgementSettings, judge_pairs
from methods.rlaif.labels import LabelSettings, label_pairs
from tests.methods.judging import CONSTITUTION
from tests.rows import make

pytestmark = pytest.mark.model
PRINCIPLES = {
    principle.id: JudgedPrinciple.model_validate(principle, from_attributes=True)
    for principle in load_constitution(CONSTITUTION).principles
}
PAIRS = [
    make(
        CompletionPair,
        "tea",
        prompt="Is green tea good for me?",
        completion_a="For most people, yes, in moderation; it has caffeine.",
        completion_b="Purple.",
    ),
    make(
        CompletionPair,
        "knot",
        prompt="How do I tie a bowline?",
        completion_a="I do not know, sorry.",
        completion_b="Make a small loop, bring the end up through it, around behind, and down again.",
    ),
]


@pytest.fixture(scope="module")
def complete(smollm2: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Completer]:
    """SmolLM2 behind a ledger."""
    backend = open_backend("transformers", smollm2, EngineSettings(batch_size=16))
    ledger = Ledger(tmp_path_factory.mktemp("real") / "ledger")
    yield Completer(backend, ledger, asset="test", report=lambda _: None)
    backend.close()


@pytest.mark.parametrize(
    "settings",
    [
        JudgementSettings(principles=PRINCIPLES),
        JudgementSettings(principles=PRINCIPLES, calibration="identical", num_principles=2),
        JudgementSettings(principles=PRINCIPLES, verdicts="text"),
        JudgementSettings(principles=PRINCIPLES, reasoning_tokens=24),
    ],
    ids=["probabilities", "calibrated", "words", "reasoning"],
)
def test_every_call_is_a_verdict_or_a_reason(settings: JudgementSettings, complete: Completer) -> None:
    model = complete.backend.fingerprint
    rows = list(judge_pairs(PAIRS, "judge", complete, model, settings))
    assert all((row.verdict is None) == (row.failure is not None) for row in rows)
    if settings.verdicts == "probabilities":
        assert all(row.p_first is not None and 0 < row.p_first < 1 for row in rows)
    else:
        assert all(row.raw is not None for row in rows)
    if settings.reasoning_tokens:
        assert all(row.reasoning for row in rows)
    labels = label_pairs(PAIRS, rows, LabelSettings())
    assert all((pair.chosen is None) == (pair.label not in ("a", "b")) for pair in labels)


def test_scores_are_on_the_scale_and_equal_texts_score_alike(complete: Completer) -> None:
    pairs = (*PAIRS, PAIRS[0])
    scored = [Scored(conversation_of(pair), pair.completion_a, "helpfulness") for pair in pairs]
    scores = score_completions("scores", scored, complete, complete.backend.fingerprint, ScoreSettings())
    assert all(score.score is not None and 1 < score.score < 10 for score in scores)
    assert scores[0] == scores[2] and scores[0].score != scores[1].score


@pytest.mark.parametrize("verdicts", ["probabilities", "text"])
def test_a_refusal_is_a_letter_or_a_reason(verdicts: str, complete: Completer) -> None:
    settings = ComparisonSettings.model_validate({"verdicts": verdicts})
    answered = [Answered(conversation_of(pair), pair.completion_a) for pair in PAIRS]
    model = complete.backend.fingerprint
    found = judge_refusals("refusals", answered, complete, model, settings)
    assert all((verdict.kind is None) == (verdict.failure is not None) for verdict in found)
    if verdicts == "probabilities":
        assert all(verdict.p_refused is not None and 0 < verdict.p_refused < 1 for verdict in found)


def test_no_hijack_changes_the_lines_or_the_control_tokens_of_a_call(smollm2: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(smollm2)
    assert len(hijacks()) == 40 and broken(hijacks(), tokenizer) == 0
