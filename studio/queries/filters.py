"""Filters and orders of rows: words that a person chooses, each with its SQL."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from datasets_registry.errors import BadInput
from datasets_registry.views.scanning import column

# a name of a STRUCT in an SQL type, such as tool_calls in STRUCT("role" VARCHAR, tool_calls …)[]
_FIELD = re.compile(r'[(,] *"?(\w+)"? ')


@dataclass(frozen=True)
class Condition:
    """SQL that holds of the rows that are wanted, with the values of its marks."""

    sql: str
    values: tuple[object, ...] = ()


def all_of(conditions: Iterable[Condition]) -> Condition:
    """The condition that holds where each of them does; of none, everywhere."""
    wanted = list(conditions)
    return Condition(
        " AND ".join(f"({condition.sql})" for condition in wanted) or "true",
        tuple(value for condition in wanted for value in condition.values),
    )


@dataclass(frozen=True)
class Filter:
    """What may be chosen of rows.

    ``words`` have a condition each; else ``equals`` is compared with a value that ``options`` gives.
    All are SQL over the rows. ``needs`` are the columns without which it is left out, or ``column.field``
    where a column of rows of its own has to have a field.
    """

    name: str
    title: str
    needs: tuple[str, ...]
    words: Mapping[str, str] = field(default_factory=dict)
    equals: str = ""
    options: str = ""

    def condition(self, chosen: str) -> Condition:
        """The condition of what is chosen; raises BadInput for a word that is none."""
        if not self.words:
            return Condition(self.equals, (chosen,))
        if chosen not in self.words:
            raise BadInput(f"{self.title} {chosen!r} cannot be chosen: use one of {', '.join(self.words)}")
        return Condition(self.words[chosen])


@dataclass(frozen=True)
class Order:
    """An order of rows: ``sql`` gives a number, the least first; rows without one are last."""

    title: str
    sql: str
    needs: tuple[str, ...]


@dataclass(frozen=True)
class Choices:
    """The filters, the orders by name, and the columns that are searched, of a page.

    ``nested`` is SQL of further texts, by the column or ``column.field`` without which each is left out.
    """

    filters: Sequence[Filter]
    orders: Mapping[str, Order]
    texts: Sequence[str]
    nested: Mapping[str, str] = field(default_factory=dict)

    @property
    def searched(self) -> list[str]:
        """SQL of every text that is searched."""
        return [*map(column, self.texts), *self.nested.values()]

    def within(self, columns: Mapping[str, str]) -> "Choices":
        """Those that a version with these columns, each with its SQL type, has."""
        held = {*columns, *(f"{name}.{part}" for name in columns for part in _FIELD.findall(columns[name]))}
        return Choices(
            [each for each in self.filters if held >= set(each.needs)],
            {name: order for name, order in self.orders.items() if held >= set(order.needs)},
            [text for text in self.texts if text in held],
            {needed: text for needed, text in self.nested.items() if needed in held},
        )

    def conditions(self, asked: Mapping[str, str]) -> list[Condition]:
        """The conditions of what was asked for; raises BadInput for a word that is none."""
        return [each.condition(asked[each.name]) for each in self.filters if asked.get(each.name)]

    def order(self, asked: Mapping[str, str]) -> Order | None:
        """The order asked for, None for that of the key; raises BadInput where there is no such order."""
        name = asked.get("order")
        if not name:
            return None
        if name not in self.orders:
            raise BadInput(f"order {name!r} cannot be chosen: use one of {', '.join(self.orders)}")
        return self.orders[name]


def value_filter(name: str, title: str, column: str) -> Filter:
    """A filter by the values of a column."""
    return Filter(name, title, (column,), equals=f'"{column}"::VARCHAR = ?', options=f'"{column}"::VARCHAR')
