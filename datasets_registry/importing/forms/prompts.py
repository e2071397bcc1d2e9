"""Prompts without answers, as text or messages (TRL's prompt-only)."""

from datasets_registry.importing.forms.chat import given
from datasets_registry.importing.forms.dialogue import asked
from datasets_registry.importing.forms.messages import with_system
from datasets_registry.importing.records import Columns, Values
from datasets_registry.importing.rejection import Rejected

# what a file does not say
UNSTATED = "unstated"
_BESIDE = {"prompt", "system", "system_prompt", "id", "prompt_id", "split", "source", "licence"}


def is_prompt_only(columns: Columns) -> bool:
    """Whether a prompt is all that it says, beside a system text and where it is from."""
    return "prompt" in columns and columns.keys() <= _BESIDE


def prompt_only(columns: Columns) -> Values:
    """The last turn is the prompt and those before it its history; raises Rejected where it is an answer."""
    *history, last = with_system(given(columns, "prompt", asked), columns)
    if last["role"] != "user":
        raise Rejected("the prompt does not end with the user's turn")
    known = {name: columns[name] for name in ("split", "source", "licence") if columns.get(name)}
    category = columns.get("category") or UNSTATED
    return {"prompt": last["content"], "history": history, "category": category} | known
