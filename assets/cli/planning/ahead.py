"""Forecasts in words: calls, tokens, price and time, and by what they were counted."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from generation.progress import span
from generation.spending import count, dollars

if TYPE_CHECKING:
    from assets.estimates.forecast import Forecast


def said(forecast: "Forecast | None") -> str:
    """For example ``up to 4,800 calls and 150 k tokens, 4 s``, or ``21 s`` of a training."""
    if forecast is None:
        return ""
    when = "time unknown" if forecast.seconds is None else span(forecast.seconds)
    return ", ".join([*_calls(forecast), when])


def whole(forecasts: "Iterable[Forecast]") -> str:
    """All together; how many there are of whose time nothing is known."""
    several = list(forecasts)
    calls = _calls(sum(several[1:], several[0]))
    known = sum(each.seconds for each in several if each.seconds is not None)
    unknown = sum(each.seconds is None for each in several)
    when = [span(known)] if known else []
    if unknown:
        assets = f"{unknown} {'asset' if unknown == 1 else 'assets'}"
        when.append(f"{'and ' if known else ''}the time of {assets} is not known yet")
    return ", ".join([*calls, *when])


def _calls(forecast: "Forecast") -> list[str]:
    if not forecast.calls:
        return []
    new, most = forecast.calls - forecast.stored, forecast.calls
    calls = f"{new:,} to {most:,} calls, up to" if new < most else f"up to {most:,} calls and"
    limits = " (an estimate: every text at its limit)" if forecast.by_limits else ""
    price = [dollars(forecast.usd)] if forecast.usd else []
    return [f"{calls} {count(forecast.tokens)} tokens{limits}", *price]
