"""Held-out prompts of the graph as items of a judged suite."""

from collections.abc import Sequence

from datasets_registry.rows.evaluation import EvaluationItem
from datasets_registry.rows.imported import ChatMessage
from datasets_registry.rows.prompts import Prompt
from methods.evaluation.suite import PLAIN

# where a prompt came from decides nothing, so that its own row alone says it
_SOURCE, _LICENCE = "held-out prompts of the graph", "as the prompt's own row says"


def prompt_items(suite: str, prompts: Sequence[Prompt]) -> list[EvaluationItem]:
    """The prompts that are held out, each with the turns before it; prompts of one group are one cluster."""
    return [_item(suite, prompt) for prompt in prompts if prompt.split == "evaluation"]


def _item(suite: str, prompt: Prompt) -> EvaluationItem:
    return EvaluationItem(
        suite=suite,
        item_id=prompt.prompt_id,
        variant=PLAIN,
        cluster=prompt.split_group,
        category=prompt.category,
        messages=[*prompt.history, ChatMessage(role="user", content=prompt.prompt)],
        source=_SOURCE,
        licence=_LICENCE,
    )
