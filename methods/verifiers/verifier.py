"""The choice of a verifier by the kind of gold answer."""

from methods.sandbox.run import Limits
from methods.verifiers.choice import choice, exact
from methods.verifiers.code import code
from methods.verifiers.contract import VerifierSettings, Verify
from methods.verifiers.format import keeps_format
from methods.verifiers.maths import maths


def verifier(settings: VerifierSettings) -> Verify:
    """The verifier that the settings describe."""
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
