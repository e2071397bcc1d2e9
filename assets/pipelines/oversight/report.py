"""The report on oversight: debates and amplified answers of a profile → their figures."""

from collections.abc import Iterable, Mapping, Sequence

from assets.building.declared import Dataset, dataset
from datasets_registry.rows.oversight.amplified import AmplifiedAnswer
from datasets_registry.rows.oversight.debates import Debate
from datasets_registry.rows.oversight.questions import OversightQuestion
from datasets_registry.rows.oversight.report import OversightFigure
from datasets_registry.rows.rft import Candidate
from methods.oversight.amplification.settings import LabelSettings
from quality.oversight.report import OVERSIGHT_REPORT, ReportSettings

GROUP = "oversight"
READ = (OversightQuestion, Debate, AmplifiedAnswer)


def oversight_report(
    datasets: Iterable[Dataset], candidates: str = "", labels: LabelSettings | None = None
) -> Sequence[Dataset]:
    """``oversight_report`` of what ``datasets`` debate and amplify; none where they do neither.

    ``candidates`` are the samples of whose policies solutions are debated, and ``labels`` say which amplified
    answers are learned.
    """
    read = _by_row_type(datasets)
    if not read[Debate.dataset] and not read[AmplifiedAnswer.dataset]:
        return []
    return [
        dataset(
            OversightFigure.dataset,
            OVERSIGHT_REPORT,
            ReportSettings(labels=labels or LabelSettings()),
            group=GROUP,
            inputs={**read, Candidate.dataset: candidates},
        )
    ]


def _by_row_type(datasets: Iterable[Dataset]) -> Mapping[str, tuple[str, ...]]:
    made = [*datasets]
    return {row.dataset: tuple(each.name for each in made if each.method.rows is row) for row in READ}
