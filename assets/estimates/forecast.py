"""What building an asset would take: calls, tokens, price and time, by what was seen, else by limits."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from assets.building.declared import Dataset, Declared, Trained
from assets.estimates.amount import CHOICE, Asked
from assets.estimates.calls import amounts
from assets.estimates.prices import made_rows, usd_of
from assets.profile.profile import Profile
from datasets_registry.registry import Registry
from datasets_registry.rows.scored.ruled import RuleControl, RuleSelection
from generation.ledger.ledger import Ledger

# datasets of the same draws: who is built first makes them
_ONE_DRAW = {RuleSelection.dataset, RuleControl.dataset}
SEEN = (
    "SELECT asset, model, finish_reason IN ('choice', 'continuation') AS is_choice, count(*) AS calls,"
    " avg(num_prompt_tokens) AS reads, avg(num_completion_tokens) AS writes, avg(seconds) AS seconds"
    " FROM completions WHERE error IS NULL GROUP BY ALL ORDER BY ALL"
)


@dataclass(frozen=True)
class Forecast:
    """Calls at most, with their tokens, US dollars and seconds; ``seconds`` is None where nothing tells.

    ``stored`` of the calls were made for this asset before, of today's model under today's settings and
    prompt texts: they are found where they are asked again. ``by_limits`` where tokens are counted from the
    limits of settings, since none alike were seen.
    """

    calls: int = 0
    stored: int = 0
    tokens: float = 0.0
    usd: float = 0.0
    seconds: float | None = 0.0
    by_limits: bool = False

    def __add__(self, other: "Forecast") -> "Forecast":
        known = self.seconds is not None and other.seconds is not None
        return Forecast(
            self.calls + other.calls,
            self.stored + other.stored,
            self.tokens + other.tokens,
            self.usd + other.usd,
            (self.seconds or 0) + (other.seconds or 0) if known else None,
            self.by_limits or other.by_limits,
        )


@dataclass(frozen=True)
class Wanted:
    """Names to build; those that ask ``anew`` for all; seconds of trainings, of the last or by a card."""

    names: Collection[str]
    anew: Collection[str]
    trained: Mapping[str, float]


@dataclass(frozen=True)
class _Seen:
    """Completions of one kind that an asset got of a model: how many, and their means."""

    asset: str
    model: str
    is_choice: bool
    calls: int
    reads: float
    writes: float
    seconds: float


def forecasts(
    profile: Profile, declared: Sequence[Declared], registry: Registry, wanted: Wanted
) -> dict[str, Forecast]:
    """What building each takes that asks a model or trains one; ``declared`` is in building order."""
    datasets = [asset for asset in declared if isinstance(asset, Dataset)]
    found = amounts(datasets, made_rows(datasets, registry))
    looker = _Looker(profile, registry, wanted)
    ahead: dict[str, Forecast] = {}
    for asset in declared:
        if asset.name not in wanted.names:
            continue
        if isinstance(asset, Trained):
            ahead[asset.name] = Forecast(seconds=wanted.trained.get(asset.name))
        elif isinstance(asset, Dataset) and asset.generates:
            amount = found.get(asset.name)
            ahead[asset.name] = looker.of(asset.name, amount.asked) if amount else Forecast(seconds=None)
            if asset.name in _ONE_DRAW and ahead.keys() & _ONE_DRAW - {asset.name}:
                ahead[asset.name] = replace(ahead[asset.name], stored=ahead[asset.name].calls)
    return ahead


class _Looker:
    """Looks up what was seen of like calls."""

    def __init__(self, profile: Profile, registry: Registry, wanted: Wanted) -> None:
        self._profile, self._registry, self._wanted = profile, registry, wanted
        self._seen = [_Seen(**row) for row in Ledger.of(registry.state, registry.engine).ask(SEEN)]

    def of(self, asset: str, asked: Iterable[Asked]) -> Forecast:
        """All calls of an asset; those to one model of one kind have what is stored in common."""
        whole, found = Forecast(), Counter[tuple[str, bool]]()
        for calls in asked:
            kind = (calls.model, calls.writes == CHOICE)
            one = self._one(asset, calls, found[kind])
            found[kind] += one.stored
            whole += one
        return whole

    def _one(self, asset: str, asked: Asked, found: int) -> Forecast:
        """Some calls, of which ``found`` stored ones were counted for others of the same kind."""
        alike = [seen for seen in self._seen if seen.is_choice == (asked.writes == CHOICE)]
        model = self._fingerprint(asked.model)
        own = [seen for seen in alike if seen.asset == asset]
        same = [seen for seen in own if seen.model == model]
        nearest = same or own or [seen for seen in alike if seen.model == model]
        there = 0 if asset in self._wanted.anew else sum(seen.calls for seen in same) - found
        given = self._profile.given(asked.model)
        reads, writes, seconds = _means(nearest) or (asked.reads, asked.writes, None)
        return Forecast(
            asked.calls,
            min(there, asked.calls),
            asked.calls * (reads + writes),
            usd_of(given, asked.calls, reads, writes),
            None if seconds is None else asked.calls * seconds / given.replicas,
            by_limits=not nearest,
        )

    def _fingerprint(self, model: str) -> str | None:
        """What the calls of ``model`` are stored under; None where it is to be built first."""
        version = None if model in self._wanted.names else self._registry.latest(model)
        return version.data_version if version else None


def _means(seen: Sequence[_Seen]) -> tuple[float, float, float] | None:
    """Tokens read and written, and seconds, of a call."""
    calls = sum(each.calls for each in seen)
    if not calls:
        return None
    reads, writes, seconds = (
        sum(getattr(each, field) * each.calls for each in seen) / calls
        for field in ("reads", "writes", "seconds")
    )
    return reads, writes, seconds
