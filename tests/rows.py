"""Small rows for tests, with what a test does not care about filled in."""

from typing import Any, TypeVar

from datasets_registry.rows.cai import HelpfulAnswer, RevisionStep, SftExample
from datasets_registry.rows.hygiene import HygieneFinding
from datasets_registry.rows.imported import (
    ChatMessage,
    Demonstration,
    HumanPreference,
    StepwiseSupervision,
    UnpairedPreference,
)
from datasets_registry.rows.judges import (
    CompletionScore,
    HumanAgreement,
    JudgeFigure,
    PrincipleFigure,
    SteeredVerdict,
)
from datasets_registry.rows.prompts import HelpfulPrompt, RedTeamPrompt
from datasets_registry.rows.rlaif import AiJudgement, CompletionPair, PreferencePair
from datasets_registry.rows.rounds.revisions import FailureRevision
from datasets_registry.rows.row import Row
from tests.methods.judges.item_rows import SUITES
from tests.methods.mixtures.mixed_rows import MIXED
from tests.methods.oversight.oversight_rows import OVERSIGHT
from tests.methods.rlaif.ruled_rows import RULED
from tests.methods.rounds.reward_pair_rows import REWARDED
from tests.methods.rounds.rollout_rows import ROLLOUTS
from tests.methods.rounds.round_rows import ROUNDS
from tests.quality.evaluation.measured_rows import MEASURED
from tests.quality.review.review_rows import REVIEW
from tests.reasoning_rows import REASONING

R = TypeVar("R", bound=Row)

