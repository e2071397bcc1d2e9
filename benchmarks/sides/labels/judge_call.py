"""What a judge call shows, read back from its text."""

from typing import NamedTuple

from generation.request import Request
from methods.judging.quotation import MARK

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
