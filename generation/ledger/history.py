"""What earlier completions of a model cost on average: sums of each segment, which is read once."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from generation.ledger.ledger import Ledger, Origin


@dataclass(frozen=True)
class History:
    """Means over this model's earlier completions; ``seconds`` is None where the backend is new."""

    prompt_tokens: float
    cached_tokens: float
    completion_tokens: float
    seconds: float | None


class _Sums(NamedTuple):
    """Of one segment's successes of one kind; ``own`` ones are of the asset that asks."""

    own: bool
    kind: str
    num: int
    prompt_tokens: float
    cached_tokens: float
    completion_tokens: float
    num_timed: int
    seconds: float


_SUMS = """
    SELECT parse_filename(filename), asset = ? AS own,
        CASE WHEN finish_reason IN ('choice', 'continuation') THEN finish_reason ELSE 'text' END AS kind,
        count(*), sum(num_prompt_tokens)::DOUBLE, sum(coalesce(num_cached_tokens, 0))::DOUBLE,
        sum(num_completion_tokens)::DOUBLE, count(*) FILTER (backend = ?),
        coalesce(sum(seconds) FILTER (backend = ?), 0)
    FROM stored WHERE error IS NULL AND model = ? GROUP BY filename, own, kind
"""


class Histories:
    """The histories of a ledger, as an origin asks for them."""

    def __init__(self, ledger: "Ledger", origin: "Origin") -> None:
        self._ledger, self._origin = ledger, origin
        self._sums: dict[str, list[_Sums]] = {}

    def of(self, kind: str) -> History | None:
        """Means over the asset's own completions of ``kind``, else over the model's."""
        segments = self._ledger.segments()
        self._sums = {name: sums for name, sums in self._sums.items() if name in segments}
        self._read(segments - self._sums.keys())
        alike = [sums for some in self._sums.values() for sums in some if sums.kind == kind]
        return _mean([sums for sums in alike if sums.own] or alike)

    def _read(self, names: Collection[str]) -> None:
        if not names:
            return
        asset, backend, model = self._origin.asset, self._origin.backend, self._origin.model
        with self._ledger.open() as connection:
            sql = self._ledger.tables(names) + _SUMS
            rows = connection.execute(sql, [asset, backend, backend, model]).fetchall()
        self._sums |= {name: [] for name in names}
        for name, *sums in rows:
            self._sums[name].append(_Sums(*sums))


def _mean(sums: Collection[_Sums]) -> History | None:
    if not sums:
        return None
    num, timed = sum(each.num for each in sums), sum(each.num_timed for each in sums)
    return History(
        sum(each.prompt_tokens for each in sums) / num,
        sum(each.cached_tokens for each in sums) / num,
        sum(each.completion_tokens for each in sums) / num,
        sum(each.seconds for each in sums) / timed if timed else None,
    )