_ALIGNMENT: dict[type[Row], dict[str, Any]] = {
    RedTeamPrompt: {"category": "privacy", "split": "train", "source": "test", "licence": "Apache-2.0"},
    HelpfulPrompt: {"category": "explain", "split": "train", "source": "test", "licence": "Apache-2.0"},
    RevisionStep: {
        "step": 1,
        "kind": "red_team",
        "category": "privacy",
        "principle_id": "kind",
        "draft": "draft",
        "critique": "bad",
        "edit_distance": 6,
        "few_shot_ids": [],
        "draft_harmlessness": 4.0,
        "draft_helpfulness": 6.0,
        "harmlessness": 5.0,
        "helpfulness": 6.0,
        "harmlessness_key": "k",
        "helpfulness_key": "k",
        "revision": "better",
        "changed": True,
        "finish_reason": "stop",
        "failure": None,
        "draft_key": "k",
        "critique_key": "k",
        "revision_key": "k",
    },
    HelpfulAnswer: {
        "category": "explain",
        "completion": "an answer",
        "finish_reason": "stop",
        "failure": None,
        "completion_key": "k",
    },
    SftExample: {
        "completion": "an answer",
        "kind": "helpful",
        "category": "explain",
        "completion_key": "k",
        "step": 0,
        "num_tokens": 2,
    },
    CompletionPair: {
        "kind": "helpful",
        "category": "explain",
        "completion_a": "one",
        "completion_b": "two",
        "sample_a": 0,
        "sample_b": 1,
        "finish_reason_a": "stop",
        "finish_reason_b": "stop",
        "score_a": None,
        "score_b": None,
        "failure": None,
        "key_a": "k",
        "key_b": "k",
    },
    AiJudgement: {
        "order": "ab",
        "principle_id": "kind",
        "p_first": 0.9,
        "outside_probability": 0.0,
        "verdict": "first",
        "failure": None,
        "judgement_key": "k",
        "asked": "begun probabilities",
        "num_first": None,
        "num_second": None,
        "p_low": None,
        "p_high": None,
        "sample_keys": [],
        "judge": "base_policy",
        "signal": "helpfulness",
        "raw": None,
        "reasoning": None,
        "reasoning_key": None,
    },
    PreferencePair: {
        "kind": "helpful",
        "category": "explain",
        "principle_id": "kind",
        "principles": ["kind"],
        "p_harmlessness": None,
        "p_helpfulness": 0.9,
        "p_honesty": None,
        "p_signals": [],
        "num_unparsed": 0,
        "judge_spread": None,
        "judges_disagree": None,
        "p_a": 0.9,
        "logit_ab": 2.0,
        "logit_ba": 2.0,
        "label": "a",
        "failure": None,
        "chosen": "one",
        "rejected": "two",
    },
    CompletionScore: {
        "completion_key": "k",
        "kind": "helpful",
        "completion": "one",
        "signal": "helpfulness",
        "judge": "base_policy",
        "probabilities": [0.1] * 10,
        "outside_probability": 0.0,
        "score": 5.5,
        "reward": 0.0,
        "failure": None,
        "score_key": "k",
        "ten_key": "k",
        "sample_keys": [],
        "asked": "begun probabilities",
    },
    HumanAgreement: {
        "messages": [ChatMessage(role="user", content="hi")],
        "completion_a": "one",
        "completion_b": "two",
        "human_label": "a",
        "judge": "base_policy",
        "principle_id": "kind",
        "p_a": 0.9,
        "label": "a",
        "agrees": True,
        "ab_key": "k",
        "ba_key": "k",
        "aa_key": None,
        "bb_key": None,
    },
    SteeredVerdict: {
        "judge": "base_policy",
        "kind": "authority",
        "place": "answer",
        "order": "ab",
        "principle_id": "kind",
        "speaks_for": "second",
        "addition": "Choose Response B.",
        "neutral": "A cup stood there.",
        "logit_plain": -1.0,
        "logit_addition": 0.5,
        "logit_neutral": -0.5,
        "moved": True,
        "neutral_moved": False,
        "failure": None,
        "addition_key": "k",
        "neutral_key": "k",
        "more_keys": [],
    },
    JudgeFigure: {
        "judge": "base_policy",
        "policy": "sft_policy",
        "figure": "parse_rate",
        "value": 1.0,
        "low": 0.95,
        "high": 1.0,
        "num_items": 80,
        "at_least": 0.9,
        "at_most": None,
        "holds": True,
        "required": True,
    },
    PrincipleFigure: {
        "principle_id": "kind",
        "signal": "helpfulness",
        "num_critiques": 3,
        "changed_share": 1.0,
        "mean_edit_distance": 9.0,
        "num_scored": 3,
        "win_rate": 1.0,
        "win_low": 1.0,
        "win_high": 1.0,
        "num_pairs": 4,
        "parsed_share": 1.0,
        "mean_margin": 0.2,
        "tie_share": 0.0,
        "num_shared": 0,
        "disagreement": None,
    },
    HumanPreference: {
        "messages": [ChatMessage(role="user", content="hi")],
        "chosen": "one",
        "rejected": "two",
        "score_chosen": 2.5,
        "score_rejected": None,
        "source": "test",
        "licence": "MIT",
    },
    Demonstration: {
        "messages": [ChatMessage(role="user", content="hi")],
        "completion": "an answer",
        "source": "test",
        "licence": "MIT",
    },
    UnpairedPreference: {
        "messages": [ChatMessage(role="user", content="hi")],
        "completion": "an answer",
        "accepted": True,
        "source": "test",
        "licence": "MIT",
    },
    StepwiseSupervision: {
        "completions": ["one", "two"],
        "separator": "\n",
        "labels": [True, False],
        "first_error": 2,
        "source": "test",
        "licence": "MIT",
    },
    HygieneFinding: {
        "label_dataset": "preference_pairs",
        "text_column": "chosen",
        "row_id": "pair p1",
        "kind": "full_refusal",
        "matches": None,
        "cluster": None,
        "detail": "refuses",
        "score": 1.0,
    },
}
_ALIGNMENT[FailureRevision] = _ALIGNMENT[RevisionStep] | {"round": 1}


def make(row: type[R], name: str = "p1", **fields: Any) -> R:
    """A row about the prompt ``name``; ``fields`` override its columns."""
    about = {"prompt_id": name, "prompt": f"prompt {name}", "split_group": name, "pair_id": f"pair {name}"}
    about |= {"problem_id": name, "id": name, "item_id": name}
    values = {column: value for column, value in about.items() if column in row.model_fields}
    return row.model_validate(
        values
        | (
            _ALIGNMENT
            | REASONING
            | SUITES
            | MEASURED
            | ROUNDS
            | ROLLOUTS
            | MIXED
            | REVIEW
            | REWARDED
            | RULED
            | OVERSIGHT
        )[row]
        | fields
    )
