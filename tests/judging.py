"""Scripted judges that answer by what a call shows."""

from collections.abc import Callable

from benchmarks.sides.labels.judge_call import shown
from generation.request import Completion, Request
from generation.scripted import chosen

Judge = Callable[[str, str], float]


def judging(judge: Judge) -> Callable[[Request], Completion]:
    """A script that answers each comparison by the judge's P(first), with 10 % outside the choices."""

    def script(request: Request) -> Completion:
        p = judge(*shown(request))
        return chosen(p * 0.9, (1 - p) * 0.9)

    return script
