"""A mixture of datasets: of each source its share of rows or of tokens, drawn by content."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Self, TypeVar

from pydantic import Field, model_validator

from datasets_registry.errors import BadInput
from datasets_registry.hashing import ranked
from datasets_registry.rows.mixed.mixtures import MixedExample, MixedPair, MixedRow
from datasets_registry.settings import Seed, Settings
from methods.method import Inputs, Method, Models
from methods.mixtures.reading import Columns, examples, pairs, require_columns, turns
from methods.mixtures.shares import largest_total, quotas
from methods.templates import fill

R = TypeVar("R", bound=MixedRow)
Pool = Mapping[str, Sequence[R]]


class MixtureSettings(Settings):
    """The sources with their shares, and how much of all: ``rows``, or ``tokens`` of what is learned.

    Without either the mixture is as large as the shares and the sources allow. ``system_prompts`` are of
    sources that were sampled under one, where others were not: their rows begin with it.
    """

    parts: Mapping[str, Annotated[float, Field(gt=0, lt=1)]] = Field(description="Share of each dataset")
    rows: int | None = Field(None, ge=1, description="Rows of all sources together")
    tokens: int | None = Field(None, ge=1, description="Tokens of all completions together")
    seed: Seed = 0
    system_prompts: Mapping[str, str] = Field(
        default={},
        description="The template of each source's system prompt",
        exclude_if=lambda value: not value,
    )

    @model_validator(mode="after")
    def _shares_are_of_a_whole(self) -> Self:
        total = sum(self.parts.values())
        if len(self.parts) < 2 or abs(total - 1) > 1e-9:
            raise ValueError(
                f"parts {dict(self.parts)} sum to {total:g}: name at least two datasets with shares "
                "whose sum is 1"
            )
        if self.rows is not None and self.tokens is not None:
            raise ValueError("rows and tokens both say how large a mixture is: give one of them")
        counts = quotas(self.parts, self.rows) if self.rows is not None else {}
        if idle := [source for source, count in counts.items() if not count]:
            raise ValueError(f"of {self.rows} rows {idle[0]} would give none: raise rows, or leave it out")
        return self


def mix_examples(inputs: Inputs, models: Models, settings: MixtureSettings) -> list[MixedExample]:
    """Examples to learn in the shares of the settings."""
    pool = {source: list(examples(source, rows)) for source, rows in _read(inputs, settings, MixedExample)}
    return _mixed(_counted(pool, models, settings), settings)


def mix_pairs(inputs: Inputs, models: Models, settings: MixtureSettings) -> list[MixedPair]:
    """Pairs in the shares of the settings; the tokens of a pair are those of its two completions."""
    pool = {source: list(pairs(source, rows)) for source, rows in _read(inputs, settings, MixedPair)}
    return _mixed(_counted(pool, models, settings), settings)


def mixture_templates(settings: MixtureSettings) -> tuple[str, ...]:
    """The prompt templates that are filled under ``settings``."""
    return tuple(sorted(set(settings.system_prompts.values())))


SFT_MIXTURE = Method(mix_examples, MixtureSettings, MixedExample, prompts=mixture_templates)
PAIR_MIXTURE = Method(mix_pairs, MixtureSettings, MixedPair, prompts=mixture_templates)


def _read(
    inputs: Inputs, settings: MixtureSettings, kind: type[MixedRow]
) -> Iterator[tuple[str, list[Columns]]]:
    """Each source and its rows; a source fills the role of its own name."""
    from datasets_registry.views.scanning import column

    with inputs.views() as views:
        for source in settings.parts:
            table = views.sql(f"SELECT * FROM {column(source)}").to_arrow_table()
            require_columns(source, table.column_names, kind)
            template = settings.system_prompts.get(source)
            system = [{"role": "system", "content": fill(template)}] if template else []
            yield source, [{**row, "messages": [*system, *turns(row)]} for row in table.to_pylist()]


def _counted(pool: Pool[R], models: Models, settings: MixtureSettings) -> Pool[R]:
    """The rows in an order drawn by content, with their lengths where shares are of tokens."""
    ordered = {}
    for source, rows in pool.items():
        by_id = {row.row_id: row for row in rows}
        ordered[source] = [by_id[row_id] for row_id in ranked(list(by_id), "mixture", settings.seed)]
    if settings.tokens is None:
        return ordered
    count = models["policy"].count_tokens
    return {
        source: [row.model_copy(update={"num_tokens": sum(map(count, _texts(row)))}) for row in rows]
        for source, rows in ordered.items()
    }


def _texts(row: MixedRow) -> list[str]:
    names = ("completion", "chosen", "rejected")
    return [getattr(row, name) for name in names if name in type(row).model_fields]


def _mixed(pool: Pool[R], settings: MixtureSettings) -> list[R]:
    if settings.tokens is not None:
        return [row for source in pool for row in _of_tokens(source, pool[source], settings)]
    available = {source: len(rows) for source, rows in pool.items()}
    total = settings.rows or largest_total(settings.parts, available)
    wanted = quotas(settings.parts, total)
    for source, count in wanted.items():
        if count > available[source] or not count:
            raise BadInput(_too_few(source, available[source], f"{count} of {total} rows", settings.parts))
    return [row for source, rows in pool.items() for row in rows[: wanted[source]]]


def _of_tokens(source: str, rows: Sequence[R], settings: MixtureSettings) -> list[R]:
    """Rows until the next would take them past the source's tokens by more than it adds."""
    assert settings.tokens is not None
    wanted, total, taken = settings.parts[source] * settings.tokens, 0, list[R]()
    for row in rows:
        length = row.num_tokens or 0
        if total + length / 2 > wanted:
            return taken
        taken.append(row)
        total += length
    longest = max((row.num_tokens or 0 for row in rows), default=0)
    if not taken or wanted - total > longest / 2:
        raise BadInput(_too_few(source, total, f"{wanted:g} of {settings.tokens} tokens", settings.parts))
    return taken


def _too_few(source: str, available: int, wanted: str, parts: Mapping[str, Any]) -> str:
    return (
        f"{source} has {available} that can be learned, and its share {parts[source]:g} is {wanted}: lower "
        "the total or the share, or add rows"
    )
