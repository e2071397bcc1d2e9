"""The row types by dataset."""

from datasets_registry.errors import BadInput
from datasets_registry.rows import cai, evaluation, hygiene, imported, judges, prm, prompts, rft, rlaif
from datasets_registry.rows.row import Row
from datasets_registry.version import Version

ROW_TYPES: dict[str, type[Row]] = {
    row.dataset: row
    for row in (
        prompts.RedTeamPrompt,
        prompts.HelpfulPrompt,
        cai.RevisionStep,
        cai.HelpfulAnswer,
        cai.SftExample,
        rlaif.CompletionPair,
        rlaif.AiJudgement,
        rlaif.PreferencePair,
        evaluation.EvaluationAnswer,
        evaluation.Metric,
        imported.Problem,
        imported.HumanPreference,
        imported.Demonstration,
        judges.CompletionScore,
        judges.HumanAgreement,
        judges.JudgeFigure,
        judges.PrincipleFigure,
        hygiene.HygieneFinding,
        rft.GoldSolution,
        rft.GoldVerdict,
        rft.Candidate,
        rft.RftSelection,
        rft.VerifiedPair,
        prm.Solution,
        prm.StepRollout,
        prm.StepLabels,
    )
}


def rows_of(version: Version) -> str:
    """The dataset whose row type ``version`` has, whatever its own name."""
    return str(version.content.get("row", version.name))


def row_type(version: Version) -> type[Row]:
    """The row type that ``version`` was committed with; raises BadInput where it is not known."""
    name = rows_of(version)
    if name not in ROW_TYPES:
        raise BadInput(
            f"{version} has rows of the unknown type {name!r}: known are {', '.join(sorted(ROW_TYPES))}"
        )
    return ROW_TYPES[name]
