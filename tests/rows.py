"""Small rows for tests: one function per row type, with what a test does not care about filled in."""

from typing import Any, TypeVar

from datasets_registry.rows.cai import HelpfulAnswer, RevisionStep, SftExample
from datasets_registry.rows.evaluation import EvaluationAnswer, Metric
from datasets_registry.rows.hygiene import HygieneFinding
from datasets_registry.rows.imported import ChatMessage, Demonstration, HumanPreference, Problem
from datasets_registry.rows.judges import CompletionScore, HumanAgreement, JudgeFigure, PrincipleFigure
from datasets_registry.rows.prm import Solution, StepLabels, StepRollout
from datasets_registry.rows.prompts import HelpfulPrompt, RedTeamPrompt
from datasets_registry.rows.rft import Candidate, GoldSolution, GoldVerdict, RftSelection, VerifiedPair
from datasets_registry.rows.rlaif import AiJudgement, CompletionPair, PreferencePair
from datasets_registry.rows.row import Row

R = TypeVar("R", bound=Row)

_DEFAULTS: dict[type[Row], dict[str, Any]] = {
    Metric: {
        "model": "sft_policy", "kind": "helpful", "metric": "win_rate", "value": 0.5, "low": None,
        "high": None, "num_items": 1,
    },
    RedTeamPrompt: {"category": "privacy", "split": "train", "source": "test", "licence": "Apache-2.0"},
    HelpfulPrompt: {"category": "explain", "split": "train", "source": "test", "licence": "Apache-2.0"},
    RevisionStep: {
        "step": 1, "kind": "red_team", "category": "privacy", "principle_id": "kind", "draft": "draft",
        "critique": "bad", "edit_distance": 6, "few_shot_ids": [], "draft_harmlessness": 4.0,
        "draft_helpfulness": 6.0, "harmlessness": 5.0, "helpfulness": 6.0, "harmlessness_key": "k",
        "helpfulness_key": "k",
        "revision": "better", "changed": True, "finish_reason": "stop", "failure": None,
        "draft_key": "k", "critique_key": "k", "revision_key": "k",
    },
    HelpfulAnswer: {
        "category": "explain", "completion": "an answer", "finish_reason": "stop", "failure": None,
        "completion_key": "k",
    },
    SftExample: {"completion": "an answer", "kind": "helpful", "category": "explain",
                 "completion_key": "k", "step": 0, "num_tokens": 2},
    CompletionPair: {
        "kind": "helpful", "category": "explain", "completion_a": "one", "completion_b": "two",
        "sample_a": 0, "sample_b": 1, "finish_reason_a": "stop", "finish_reason_b": "stop",
        "score_a": None, "score_b": None, "failure": None, "key_a": "k", "key_b": "k",
    },
    AiJudgement: {
        "order": "ab", "principle_id": "kind", "p_first": 0.9, "outside_probability": 0.0,
        "verdict": "first", "failure": None, "judgement_key": "k", "judge": "base_policy",
        "signal": "helpfulness", "raw": None, "reasoning": None, "reasoning_key": None,
    },
    PreferencePair: {
        "kind": "helpful", "category": "explain", "principle_id": "kind", "principles": ["kind"],
        "p_harmlessness": None, "p_helpfulness": 0.9, "p_honesty": None, "num_unparsed": 0,
        "judge_spread": None, "judges_disagree": None, "p_a": 0.9, "logit_ab": 2.0,
        "logit_ba": 2.0, "label": "a", "failure": None, "chosen": "one", "rejected": "two",
    },
    EvaluationAnswer: {
        "model": "sft_policy", "kind": "helpful", "category": "explain", "completion": "an answer",
        "finish_reason": "stop", "num_tokens": 3, "refused": False, "p_win": None, "verdict": None,
        "completion_key": "k",
    },
    CompletionScore: {
        "completion_key": "k", "kind": "helpful", "completion": "one", "signal": "helpfulness",
        "judge": "base_policy", "probabilities": [0.1] * 10, "outside_probability": 0.0, "score": 5.5,
        "reward": 0.0, "failure": None, "score_key": "k", "ten_key": "k",
    },
    HumanAgreement: {
        "messages": [ChatMessage(role="user", content="hi")], "completion_a": "one",
        "completion_b": "two", "human_label": "a", "judge": "base_policy", "principle_id": "kind",
        "p_a": 0.9, "label": "a", "agrees": True, "ab_key": "k", "ba_key": "k", "aa_key": None,
        "bb_key": None,
    },
    JudgeFigure: {
        "judge": "base_policy", "policy": "sft_policy", "figure": "parse_rate", "value": 1.0,
        "low": 0.95, "high": 1.0, "num_items": 80, "at_least": 0.9, "at_most": None, "holds": True,
        "required": True,
    },
    PrincipleFigure: {
        "principle_id": "kind", "signal": "helpfulness", "num_critiques": 3, "changed_share": 1.0,
        "mean_edit_distance": 9.0, "num_scored": 3, "win_rate": 1.0, "win_low": 1.0, "win_high": 1.0,
        "num_pairs": 4, "parsed_share": 1.0, "mean_margin": 0.2, "tie_share": 0.0, "num_shared": 0,
        "disagreement": None,
    },
    Problem: {"answer": "4", "solution": None, "split": "train", "source": "test", "licence": "MIT"},
    GoldSolution: {"completion": "1+1=2\nA:2", "family": "sums", "difficulty": 2},
    GoldVerdict: {
        "answer": "4", "completion": "A:4", "accepted": True, "extracted": "4", "reason": None,
    },
    Candidate: {
        "policy": "lab_policy", "hinted": False, "sample": 0, "answer": "4", "family": "sums",
        "difficulty": 2, "completion": "2+2=4\nA:4", "accepted": True, "extracted": "4", "reason": None,
        "reward": 1.0, "path": "2+2=4", "finish_reason": "stop", "num_tokens": 10, "rule": "fixed, at most 1",
        "stop": "all_drawn", "num_draws": 1, "num_accepted": 1, "propensity": 1.0, "completion_key": "k",
    },
    RftSelection: {
        "rank": 1, "completion": "2+2=4\nA:4", "kind": "sampled", "reward": 1.0, "path": "2+2=4",
        "pass_rate": 0.5, "num_draws": 2, "policy": "lab_policy", "sample": 0, "family": "sums",
        "difficulty": 2, "num_tokens": 10, "completion_key": "k",
    },
    VerifiedPair: {
        "chosen": "2+2=4\nA:4", "rejected": "2+2=5\nA:5", "reward_chosen": 1.0, "reward_rejected": 0.0,
        "num_tokens_chosen": 10, "num_tokens_rejected": 10, "propensity": 1.0, "policy": "lab_policy",
        "chosen_key": "k", "rejected_key": "w",
    },
    HumanPreference: {
        "messages": [ChatMessage(role="user", content="hi")], "chosen": "one", "rejected": "two",
        "score_chosen": 2.5, "score_rejected": None, "source": "test", "licence": "MIT",
    },
    Demonstration: {
        "messages": [ChatMessage(role="user", content="hi")], "completion": "an answer",
        "source": "test", "licence": "MIT",
    },
    Solution: {
        "solution_id": "s1", "answer": "4", "family": None, "difficulty": None,
        "completion": "1 + 1 = 2\n2 + 2 = 5\nAnswer: 5",
        "completions": ["1 + 1 = 2", "2 + 2 = 5", "Answer: 5"], "separator": "\n", "splitter": "lines",
        "accepted": False, "reason": "another answer", "policy": "sft_policy", "pass_rate": 0.5,
        "finish_reason": "stop", "num_tokens": 12, "failure": None, "completion_key": "k",
    },
    StepRollout: {
        "solution_id": "s1", "step": 1, "sample": 0, "phase": "probe", "policy": "sft_policy",
        "completion": "2 + 2 = 4\nAnswer: 4", "accepted": True, "extracted": "4", "reason": None,
        "finish_reason": "stop", "num_tokens": 8, "completion_key": "k",
    },
    StepLabels: {
        "solution_id": "s1", "answer": "4", "family": None, "difficulty": None,
        "completions": ["1 + 1 = 2", "2 + 2 = 5", "Answer: 5"], "separator": "\n", "splitter": "lines",
        "labels": [True, False, False], "implied": [None, None, None], "soft": [1.0, 0.0, 0.0],
        "low": [0.2, 0.0, 0.0], "high": [1.0, 0.8, 0.0], "num_accepted": [1, 0, 0],
        "num_rollouts": [1, 1, 1], "num_failed": [0, 0, 0], "probed": [True, True, True],
        "stops": ["first success", "planned", "outcome"], "first_error": 2, "confirmed": None,
        "judge_first_error": None, "consensus": None, "judge_failure": None, "judge_key": None,
        "method": "bisect", "accepted": False, "policy": "sft_policy", "num_tokens": 16,
        "exhaustive_tokens": 96, "failure": None,
    },
    HygieneFinding: {
        "label_dataset": "preference_pairs", "text_column": "chosen", "row_id": "pair p1",
        "kind": "refusal", "matches": None, "cluster": None, "detail": "has a refusal phrase", "score": 1.0,
    },
}  # fmt: skip


def make(row: type[R], name: str = "p1", **fields: Any) -> R:
    """A row about the prompt ``name``; ``fields`` override what it says."""
    known = set(row.model_fields)
    about = {"prompt_id": name, "prompt": f"prompt {name}", "split_group": name, "pair_id": f"pair {name}"}
    about |= {"problem_id": name, "id": name}
    values = {key: value for key, value in about.items() if key in known}
    return row.model_validate(values | _DEFAULTS[row] | fields)
