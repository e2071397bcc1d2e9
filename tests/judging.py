"""What a judge call shows, read back from its text, and scripted judges that answer by it."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from generation.request import Completion, Request
from generation.scripted import ScriptedBackend, chosen
from methods.quotation import MARK

Judge = Callable[[str, str], float]
HEADINGS = ("System:", "User:", "Assistant:", "Response:", "Response A:", "Response B:")


class Shown(NamedTuple):
    """The quoted texts of a call, by heading in their order, and the lines that are not quoted."""

    quoted: list[tuple[str, str]]
    plain: list[str]

    def under(self, heading: str) -> list[str]:
        """The texts under ``heading``."""
        return [text for name, text in self.quoted if name == heading]


def read_call(text: str) -> Shown:
    """A call's parts; whatever stands in a quoted line is quoted text."""
    quoted: list[tuple[str, list[str]]] = []
    plain: list[str] = []
    for line in text.split("\n"):
        if line.startswith(MARK):
            quoted[-1][1].append(line.removeprefix(MARK))
        else:
            plain.append(line)
            if line in HEADINGS:
                quoted.append((line, []))
    return Shown([(name, "\n".join(lines)) for name, lines in quoted], plain)


def shown(request: Request) -> tuple[str, str]:
    """The two responses that a judge call shows."""
    call = read_call(request.messages[0].content)
    (first,), (second,) = call.under("Response A:"), call.under("Response B:")
    return first, second


def judging(judge: Judge) -> Callable[[Request], Completion]:
    """A script that answers each comparison by the judge's P(first), with 10 % outside the choices."""

    def script(request: Request) -> Completion:
        p = judge(*shown(request))
        return chosen(p * 0.9, (1 - p) * 0.9)

    return script


def completing(
    script: Callable[[Request], str | Completion],
) -> Callable[[str, Sequence[Request]], list[Completion]]:
    """A completer over a script, without a ledger."""

    def complete(stage: str, requests: Sequence[Request]) -> list[Completion]:
        found = dict(ScriptedBackend(script).complete(requests))
        return [found[place] for place in range(len(requests))]

    return complete
