"""Scripts of debaters and judges on passages: sound ones, and ones with a planted fault."""

import re
from collections.abc import Mapping
from typing import Literal

from datasets_registry.hashing import derive_seed
from generation.request import Completion, Request
from generation.scripted import Script, chosen

Fault = Literal["lies", "repeats", "forges"]
SURE = 0.9
# what code writes before a quote, and what begins a quoted line
CHECKED = r"(does not stand|stands) in the passage: |^> "
HEDGED, CERTAIN = "It seems so to me", "It is certain beyond any doubt"


def _asked(request: Request) -> str:
    return next(turn.content for turn in reversed(request.messages) if turn.role == "user")


def _quoted_after(heading: str, text: str) -> str:
    """The lines of quoted text below a heading."""
    lines = re.search(rf"^{heading}.*\n((?:>.*\n?)+)", text, re.MULTILINE)
    return " ".join(line.removeprefix(">").strip() for line in lines[1].splitlines()) if lines else ""


def _holds(passage: str, answer: str) -> list[str]:
    """The sentences that hold an answer; none where it is wrong."""
    sentences = re.split(r"(?<=[.!?]) ", passage)
    return [sentence for sentence in sentences if answer.casefold() in sentence.casefold()]


def arguing(fault: Fault | None = None) -> Script:
    """Argues for what it is given, and for the right answer where it may choose; not so one that lies."""

    def argue(request: Request) -> Completion | str:
        text = _asked(request)
        passage = _quoted_after("Passage:", text)
        if request.choices:
            is_right = bool(_holds(passage, _quoted_after("Response A:", text)))
            return _prefers(is_right != (fault == "lies"), is_right == (fault == "lies"))
        return _argument(text, passage, fault)

    return argue


def _argument(text: str, passage: str, fault: Fault | None) -> str:
    """Quotes the sentence that holds its answer; without one it says another sentence, about as long."""
    question, answer = _quoted_after("Question:", text), _quoted_after("Your answer", text)
    rounds = [int(number) for number in re.findall(r", round (\d+):", text)]
    number = 1 if fault == "repeats" else max(rounds, default=0) + 1
    drawn = derive_seed("argument", question, answer, number)
    sentences = re.split(r"(?<=[.!?]) ", passage)
    holding = _holds(passage, answer)
    said = f"<quote>{holding[0]}</quote>" if holding else sentences[drawn % len(sentences)]
    if fault == "forges" and not holding:
        said = f"<quote>{said.rstrip('.')}, said {answer}.</quote>"
    tone = CERTAIN if fault == "lies" and not holding else HEDGED
    return f"Point {number} for {answer}. {tone}{' and once more' * (drawn % 12)}. {said}"


def _said(request: Request) -> Mapping[str, str]:
    """What was said for each seat of a debate; empty where nobody argued."""
    said: dict[str, str] = {"A": "", "B": ""}
    pattern = r"^Round \d+, for Response ([AB]):\n((?:>.*\n?)+)"
    for seat, lines in re.findall(pattern, _asked(request), re.MULTILINE):
        said[seat] += lines
    return said


def _prefers(of_a: float, of_b: float) -> Completion:
    """The seat with more of something; both alike where neither has."""
    if of_a == of_b:
        return chosen(0.5, 0.5)
    return chosen(SURE, 1 - SURE) if of_a > of_b else chosen(1 - SURE, SURE)


def counts(phrase: str) -> Script:
    """A judge who takes the seat whose arguments have a phrase more often."""

    def judge(request: Request) -> Completion:
        said = _said(request)
        return _prefers(said["A"].count(phrase), said["B"].count(phrase))

    return judge


def takes_the_longer(request: Request) -> Completion:
    """The seat that says more words."""
    lengths = {seat: len(re.sub(CHECKED, "", text).split()) for seat, text in _said(request).items()}
    return _prefers(lengths["A"], lengths["B"])


def takes_the_first(request: Request) -> Completion:
    """The first seat, whatever is said."""
    return chosen(SURE, 1 - SURE)


reads_quotes = counts("[stands in the passage")
believes_a_tone = counts(CERTAIN)
