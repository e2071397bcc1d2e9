"""What tasks ask first, held to the budget before any of it is asked."""

from collections.abc import Iterable, Sequence
from itertools import chain, islice
from typing import Any

from generation.completer import Complete, Completer
from generation.request import Request, keys
from generation.spending import NOTHING, Estimate
from generation.streaming.reading import Reading
from generation.streaming.tasks import Task

# requests that are looked up at a time
AT_ONCE = 2_048


def allow(complete: Complete, stage: str, tasks: Iterable[Task[Any]], beside: Estimate = NOTHING) -> Estimate:
    """What is missing of the first requests of all tasks is expected to cost so much, with ``beside``.

    Raises OverBudget where that goes over the budget. Nothing is rendered where there is no budget, nor where
    requests go by batch, as these are planned in one piece. What a task asks later follows from
    completions: it is planned as it is asked.
    """
    completer = complete.complete if isinstance(complete, Reading) else complete
    if not isinstance(completer, Completer) or completer.meter.unlimited or completer.by_batch:
        return beside
    plan = sum(_estimates(completer, tasks), beside)
    completer.meter.allow(f"{completer.asset}: {stage}", plan)
    return plan


def _estimates(completer: Completer, tasks: Iterable[Task[Any]]) -> Iterable[Estimate]:
    from generation.ledger.seen import Seen

    seen = Seen()
    requests = chain.from_iterable(map(_first, tasks))
    while some := list(islice(requests, AT_ONCE)):
        some_keys = keys(completer.backend.fingerprint, some)
        asked = {some_keys[place]: some[place] for place in seen.new(some_keys)}
        for key in completer.known.find(list(asked)):
            del asked[key]
        yield completer.estimate(asked, completer.meter.price)


def _first(task: Task[Any]) -> Sequence[Request]:
    try:
        return next(task)
    except StopIteration:
        return ()
    finally:
        task.close()
