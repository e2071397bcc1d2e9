"""Comparisons that people made (HH-RLHF, harmlessness), judged by a model in both orders."""

import os
from pathlib import Path
from typing import NamedTuple

from datasets_registry.importing.filling import Given
from datasets_registry.importing.importing import import_rows
from datasets_registry.importing.source import open_source
from datasets_registry.rows.imported import HumanPreference
from datasets_registry.rows.judges import HumanAgreement
from datasets_registry.state import REPOSITORY
from generation.completer import Complete
from methods.judging.comparison import ComparisonSettings
from methods.judging.constitution import load_constitution
from methods.rlaif.people import AgreementSettings, agree

CONSTITUTION = REPOSITORY / "methods" / "judging" / "constitution.toml"
FILE = os.environ.get("TRIMTAB_HH_RLHF")
MOST_CHARACTERS = 1_500


class Agreement(NamedTuple):
    """Hits and counts of the judge, and of the rule that the longer answer is the better one."""

    hits: int
    labelled: int
    total: int
    longer_hits: int
    unequal: int


def preferences() -> list[HumanPreference]:
    """The comparisons short enough for a small model; no others are left out."""
    assert FILE is not None
    imported = import_rows(
        open_source(FILE), [HumanPreference], {}, Given(None, "HH-RLHF", "MIT"), lambda *_: None
    )
    rows = [row for row in imported.rows if isinstance(row, HumanPreference)]
    return [row for row in rows if _length(row) <= MOST_CHARACTERS]


def _length(row: HumanPreference) -> int:
    return sum(len(turn.content) for turn in row.messages) + len(row.chosen) + len(row.rejected)


def judged(count: int, complete: Complete, model: str) -> list[HumanAgreement]:
    """``count`` drawn comparisons beside the judge's labels."""
    principles = load_constitution(CONSTITUTION).of_signal("harmlessness", "[judges.human_agreement]")
    settings = AgreementSettings(
        num_pairs=count,
        comparison=ComparisonSettings(calibration="identical"),
        questions={principle.id: principle.preference_question for principle in principles},
    )
    return agree(preferences(), "judge", complete, model, settings)


def agreement(rows: list[HumanAgreement]) -> Agreement:
    """How often the judge's label, and the longer answer, are the person's."""
    labelled = [row for row in rows if row.agrees is not None]
    unequal = [row for row in rows if len(row.completion_a) != len(row.completion_b)]
    longer = sum(
        ("a" if len(row.completion_a) > len(row.completion_b) else "b") == row.human_label for row in unequal
    )
    return Agreement(
        sum(row.agrees is True for row in labelled), len(labelled), len(rows), longer, len(unequal)
    )


def known() -> bool:
    """Whether the file is at hand."""
    return FILE is not None and Path(FILE).is_file()
