"""Scripted debaters and judges, and what the method makes of them."""

import re
from collections.abc import Sequence
from pathlib import Path

from datasets_registry.rows.oversight.debates import Debate
from datasets_registry.rows.oversight.questions import OversightQuestion
from generation.request import Completion, Request
from generation.scripted import Script, chosen, likely
from methods.oversight.debates import DEBATES
from methods.oversight.settings import DebateSettings
from tests.methods.graphless import MemoryInputs, ModelsByRole, ScriptedModel, rows_of

SENTENCE = "Its first keeper was Mara Holt."


def text_of(request: Request) -> str:
    """What the model is asked, as it stands before a turn that is begun for it."""
    return next(turn.content for turn in reversed(request.messages) if turn.role == "user")


def argues(request: Request) -> Completion | str:
    """Quotes the sentence for the right answer, and forges one for the other; new words each round."""
    text = text_of(request)
    if request.continuation:
        return compares_steps(request)
    if request.choices:
        return chooses(0.95, "Response A:\n> Mara" in text)
    number = text.count(", round ")
    right = "Your answer, which you argue for:\n> Mara Holt" in text
    quote = SENTENCE if right else "Its first keeper was Jon Pike."
    return f"Point {number} of {'Mara' if right else 'Jon'}: <quote>{quote}</quote>."


def chooses(share: float, first: bool) -> Completion:
    """The probabilities of both seats."""
    return chosen(share, 1 - share) if first else chosen(1 - share, share)


def judges_by_quotes(request: Request) -> Completion | str:
    """Believes whoever has a verified quote, reads the passage where it is there, else the first seat."""
    if request.continuation:
        return compares_steps(request)
    if not request.choices:
        return "I do not know this place.\nVerdict: A"
    text = text_of(request)
    if "Passage:" in text:
        return chooses(0.95, "Response A:\n> Mara" in text)
    verified = re.search(r"Response ([AB]):\n> [^\n]*\[stands in the passage", text)
    return chooses(0.9, verified[1] == "A") if verified else chosen(0.7, 0.3)


def compares_steps(request: Request) -> Completion | str:
    """Finds what holds five less likely, and answers 4 by itself."""
    if request.continuation is None:
        return "1+1=2\n2+2=4\nA:4"
    words = len(request.continuation.split())
    return likely(-5.0 * request.continuation.count("5") - words, words, greedy=False)


def debated(
    questions: Sequence[OversightQuestion],
    folder: Path,
    settings: DebateSettings,
    debater: Script = argues,
    judge: Script = judges_by_quotes,
    chains_judge: Script | None = None,
) -> list[Debate]:
    """The rows of the method, by models behind a ledger in ``folder``."""
    scripts = {"debater": debater, "judge": judge, "chains_judge": chains_judge}
    roles = {role: ScriptedModel(role, folder, script) for role, script in scripts.items() if script}
    models = ModelsByRole({role: (model,) for role, model in roles.items()})
    return rows_of(DEBATES, settings, MemoryInputs({"oversight_questions": questions}), models)
