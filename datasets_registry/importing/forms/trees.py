"""OASST: trees of messages, in which ranked siblings are preferences, nested or as a flat list."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from datasets_registry.importing.forms.comparison import preference
from datasets_registry.importing.forms.dialogue import asked, reply
from datasets_registry.importing.forms.messages import ROLES, Turns
from datasets_registry.importing.records import Columns, Record, Value, Values
from datasets_registry.importing.rejection import Rejected

TREE_COLUMNS = frozenset({"prompt"})
FLAT_COLUMNS = frozenset({"message_id", "parent_id", "text", "role", "rank", "deleted"})


@dataclass(frozen=True)
class Node:
    """A message of a tree, and the record that it comes from."""

    record: Record
    message: Columns
    replies: "Sequence[Node]"


def is_tree(columns: Columns) -> bool:
    """Whether it is a tree, whose first message is its prompt."""
    prompt = columns.get("prompt")
    return "message_tree_id" in columns and isinstance(prompt, dict)


def is_flat(columns: Columns) -> bool:
    """Whether it is a message that names the one before it."""
    return all(name in columns for name in ("message_id", "parent_id", "text", "role"))


def of_trees(records: Iterable[Record]) -> Iterator[Record]:
    """A record for each comparison in each tree."""
    for record in records:
        prompt = record.columns.get("prompt")
        if record.failure or not isinstance(prompt, dict):
            why = record.failure or "prompt is not a message"
            yield Record(record.file, record.number, record.columns, why)
        else:
            yield from _comparisons(_nested(record, prompt), [])


def _nested(record: Record, message: Columns) -> Node:
    replies = message.get("replies")
    inner = [one for one in replies if isinstance(one, dict)] if isinstance(replies, list) else []
    return Node(record, message, [_nested(record, one) for one in inner])


def of_messages(records: Iterable[Record]) -> Iterator[Record]:
    """A record for each comparison among all messages, which are read to the end first."""
    by_parent: dict[str | None, list[Record]] = defaultdict(list)
    for record in records:
        if record.failure or not isinstance(record.columns.get("message_id"), str):
            why = record.failure or "message_id is not text"
            yield Record(record.file, record.number, record.columns, why)
        else:
            parent = record.columns.get("parent_id")
            by_parent[parent if isinstance(parent, str) else None].append(record)
    roots = [_linked(root, by_parent) for root in by_parent[None]]
    reached = {id(node.record) for root in roots for node in _all(root)}
    for children in by_parent.values():
        for record in children:
            if id(record) not in reached:
                yield Record(record.file, record.number, record.columns, "no first message leads to it")
    for root in roots:
        yield from _comparisons(root, [])


def _linked(record: Record, by_parent: dict[str | None, list[Record]]) -> Node:
    children = by_parent.get(record.columns["message_id"], [])
    return Node(record, record.columns, [_linked(child, by_parent) for child in children])


def _all(node: Node) -> Iterator[Node]:
    """The message and all that follow it."""
    yield node
    for inner in node.replies:
        yield from _all(inner)


def _comparisons(node: Node, before: Turns) -> Iterator[Record]:
    """A record for the best and the worst of each message's ranked answers."""
    fault = _fault(node.message)
    if fault:
        for below in _all(node):
            why = fault if below is node else "the message before it cannot be read"
            yield Record(below.record.file, below.record.number, below.message, why)
        return
    said = [*before, _turn(node.message)]
    ranked = [answer for answer in node.replies if _is_ranked(answer.message)]
    if len(ranked) > 1:
        best, worst = (pick(ranked, key=_rank) for pick in (min, max))
        sides = {"before": said, "best": best.message, "worst": worst.message}
        yield Record(best.record.file, best.record.number, sides)
    for inner in node.replies:
        yield from _comparisons(inner, said)


def _fault(message: Columns) -> str | None:
    if not isinstance(message.get("text"), str) or not message["text"].strip():
        return "text is empty or not text"
    speaker, rank = message.get("role"), message.get("rank")
    if not isinstance(speaker, str) or speaker not in ROLES:
        return "a message has an unknown role"
    if rank is not None and (isinstance(rank, bool) or not isinstance(rank, int | float) or rank != rank):
        return "rank is not a number"
    return "the message was deleted" if message.get("deleted") else None


def _is_ranked(message: Columns) -> bool:
    return not _fault(message) and message.get("rank") is not None and ROLES[message["role"]] == "assistant"


def _rank(node: Node) -> float:
    return float(node.message["rank"])


def _turn(message: Columns) -> Values:
    speak = asked if ROLES[message["role"]] == "user" else reply
    (turn,) = speak(message["text"])
    return turn


def ranked_pair(columns: Columns) -> Values:
    """The answer with the lowest rank against that with the highest; equal ranks are a tie."""
    best, worst = columns["best"], columns["worst"]
    if best["rank"] == worst["rank"]:
        raise Rejected("tie: all answers have the same rank")
    before: Value = columns["before"]
    return preference([*before, _turn(best)], [*before, _turn(worst)])
