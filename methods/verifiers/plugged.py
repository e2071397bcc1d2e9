"""Verifiers of plug-ins: the functions of a module's ``VERIFIERS``, which `[problems.verifier]` names."""

from datasets_registry.errors import BadInput, first_line
from datasets_registry.plugins import plugged
from methods.verifiers.contract import Verification, Verify


def plugged_verifier(name: str) -> Verify:
    """The verifier that ``name``, written ``MODULE:VERIFIER``, stands for.

    Raises BadInput where there is none. Where it raises, or gives no Verification, BadInput ends the run: a
    fault of its code is no verdict on a sample, and the completions are in the ledger.
    """
    function = plugged("verifier", name)

    def verify(completion: str, gold: str) -> Verification:
        try:
            verification = function(completion, gold)
        except Exception as error:
            raise BadInput(
                f"verifier {name}: {type(error).__name__}: {first_line(error)} (gold answer {gold!r:.80}): "
                "mend it, and build again"
            ) from error
        if not isinstance(verification, Verification):
            raise BadInput(
                f"verifier {name} gives {verification!r:.60}: let it give a "
                "methods.verifiers.contract.Verification"
            )
        return verification

    return verify
