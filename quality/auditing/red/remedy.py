"""What a person does about a red check, in sentences that say what it holds back."""

from datasets_registry.version import CheckResult, Version


def what_to_do(version: Version, result: CheckResult, catches: str, *, has_rows: bool) -> str:
    """How a red check of ``version``, which ``catches`` something, is dealt with."""
    look = "the rows listed here and" if has_rows else "the version"
    mend = "mend what makes them so (settings, prompts, model or data) and materialize again"
    if result.severity == "error":
        return (
            f"It catches {catches}. {version} is held back, and nothing is built from it. Look at {look} in"
            f" the studio (`trimtab studio`), and {mend}. Where a person finds that all is right:"
            f" `trimtab pass {version} --reason '…'`"
        )
    return (
        f"It catches {catches}. It only warns, and {version} is used. Look at {look} in the studio"
        f" (`trimtab studio`) before a model learns from it. If that is so, {mend}"
    )
