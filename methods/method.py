"""A method: what an asset runs, and therefore what its recipe hashes."""

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from datasets_registry.rows.row import Row
from datasets_registry.settings import Settings

if TYPE_CHECKING:
    import duckdb

    from datasets_registry.store.staging import Rows
    from generation.completer import Completer


R = TypeVar("R", bound=Row)
S = TypeVar("S", bound=Settings)


class Inputs(Protocol):
    """The datasets that a method reads, by role; a role may name several of one row type."""

    def rows(self, row: type[R], role: str | None = None) -> list[R]:
        """The rows of the role that is named as the row type, or ``role``; in key order."""
        ...

    def stream(self, row: type[R], role: str | None = None) -> Iterator[R]:
        """The same rows, one stored object of each dataset in memory at a time."""
        ...

    def views(self) -> "AbstractContextManager[duckdb.DuckDBPyConnection]":
        """A connection in which each role is a view of its name."""
        ...


class Model(Protocol):
    """A model of the graph, for one role of a method."""

    @property
    def name(self) -> str:
        """The model's name in the graph."""
        ...

    @property
    def folder(self) -> Path:
        """Its weights, tokenizer and chat template."""
        ...

    @property
    def base_folder(self) -> Path | None:
        """The directory of the model that it is stored as an adapter over, where it is."""
        ...

    @property
    def thought_marks(self) -> tuple[tuple[str, str], ...]:
        """The marks between which it thinks: what stands there is no answer."""
        ...

    def completer(self) -> "AbstractContextManager[Completer]":
        """The model behind the ledger; its memory is freed afterwards, or when others need it."""
        ...

    def count_tokens(self, text: str) -> int:
        """The length of ``text`` in the model's tokens."""
        ...


class Models(Protocol):
    """The models that a method asks, by role."""

    def __getitem__(self, role: str) -> Model:
        """The one model of ``role``."""
        ...

    def every(self, role: str) -> tuple[Model, ...]:
        """All models of ``role``, in the order of the profile; empty where the role is not filled."""
        ...


class NoSettings(Settings):
    """Nothing is to be decided."""


def no_prompts(settings: Any) -> Collection[str]:
    """No prompt template is filled."""
    return ()


@dataclass(frozen=True)
class Method(Generic[S]):
    """``run`` makes rows of ``rows`` from inputs, models and one frozen settings object, and nothing else.

    ``prompts`` names the prompt templates that it may fill under given settings; another one is refused.
    ``generates`` says that it asks models for completions.
    """

    run: "Callable[[Inputs, Models, S], Rows]"
    settings: type[S]
    rows: type[Row]
    prompts: Callable[[S], Collection[str]] = no_prompts
    generates: bool = False
