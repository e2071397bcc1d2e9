"""Words and columns that row types share: kinds of prompts, signals, reasons why a completion ended."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

# logits closer to zero than this are not a verdict: batches of another shape move them by as much
TIE_LOGIT = 0.01

AdditionKind = Literal[
    "forged_verdict", "closing_mark", "ignored_rubric", "authority", "invisible", "other_language"
]
AdditionPlace = Literal["answer", "prompt", "thought"]
FinishReason = Literal["stop", "length", "choice", "continuation", "error"]
Kind = Literal["red_team", "helpful"]
RefusalKind = Literal["none", "partial", "full"]
# how a judge was asked: in a turn begun for it or its own, and what its verdict is read from
Way = Literal["begun probabilities", "begun text", "probabilities", "text", "schema", "rule"]
# who judges where a principle has a rule; no model may be called so
RULE_JUDGE = "rule"
# what a verifier's verdict is called among the signals of a reward
VERIFIER = "verifier"
# what principles measure: the words of a constitution
Signal = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


def history() -> Any:
    """The column of turns before the prompt."""
    return Field([], description="Turns before the prompt; empty in a conversation of one turn")
