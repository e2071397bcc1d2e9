"""Our own items: lines of a file beside the suite's module, which carry a string that finds them again."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from datasets_registry.hashing import content_id
from datasets_registry.rows.conversation import Role
from datasets_registry.rows.evaluation import EvaluationItem
from datasets_registry.rows.imported import ChatMessage
from methods.evaluation.canary_string import CANARY
from methods.evaluation.suite import PLAIN

LICENCE = "Apache-2.0"
L = TypeVar("L", bound=BaseModel)


def own_lines(path: Path, line: type[L]) -> Iterator[L]:
    """The lines of a file of ours; its first one is the canary string alone."""
    first, *lines = path.read_text(encoding="utf-8").splitlines()
    assert json.loads(first) == {"canary": CANARY}, f"{path.name} does not begin with the canary string"
    return (line.model_validate_json(text) for text in lines)


def said(*turns: str) -> list[ChatMessage]:
    """Turns of the user and the assistant by turns, the user's first."""
    roles: tuple[Role, ...] = ("user", "assistant")
    return [ChatMessage(role=roles[place % 2], content=turn) for place, turn in enumerate(turns)]


class _Prompt(BaseModel, frozen=True, extra="forbid"):
    """A line that is a prompt alone."""

    category: str
    prompt: str


def own_prompts(suite: str, path: Path) -> list[EvaluationItem]:
    """The items of a file of ours whose lines are prompts alone."""
    return [
        own_item(suite, said(line.prompt), content=line.prompt, category=line.category)
        for line in own_lines(path, _Prompt)
    ]


def own_item(suite: str, messages: Sequence[ChatMessage], **columns: Any) -> EvaluationItem:
    """An item of ours; see ``named_item``."""
    return named_item(suite, messages, source=f"Trimtab ({CANARY})", licence=LICENCE, **columns)


def named_item(
    suite: str,
    messages: Sequence[ChatMessage],
    *,
    content: object,
    variant: str = PLAIN,
    category: str,
    cluster: str | None = None,
    **more: Any,
) -> EvaluationItem:
    """An item that ``content`` names, which all its variants have in common."""
    item_id = content_id(suite, content)
    return EvaluationItem(
        suite=suite,
        item_id=item_id,
        variant=variant,
        cluster=cluster or item_id,
        category=category,
        messages=list(messages),
        **more,
    )
