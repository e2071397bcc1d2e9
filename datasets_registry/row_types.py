"""Which row type each dataset has."""

from datasets_registry import (
    hygiene_schemas,
    imported_schemas,
    judge_schemas,
    rft_schemas,
    schemas,
    step_schemas,
)
from datasets_registry.errors import BadInput
from datasets_registry.row import Row
from datasets_registry.version import Version

ROW_TYPES: dict[str, type[Row]] = {
    one.dataset: one
    for one in (
        schemas.RedTeamPrompt,
        schemas.HelpfulPrompt,
        schemas.RevisionStep,
        schemas.HelpfulAnswer,
        schemas.SftExample,
        schemas.CompletionPair,
        schemas.AiJudgement,
        schemas.PreferencePair,
        schemas.EvaluationAnswer,
        schemas.Metric,
        imported_schemas.Problem,
        imported_schemas.HumanPreference,
        imported_schemas.Demonstration,
        judge_schemas.CompletionScore,
        judge_schemas.HumanAgreement,
        judge_schemas.JudgeFigure,
        judge_schemas.PrincipleFigure,
        hygiene_schemas.HygieneFinding,
        rft_schemas.GoldSolution,
        rft_schemas.GoldVerdict,
        rft_schemas.Candidate,
        rft_schemas.RftSelection,
        rft_schemas.VerifiedPair,
        step_schemas.Solution,
        step_schemas.StepRollout,
        step_schemas.StepLabels,
    )
}


def rows_of(version: Version) -> str:
    """The dataset whose rows ``version`` has, which may have another name itself."""
    return str(version.content.get("row", version.name))


def row_type(version: Version) -> type[Row]:
    """The row type that ``version`` was committed with; raises BadInput where this Trimtab lacks it."""
    name = rows_of(version)
    if name not in ROW_TYPES:
        raise BadInput(f"{version} has rows of a type {name!r} that is not known: know {sorted(ROW_TYPES)}")
    return ROW_TYPES[name]
