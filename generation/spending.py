"""The cost of generation, and a budget that refuses or stops what would cost too much."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pydantic import Field

from datasets_registry.errors import OverBudget
from datasets_registry.settings import Settings
from generation.ledger.history import History
from generation.progress import Standing, span
from generation.request import Completion, Request

# the usual rule of thumb for English, used only before the ledger knows better
CHARACTERS_PER_TOKEN = 4


class Price(Settings):
    """US dollars per million tokens; local models cost nothing."""

    prompt: float = Field(0.0, ge=0)
    cached: float | None = Field(None, ge=0, description="Prompt tokens served from a cache; as prompt")
    completion: float = Field(0.0, ge=0)
    batch: float = Field(
        0.5, ge=0, le=1, description="The share of these that a request by the provider's batches costs"
    )

    @property
    def by_batch(self) -> "Price":
        """The price of what goes by batch."""
        cached = None if self.cached is None else self.cached * self.batch
        return Price(prompt=self.prompt * self.batch, cached=cached, completion=self.completion * self.batch)

    def usd(self, prompt: float, cached: float, completion: float) -> float:
        """Dollars for so many tokens; ``cached`` are among ``prompt``."""
        cached_price = self.prompt if self.cached is None else self.cached
        return ((prompt - cached) * self.prompt + cached * cached_price + completion * self.completion) / 1e6

    def usd_of(self, completion: Completion) -> float:
        """Dollars for one completion."""
        return self.usd(
            completion.num_prompt_tokens, completion.num_cached_tokens, completion.num_completion_tokens
        )


@dataclass(frozen=True)
class Estimate:
    """The cost of generating; ``bound`` where completion tokens are the most allowed, not a mean."""

    tokens: float
    usd: float
    seconds: float | None
    bound: bool

    def __add__(self, other: "Estimate") -> "Estimate":
        known = self.seconds is not None and other.seconds is not None
        seconds = (self.seconds or 0) + (other.seconds or 0) if known else None
        return Estimate(self.tokens + other.tokens, self.usd + other.usd, seconds, self.bound or other.bound)

    def shared_by(self, replicas: int) -> "Estimate":
        """The same by so many engines at once."""
        seconds = None if self.seconds is None else self.seconds / replicas
        return Estimate(self.tokens, self.usd, seconds, self.bound)

    def __str__(self) -> str:
        """For example ``about 24 k tokens, $0.02, 3.1 min``."""
        how = "up to about" if self.bound else "about"
        when = "time unknown" if self.seconds is None else span(self.seconds)
        return ", ".join(
            [f"{how} {count(self.tokens)} tokens", *([dollars(self.usd)] if self.usd else []), when]
        )


NOTHING = Estimate(0, 0, 0, False)


def estimate(requests: Sequence[Request], price: Price, history: Callable[[str], History | None]) -> Estimate:
    """The cost of ``requests``: by the asset's own history, else the model's, else their limits."""
    total = NOTHING
    for kind in ("text", "choice", "continuation"):
        alike = [request for request in requests if _kind(request) == kind]
        if alike:
            total += _estimate(alike, history(kind), price)
    return total


def _kind(request: Request) -> str:
    """What is asked for: only one kind of completion costs new tokens."""
    if request.continuation is not None:
        return "continuation"
    return "choice" if request.choices else "text"


def _estimate(requests: Sequence[Request], history: History | None, price: Price) -> Estimate:
    limits = [request.params.max_tokens if _kind(request) == "text" else 0 for request in requests]
    if history is None:
        characters = sum(map(_num_characters, requests))
        prompt, cached, completion = characters / CHARACTERS_PER_TOKEN, 0.0, float(sum(limits))
        return Estimate(prompt + completion, price.usd(prompt, cached, completion), None, any(limits))
    prompt, cached = len(requests) * history.prompt_tokens, len(requests) * history.cached_tokens
    completion = sum(min(limit, history.completion_tokens) for limit in limits)
    seconds = None if history.seconds is None else len(requests) * history.seconds
    return Estimate(prompt + completion, price.usd(prompt, cached, completion), seconds, False)


def _num_characters(request: Request) -> int:
    return sum(len(message.content) for message in request.messages) + len(request.continuation or "")


def count(tokens: float) -> str:
    """A number of tokens as people say it: ``850``, ``2.4 k``, ``24 k``, ``1.3 M``."""
    for size, unit in ((1e6, " M"), (1e3, " k")):
        if tokens >= size:
            return f"{tokens / size:.1f}{unit}" if tokens < 10 * size else f"{tokens / size:,.0f}{unit}"
    return f"{tokens:.0f}"


def dollars(usd: float) -> str:
    """An amount as people say it: ``$0.02``, ``under $0.01``."""
    return f"${usd:,.2f}" if usd >= 0.005 or usd == 0 else "under $0.01"


_Limit = tuple[float | None, str, float, float, Callable[[float], str]]


class Budget(Settings):
    """The most that one materialization of one asset may generate; None is no limit."""

    max_tokens: int | None = Field(None, ge=0, description="Prompt and completion tokens")
    max_usd: float | None = Field(None, ge=0, description="US dollars, by the models' prices")


@dataclass
class Total:
    """What was spent so far, by models of whatever price; by model what its replicas on a cluster did."""

    tokens: int = 0
    usd: float = 0.0
    calls: int = 0
    written: int = 0
    began: float | None = None
    ended: float = 0.0
    replicas: dict[str, Standing] = field(default_factory=dict)

    @property
    def tokens_per_second(self) -> float | None:
        """Tokens written from the first answer to the last; None where there was no more than one."""
        spent = self.ended - (self.began or self.ended)
        return self.written / spent if spent > 0 else None


class Meter:
    """Counts what is spent and holds it to a budget."""

    def __init__(
        self, price: Price | None = None, budget: Budget | None = None, total: Total | None = None
    ) -> None:
        self.price, self.budget = price or Price(), budget or Budget()
        self.unlimited = self.budget == Budget()
        self.total = total or Total()

    @property
    def tokens(self) -> int:
        """Prompt and completion tokens spent."""
        return self.total.tokens

    @property
    def usd(self) -> float:
        """US dollars spent."""
        return self.total.usd

    def priced(self, price: Price) -> "Meter":
        """A meter for a model of another price, which counts towards the same budget."""
        return Meter(price, self.budget, self.total)

    def allow(self, title: str, plan: Estimate) -> None:
        """Raise OverBudget if ``plan`` on top of what is spent goes over a limit."""
        for limit, name, spent, needed, say in self._limits(plan.tokens, plan.usd):
            if limit is not None and spent + needed > limit:
                raise OverBudget(
                    f"{title} needs {'up to ' if plan.bound else ''}about {say(needed)}"
                    f"{f' after {say(spent)} spent' if spent else ''}, and {name} is {say(limit)}: "
                    f"raise {name} in the profile, or ask for less (fewer prompts, a lower max_tokens)"
                )

    def spend(self, completion: Completion, *, by_batch: bool = False) -> float:
        """Count a completion, and give its price."""
        usd = (self.price.by_batch if by_batch else self.price).usd_of(completion)
        total = self.total
        total.tokens += completion.num_prompt_tokens + completion.num_completion_tokens
        total.usd += usd
        total.calls += 1
        total.written += completion.num_completion_tokens
        total.ended = time.monotonic()
        total.began = total.began or total.ended
        return usd

    def halt_if_over(self, title: str, num_left: int) -> None:
        """Raise OverBudget if a limit is reached although ``num_left`` completions are missing."""
        if self.unlimited:
            return
        for limit, name, spent, _, say in self._limits(0, 0):
            if limit is not None and num_left and spent >= limit:
                raise OverBudget(
                    f"{title} has spent {say(spent)} and {name} is {say(limit)}, with {num_left} "
                    f"completions to go: all finished ones are saved; raise {name} in the profile to go on"
                )

    def _limits(self, tokens: float, usd: float) -> tuple[_Limit, _Limit]:
        budget = self.budget
        return (
            (budget.max_tokens, "budget.max_tokens", self.tokens, tokens, _tokens),
            (budget.max_usd, "budget.max_usd", self.usd, usd, dollars),
        )


def _tokens(number: float) -> str:
    return f"{count(number)} tokens"
