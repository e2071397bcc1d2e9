"""A budget: refuses to start what would cost too much, and stops what turns out to."""

from collections.abc import Callable

from pydantic import BaseModel, ConfigDict, Field

from datasets_registry.errors import OverBudget
from generation.accounting import Estimate, Price, count, dollars
from generation.request import Completion

_Limit = tuple[float | None, str, float, float, Callable[[float], str]]


class Budget(BaseModel):
    """The most that one materialization of one asset may generate; None is no limit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_tokens: int | None = Field(None, ge=0, description="Prompt and completion tokens")
    max_usd: float | None = Field(None, ge=0, description="US dollars, by [policy.price]")


class Meter:
    """Counts what is spent and holds it to a budget."""

    def __init__(self, price: Price | None = None, budget: Budget | None = None) -> None:
        self.price, self.budget = price or Price(), budget or Budget()
        self._unlimited = self.budget == Budget()
        self.tokens, self.usd = 0, 0.0

    def allow(self, title: str, plan: Estimate) -> None:
        """Raise OverBudget if ``plan`` on top of what is spent goes over a limit."""
        for limit, name, spent, wanted, say in self._limits(plan.tokens, plan.usd):
            if limit is not None and spent + wanted > limit:
                raise OverBudget(
                    f"{title} needs {'up to ' if plan.bound else ''}about {say(wanted)}"
                    f"{f' after {say(spent)} spent' if spent else ''}, and {name} is {say(limit)}: "
                    f"raise {name} in the profile, or ask for less (fewer prompts, a lower max_tokens)"
                )

    def spend(self, completion: Completion) -> float:
        """Count a completion, and give its price."""
        usd = self.price.of_completion(completion)
        self.tokens += completion.num_prompt_tokens + completion.num_completion_tokens
        self.usd += usd
        return usd

    def halt_if_over(self, title: str, num_left: int) -> None:
        """Raise OverBudget if a limit is reached although ``num_left`` completions are missing."""
        if self._unlimited:
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
