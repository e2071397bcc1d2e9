"""Rollouts scored again: by a verifier, reward models and judges, and no sample is drawn for it."""

from pathlib import Path

from transformers import AutoModelForSequenceClassification, AutoTokenizer

from datasets_registry.rows.rounds.rollouts import Rollout
from generation.request import Completion, Message, Request
from generation.scripted import chosen
from methods.judging.score import ScoreSettings
from methods.rounds.rollout_scores import ROLLOUT_SCORES, RolloutScoreSettings, conversation
from methods.verifiers.contract import VerifierSettings
from tests.methods.graphless import MemoryInputs, ModelsByRole, ScriptedModel, rows_of
from tests.rows import make

ROLLOUTS = [
    make(Rollout, sample=0, completion="1+1=2\nA:2"),
    make(Rollout, sample=1, completion="1+1=3\nA:3"),
    make(Rollout, sample=2, completion="A:2", finish_reason="length"),
    make(Rollout, sample=3, completion="A:2", answer=None),
]
INPUTS = MemoryInputs({"rollouts": ROLLOUTS})


def test_a_verifier_accepts_as_it_does_in_training() -> None:
    settings = RolloutScoreSettings(verifier=VerifierSettings(kind="maths"))
    rows = rows_of(ROLLOUT_SCORES, settings, INPUTS)
    assert [(row.sample, row.signal, row.score, row.failure) for row in rows] == [
        (0, "verifier", 1, None),
        (1, "verifier", 0, None),
        (2, "verifier", 0, None),
        (3, "verifier", None, "the prompt has no gold answer"),
    ]


def test_a_judge_scores_each_text_and_says_why_where_it_does_not(tmp_path: Path) -> None:
    def script(request: Request) -> Completion:
        if "1+1=3" in request.messages[0].content:
            return Completion(finish_reason="error", error="window")
        return chosen(*[0.1] * len(request.choices))

    models = ModelsByRole({"judges": [ScriptedModel("critic", tmp_path, script)]})
    settings = RolloutScoreSettings(scores=ScoreSettings(ten_is_one_token=True))
    rows = rows_of(ROLLOUT_SCORES, settings, INPUTS, models)
    assert [row.signal for row in rows] == ["critic"] * 4
    assert [row.score is None for row in rows] == [False, True, False, False]
    assert rows[1].failure == "error: window" and all(row.score_key for row in rows)


def test_a_reward_model_gives_its_own_scores(tmp_path: Path, tiny_model: Path) -> None:
    folder = tmp_path / "scorer"
    AutoModelForSequenceClassification.from_pretrained(tiny_model, num_labels=1).save_pretrained(folder)
    AutoTokenizer.from_pretrained(tiny_model).save_pretrained(folder)
    models = ModelsByRole({"reward_models": [ScriptedModel("helpful", folder)]})
    rows = rows_of(ROLLOUT_SCORES, RolloutScoreSettings(), INPUTS, models)
    assert [(row.sample, row.signal) for row in rows] == [(sample, "helpful") for sample in range(4)]
    assert rows[0].score != rows[1].score and rows[2].score == rows[3].score is not None


def test_the_conversation_is_the_one_that_was_answered() -> None:
    turns = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "yes?"}]
    rollout = make(Rollout, prompt="1+1=?", history=turns, system_text="Be brief.")
    assert conversation(rollout) == (
        Message(role="system", content="Be brief."),
        Message(role="user", content="hi"),
        Message(role="assistant", content="yes?"),
        Message(role="user", content="1+1=?"),
    )
