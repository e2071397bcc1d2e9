"""docs/checks.md from the table of checks: python -m quality.checks.documented [--check]."""

from datasets_registry.cards.documented import keep_page
from datasets_registry.state import REPOSITORY
from quality.checks.check import Check
from quality.checks.table import CHECKS

PAGE = REPOSITORY / "docs" / "checks.md"
INTRODUCTION = """# Checks

What must hold of each dataset version, with severity and threshold. The page is made from the table in
`quality/checks/table.py`, and a test keeps it so; after a change run `python -m quality.checks.documented`.

A version is a candidate until its checks have run. A red **error** keeps it from being passed: nothing is
built from it, no trainer takes it, `latest` stays what it was, and the message names the check. A red
*warning* is shown and lets it pass. A figure that cannot be had is red. `trimtab verify` runs the same
table again; `trimtab pass DATASET@N --reason TEXT` overrules errors and keeps who and why on record. Each
check has gone red on a fault planted for it: `tests/quality/` fails where one has none.
"""


def page() -> str:
    """The whole page."""
    datasets = list(dict.fromkeys(one.dataset for one in CHECKS))
    return INTRODUCTION + "".join(map(_section, datasets))


def _section(dataset: str) -> str:
    lines = [
        f"\n## {dataset}\n",
        "| check | severity | wanted | catches |",
        "|---|---|---|---|",
        *(_line(one) for one in CHECKS if one.dataset == dataset),
    ]
    return "\n".join(lines) + "\n"


def _line(check: Check) -> str:
    severity = "**error**" if check.severity == "error" else "*warning*"
    return f"| `{check.name}` | {severity} | {check.bounds} | {check.catches} |"


if __name__ == "__main__":
    keep_page(PAGE, page(), __doc__)
