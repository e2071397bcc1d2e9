"""Asking before versions go, and how much that frees."""

from typing import Annotated

import typer

from datasets_registry.errors import BadInput

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
_STEP = 1000.0


def require_yes(question: str, yes: bool, otherwise: str) -> None:
    """Ask on stderr, unless a person said yes before; raises BadInput where the answer is another."""
    try:
        if yes or typer.confirm(question, err=True):
            return
    except typer.Abort:
        # nobody is there to answer
        pass
    raise BadInput(f"{otherwise}: answer y, or say --yes")


def size(num_bytes: int) -> str:
    """Bytes in the unit that leaves few digits, such as 12.3 MB."""
    amount, units = float(num_bytes), ["bytes", "kB", "MB", "GB", "TB"]
    while amount >= _STEP and len(units) > 1:
        amount, units = amount / _STEP, units[1:]
    return f"{amount:,.0f} {units[0]}" if units[0] == "bytes" else f"{amount:,.1f} {units[0]}"
