"""Write docs/checks.md from the table of checks: python -m quality.checks.documented [--check]."""

from collections.abc import Iterable

from datasets_registry.boundary import run_command
from datasets_registry.cards.documented import keep_page
from datasets_registry.state import REPOSITORY
from quality.checks.check import Check
from quality.checks.imported import rejected_rows
from quality.checks.table import CHECKS

PAGE = REPOSITORY / "docs" / "checks.md"
INTRODUCTION = """# Checks

The checks of each dataset version, with severity and bounds. This page is generated from
`quality/checks/table.py`, and a test keeps it up to date: run `python -m quality.checks.documented`.

A version is a candidate until its checks have run. A failed **error** blocks it: nothing is built from it,
no trainer accepts it, `latest` stays as it was, and the message names the check. A failed *warning* is
shown, and the version passes. A figure that cannot be computed fails its check. `trimtab verify` runs the
same checks again; `trimtab pass DATASET@N --reason TEXT` overrules errors and records who and why. Every
check has failed on a fault planted for it: the tests in `tests/quality/checks/` require one for each.

What stands under `imports` holds of every file that is imported; `--most-rejected` moves its bound.
"""


def page() -> str:
    """The whole page."""
    checks = (rejected_rows(), *CHECKS)
    datasets = dict.fromkeys(check.dataset for check in checks)
    sections = (
        _section(dataset, [check for check in checks if check.dataset == dataset]) for dataset in datasets
    )
    return INTRODUCTION + "".join(sections)


def _section(dataset: str, checks: Iterable[Check]) -> str:
    lines = [
        f"\n## {dataset}\n",
        "| check | severity | must be | catches |",
        "|---|---|---|---|",
        *map(_line, checks),
    ]
    return "\n".join(lines) + "\n"


def _line(check: Check) -> str:
    severity = "**error**" if check.severity == "error" else "*warning*"
    return f"| `{check.name}` | {severity} | {check.bounds} | {check.catches} |"


if __name__ == "__main__":
    run_command(lambda: keep_page(PAGE, page(), __doc__))
