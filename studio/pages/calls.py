"""The raw calls behind a row, each once: what was asked of which model and how, in lines that people read."""

from collections.abc import Iterator
from dataclasses import dataclass

from quality.auditing.explanation import Call, Explained, ExplainedRow
from studio.rendering import CELL_CHARACTERS, parts_of

# what a line of a page shows of a text, less who says it
ASKED_CHARACTERS = CELL_CHARACTERS - 12


@dataclass(frozen=True)
class NamedCall:
    """A call of the ledger, with the first row behind the explained one that names it."""

    call: Call
    version: str
    row: str

    @property
    def is_missing(self) -> bool:
        """Whether the ledger does not hold it."""
        return "missing" in self.call

    @property
    def how(self) -> str:
        """How its text was made: by which sampling settings, or from what probabilities were asked."""
        request = self.call["request"]
        if request.get("choices"):
            return f"the probabilities of {_quoted(request['choices'])}, and nothing sampled"
        if request.get("continuation"):
            return "the probability of a text that was given, and nothing sampled"
        params = request.get("params", {})
        held = [f"{name.replace('_', ' ')} {value}" for name, value in params.items() if name != "stop"]
        stops = [f"stopping at {_quoted(params['stop'])}"] if params.get("stop") else []
        drawn = [f"seed {request.get('seed', 0)}", f"sample {request.get('sample', 0)}"]
        return ", ".join(["sampled at " + held[0], *held[1:], *stops, *drawn] if held else drawn)

    @property
    def asked(self) -> str:
        """What was said last, and how the answer was begun, if it was."""
        messages = self.call["request"]["messages"]
        begun = (
            f" … {messages[-1]['content']}" if messages[-1]["role"] == "assistant" and messages[1:] else ""
        )
        last = messages[-2] if begun else messages[-1]
        return f"{last['role']}: {_last_words(last['content'], ASKED_CHARACTERS - len(begun))}{begun}"

    @property
    def answered(self) -> str:
        """What came back: the text, the choices with their probabilities, or why there is neither."""
        call = self.call
        if call["error"]:
            return call["error"]
        probabilities = call["choice_probabilities"]
        if not probabilities:
            return call["text"]
        choices = call["request"]["choices"]
        return ", ".join(
            f"{choice.strip()} {probability:.3f}"
            for choice, probability in zip(choices, probabilities, strict=False)
        )


def named_calls(explained: Explained) -> list[NamedCall]:
    """Every call of the tree once, those of the row itself first."""
    calls: dict[str, NamedCall] = {}
    for named in _walk(explained):
        calls.setdefault(named.call["key"], named)
    return list(calls.values())


def _walk(node: Explained) -> Iterator[NamedCall]:
    for row in node.get("rows", ()):
        yield from _of_row(node["version"], row)
        for source in row.get("inputs", ()):
            yield from _walk(source)


def _of_row(version: str, row: ExplainedRow) -> Iterator[NamedCall]:
    identity = parts_of(row["key"], list(row["key"]))
    return (NamedCall(call, version, identity) for call in row.get("calls", ()))


def _last_words(text: str, most: int) -> str:
    return text if len(text) <= most else f"…{text[-max(most, 0) :]}"


def _quoted(texts: list[str]) -> str:
    return ", ".join(map(repr, texts))
