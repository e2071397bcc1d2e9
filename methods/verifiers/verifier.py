"""The choice of a verifier by the kind of gold answer."""

from methods.reading.thought import THINK, Marks, without_thought
from methods.sandbox.run import Limits
from methods.verifiers.choice import choice, exact
from methods.verifiers.code import code
from methods.verifiers.contract import Verification, VerifierSettings, Verify, rejected
from methods.verifiers.format import keeps_format
from methods.verifiers.maths.verdict import maths
from methods.verifiers.plugged import plugged_verifier


def verifier(settings: VerifierSettings, marks: Marks = THINK) -> Verify:
    """The verifier that the settings describe; it reads what stands behind a completion's thought.

    ``marks`` are those of thought of the model that completes.
    """
    verify = _of_kind(settings)

    def verify_answer(completion: str, gold: str) -> Verification:
        thought = without_thought(completion, marks)
        if thought.failure is not None:
            return rejected(thought.failure)
        return verify(thought.answer, gold)

    return verify_answer


def _of_kind(settings: VerifierSettings) -> Verify:
    match settings.kind:
        case "maths":
            return maths(settings.relative_tolerance)
        case "choice":
            return choice(settings.letters)
        case "code":
            return code(Limits(settings.seconds, settings.memory_mb))
        case "format":
            return keeps_format
        case "exact":
            return exact
        case "plugin":
            # the settings hold no such kind without it
            return plugged_verifier(settings.plugin or "")
