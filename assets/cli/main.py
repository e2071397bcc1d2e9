"""The entry of the command line: trimtab, or python -m assets.cli."""

import sys
from collections.abc import Sequence

from datasets_registry.boundary import INTERRUPTED, run_command
from datasets_registry.errors import BadInput


def main() -> None:
    """Run the command line; every error is one line, as ``datasets_registry.boundary`` says."""
    run_command(_run)


def _run() -> int | None:
    # imports take a second, in which an interrupt is one line too
    from typer.exceptions import TyperException

    from assets.cli.commands import asked

    arguments = sys.argv[1:] or ["--help"]
    _require_text(arguments)
    app = asked(arguments)
    try:
        code: int | None = app(arguments, prog_name="trimtab", standalone_mode=False)
    except TyperException as error:
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "trimtab"
        raise BadInput(
            f"{error.format_message().rstrip('.')}: `{command} --help` shows what there is"
        ) from error
    if code == INTERRUPTED:
        raise KeyboardInterrupt
    return code


def _require_text(arguments: Sequence[str]) -> None:
    """Raise BadInput for an argument of other bytes than UTF-8, which nothing that is stored can hold."""
    for argument in arguments:
        try:
            argument.encode()
        except UnicodeEncodeError as error:
            raise BadInput(f"argument {argument!r} is not UTF-8: write it in UTF-8") from error
