"""What the catalog says of views and their columns, as comments that database clients show."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from datasets_registry.rows.rlaif import AiJudgement, CompletionPair
from datasets_registry.rows.rounds.verdict import Verdict
from datasets_registry.rows.rounds.watch import RoundWatch
from datasets_registry.rows.row import Row


@dataclass(frozen=True)
class Meaning:
    """A sentence about a view, and what its columns mean by name."""

    text: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)


def meaning_of(row: type[Row] | None, text: str) -> Meaning:
    """``text`` with the grain of the row type and the meanings of its columns; None is no known type."""
    if row is None:
        return Meaning(text)
    return Meaning(f"{row.grain} {text}.", _columns(row))


def _columns(*rows: type[Row]) -> dict[str, str]:
    fields = [named for row in reversed(rows) for named in row.model_fields.items()]
    return {name: field.description for name, field in fields if field.description}


_VERSION = {
    "name": "The dataset or model",
    "version": "Its number, from 1",
    "status": "candidate until its checks are run, then passed or failed",
    "data_version": "Hash of the content: equal content is the same version",
    "created_at": "When it was made, in UTC",
}
_MADE = {
    "settings": "Its settings, as JSON",
    "code_version": "Hash of the code and texts that made it",
    "run_id": "The Dagster run that made it",
    "at": "When, in UTC",
}
_CALL = {
    "key": "Hash of all that can change the text",
    "model": "Fingerprint of the model's weights or name",
    "backend": "What ran the model",
    "asset": "The asset that first asked for it",
    "request": "Messages and sampling parameters, as JSON",
    "text": "What the model wrote",
    "thought": "What it thought before, which is no answer",
    "finish_reason": "Why it ended: stop, length, choice or error",
    "error": "Why there is no text",
    "num_prompt_tokens": "Tokens read",
    "num_cached_tokens": "Tokens of those that a server had cached",
    "num_completion_tokens": "Tokens written",
    "choice_probabilities": "Probability of each choice, where choices were given",
    "outside_probability": "Probability of everything but the choices",
    "continuation_logprob": "Log-likelihood of a given continuation",
    "num_continuation_tokens": "Tokens of that continuation",
    "continuation_is_greedy": "Whether the model would have written it by itself",
    "prompt_digest": "Hash of the prompt's tokens",
    "prompt_renderer": "What rendered the prompt: template and libraries",
    "seconds": "Time of an engine for the call",
    "usd": "Price of the call, in dollars",
    "created_at": "When it was stored, in UTC",
}
_OF_ROUNDS = {
    "line": "The line of rounds, by its place",
    "model": "The model whose weights the verdict released",
    "version": "The version of the verdict",
}
SMALL: Mapping[str, Meaning] = {
    "versions": Meaning(
        "One row per version of a dataset or model.",
        _VERSION
        | {
            "kind": "dataset or model",
            "num_rows": "Rows of a dataset",
            "tags": "Names that people gave it, such as paper",
        },
    ),
    "lineage": Meaning(
        "One row per input of a version.",
        _VERSION
        | _MADE
        | {
            "input": "The dataset or model that it was made from",
            "input_version": "The number of the input's version",
            "input_data_version": "Hash of the input's content",
        },
    ),
    "checks": Meaning(
        "One row per result of a check of a version.",
        _VERSION
        | {
            "check": "The check's name",
            "passed": "Whether the figure was within its bounds",
            "severity": "error holds a version back, warning does not",
            "value": "The figure",
            "threshold": "Its bound",
            "description": "Figure and bound, and what the check catches",
            "at": "When it ran, in UTC",
        },
    ),
    "models": Meaning(
        "One row per version of a model, with what its manifest says.",
        _VERSION
        | _MADE
        | {
            "trainer": "What trained it; null for a model that was given",
            "base": "The model that it was trained from",
            "reward_models": "The reward models that it was trained with",
            "reference": "The model that it was compared with while it was trained",
            "datasets": "The version that it learned from, by role",
            "rows": "Numbers of rows: given, trained, left out",
            "metrics": "Figures of the training, by name",
            "seconds": "Time of the training",
            "path": "The folder with its files",
            "manifest": "Its whole manifest, as JSON",
        },
    ),
    "completions": Meaning("One row per stored model call.", _CALL),
    "judgements": Meaning(
        "One row per judge call: the verdict, its pair and the stored call.",
        _CALL | _columns(AiJudgement, CompletionPair),
    ),
    "rounds": Meaning(
        "One row per round of each line of rounds: its verdict.", _columns(Verdict) | _OF_ROUNDS
    ),
    RoundWatch.dataset: Meaning(
        "One row per figure of each round of each line.", _columns(RoundWatch) | _OF_ROUNDS
    ),
}
