"""The two rules by which lm-evaluation-harness reads GSM8K: the number behind ####, or the last number."""

import re

from methods.verifiers.contract import Verification, rejected

_STRICT = re.compile(r"#### (-?[0-9.,]+)")
_FLEXIBLE = re.compile(r"-?[$0-9.,]{2,}|-?[0-9]+")
_IGNORED = re.compile(r"[,$]|\.$")


def strict(completion: str, gold: str) -> Verification:
    """Accept the number behind the first ``####``, compared as text."""
    found = _STRICT.search(completion)
    return _compared(found[1] if found else None, gold, "no number behind ####")


def flexible(completion: str, gold: str) -> Verification:
    """Accept the last number wherever it stands, compared as text."""
    numbers = _FLEXIBLE.findall(completion)
    return _compared(numbers[-1] if numbers else None, gold, "no number")


def _compared(number: str | None, gold: str, reason: str) -> Verification:
    if number is None:
        return rejected(reason)
    extracted = _IGNORED.sub("", number)
    if extracted == _IGNORED.sub("", gold.strip()):
        return Verification(True, extracted, None)
    return rejected(f"{extracted} is not {gold}", extracted)
