"""What people read of a row: the columns of each row type, and of other types those that say most."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from datasets_registry.rows.cai import HelpfulAnswer, RevisionStep, SftExample
from datasets_registry.rows.evaluation import EvaluationItem, SuiteAnswer
from datasets_registry.rows.imported import Demonstration, HumanPreference, Problem, UnpairedPreference
from datasets_registry.rows.judges import CompletionScore
from datasets_registry.rows.mixed.mixtures import MixedExample, MixedPair
from datasets_registry.rows.oversight.amplified import AmplifiedAnswer
from datasets_registry.rows.oversight.debates import Debate
from datasets_registry.rows.prm import Solution, StepLabels
from datasets_registry.rows.prompts import HelpfulPrompt, RedTeamPrompt
from datasets_registry.rows.review.labels import LabelItem
from datasets_registry.rows.review.pairs import ReviewedPair
from datasets_registry.rows.review.sample import ReviewItem
from datasets_registry.rows.rft import Candidate
from datasets_registry.rows.rlaif import AiJudgement, CompletionPair, PreferencePair
from datasets_registry.rows.rounds.revisions import FailureRevision
from datasets_registry.rows.rounds.rollouts import Rollout
from datasets_registry.rows.row import Row, arrow_schema, ledger_keys
from datasets_registry.rows.scored.reward_pairs import RewardPair
from datasets_registry.views.scanning import column

MOST_COLUMNS = 10
# they say where a row belongs or came from, and not what it is
_UNREAD = ("split_group", "source", "licence", "cluster", "separator", "splitter", "number")


@dataclass(frozen=True)
class Reading:
    """SQL expressions by what they are called, in the order in which they are read.

    Rows of which ``first`` is true are shown before others. Rows that share ``per`` are read as one, and the
    expressions are aggregates of them.
    """

    shown: Mapping[str, str]
    first: str = "true"
    per: tuple[str, ...] = ()


def _named(*names: str) -> dict[str, str]:
    return {name: column(name) for name in names}


def _first_order(logit: str, order: str) -> dict[str, str]:
    return {f"p(a) with {order} first": f"1 / (1 + exp(-{logit}))"}


def _side(verdict: str, says: str) -> dict[str, str]:
    """The first sample of a problem that was judged so, and why where it is wrong."""
    reason = {f"{says}: why": f"arg_min(reason, sample) FILTER ({verdict})"} if says == "wrong" else {}
    return {says: f"arg_min(completion, sample) FILTER ({verdict})", **reason}


_ORDERS = {**_first_order("logit_ab", "a"), **_first_order("logit_ba", "b")}
_PAIR = Reading(
    {**_named("prompt", "chosen", "rejected", "label"), **_ORDERS, **_named("principle_id", "failure")},
    "chosen IS NOT NULL",
)
_PROMPT = Reading(_named("prompt", "history", "category", "split"))
_REVISION = Reading(
    _named("prompt", "draft", "critique", "revision", "principle_id", "draft_harmlessness", "harmlessness")
    | _named("failure"),
    "changed",
)
_STEPS = (
    "list_transform(range(1, len(completions) + 1), lambda step: CASE"
    " WHEN probed[step] THEN num_accepted[step]::VARCHAR || '/' || num_rollouts[step]::VARCHAR"
    " WHEN implied[step] IS NULL THEN 'open' ELSE 'implied' END || CASE"
    " WHEN coalesce(labels[step], implied[step]) THEN ' right: '"
    " WHEN NOT coalesce(labels[step], implied[step]) THEN ' WRONG: ' ELSE ': ' END || completions[step])"
)
_SAMPLES = {
    "prompt": "any_value(prompt)",
    "answer": "any_value(answer)",
    **_side("accepted", "right"),
    **_side("NOT accepted", "wrong"),
    "accepted": "count(*) FILTER (accepted)",
    "samples": "count(*)",
}
_GRADES = (
    "list_transform(grades, lambda grade: grade.name || ' ' ||"
    " coalesce(grade.word, grade.value::DECIMAL(18, 3)::VARCHAR, grade.failure, 'none'))"
)

READINGS: Mapping[type[Row], Reading] = {
    RedTeamPrompt: _PROMPT,
    HelpfulPrompt: _PROMPT,
    RevisionStep: _REVISION,
    FailureRevision: _REVISION,
    HelpfulAnswer: Reading(_named("prompt", "completion", "category", "failure")),
    SftExample: Reading(_named("prompt", "completion", "kind", "category", "num_tokens")),
    CompletionPair: Reading(_named("prompt", "completion_a", "completion_b", "kind", "category", "failure")),
    AiJudgement: Reading(
        _named("principle_id", "signal", "judge", "order", "verdict", "p_first", "raw", "failure")
    ),
    PreferencePair: _PAIR,
    ReviewedPair: Reading({**_PAIR.shown, **_named("label_source")}, _PAIR.first),
    MixedPair: Reading(_named("prompt", "chosen", "rejected", "source", "label", "p_a")),
    RewardPair: Reading(
        _named("prompt", "chosen", "rejected", "label", "reward_chosen", "reward_rejected", "rule"),
        "chosen IS NOT NULL",
    ),
    LabelItem: Reading(_named("question", "prompt", "before", "text", "label", "part", "model")),
    ReviewItem: Reading(
        _named("prompt", "completion_a", "completion_b", "question", "stratum", "role", "label", "p_a")
    ),
    HumanPreference: Reading(
        _named("prompt", "messages", "chosen", "rejected", "score_chosen", "score_rejected")
    ),
    Demonstration: Reading(_named("prompt", "messages", "completion", "reasoning", "tool_calls")),
    UnpairedPreference: Reading(_named("prompt", "messages", "completion", "accepted", "tool_calls")),
    MixedExample: Reading(_named("prompt", "messages", "completion", "source", "num_tokens")),
    EvaluationItem: Reading(
        {"asks": "messages[-1].content", **_named("gold", "reference", "suite", "category", "failure")}
    ),
    SuiteAnswer: Reading(
        {
            "asked": "turns[-1].prompt",
            "answer": "turns[-1].completion",
            "grades": _GRADES,
            **_named("model", "suite", "failure"),
        }
    ),
    CompletionScore: Reading(_named("prompt", "completion", "signal", "score", "judge", "failure")),
    Problem: Reading(_named("prompt", "answer", "solution", "family", "difficulty", "split")),
    Candidate: Reading(_SAMPLES, "bool_or(accepted) AND bool_or(NOT accepted)", ("problem_id",)),
    Solution: Reading(
        {**_named("prompt"), "steps": "completions", **_named("answer", "accepted", "reason", "failure")}
    ),
    StepLabels: Reading(
        {**_named("prompt"), "steps": _STEPS, **_named("first_error", "accepted", "failure")},
        "len(list_filter(probed, lambda was: was)) > 1",
    ),
    Debate: Reading(
        {
            "said": "list_transform(turns, lambda turn: turn.side || ': ' || turn.argument)",
            **_named("protocol", "argued", "verdict", "gold", "p_a", "judge", "failure"),
        },
        "len(turns) > 0",
    ),
    AmplifiedAnswer: Reading(
        _named("question", "asked", "answer", "share", "direct_answer", "gold", "failure"), "num_parts > 0"
    ),
    Rollout: Reading(_named("prompt", "completion", "reward", "advantage", "step", "answer")),
}


def reading_of(row: type[Row]) -> Reading:
    """What is shown of a row type: as said above, else whatever says most."""
    return READINGS.get(row) or generic_reading(row, tuple(row.model_fields))


def generic_reading(row: type[Row], known: Sequence[str]) -> Reading:
    """Those of the ``known`` columns that are no hashes, texts before figures."""
    ids = {*ledger_keys(row), *(name for name in row.key if name.endswith("id"))}
    read = [name for name in row.model_fields if name in known and name not in (*ids, *_UNREAD)]
    texts = [name for name in read if str(arrow_schema(row).field(name).type) == "string"]
    figures = [name for name in read if name not in texts]
    return Reading(_named(*[*texts, *figures][:MOST_COLUMNS]))
