"""Readers of public sets by name; another one is a module of its own and a line here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from datasets_registry.importing.records import Columns
from datasets_registry.rows.evaluation import EvaluationItem
from methods.evaluation.public.gsm8k import read_gsm8k
from methods.evaluation.public.truthfulqa import read_truthfulqa
from methods.evaluation.suites.capability import NAME as CAPABILITY

Read = Callable[[Columns], Sequence[EvaluationItem]]


@dataclass(frozen=True)
class PublicSet:
    """A set as its authors ship it: ``read`` makes a record the variants of an item of ``suite``.

    It raises Rejected for a record that is no item.
    """

    name: str
    suite: str
    read: Read


_SETS: tuple[PublicSet, ...] = (
    PublicSet("gsm8k", CAPABILITY, read_gsm8k),
    PublicSet("truthfulqa", CAPABILITY, read_truthfulqa),
)
PUBLISHED: Mapping[str, PublicSet] = {public.name: public for public in _SETS}
