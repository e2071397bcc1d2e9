"""trimtab pass DATASET@N --reason: a person overrules the blocking checks of one version."""

from typing import Annotated

import typer

from assets.printing import Json, open_state, print_rows
from datasets_registry.errors import BadInput


def pass_version(
    version: Annotated[str, typer.Argument(help="An exact version, such as preference_pairs@3.")],
    reason: Annotated[str, typer.Option("--reason", help="What you looked at, and why it may be used.")],
    as_json: Json = False,
) -> None:
    """Let a version train models although a blocking check is red; who and why stays on record."""
    if "@" not in version:
        raise BadInput(f"say which version of {version} you looked at: {version}@N")
    registry = open_state()
    passed = registry.pass_by_hand(registry.resolve(version), reason)
    checks = [one.model_dump() | {"version": str(passed)} for one in registry.checks(passed)]
    print_rows(checks, as_json, ("version", "check", "passed", "severity", "description"))
