"""The report on oversight: what each protocol is worth, and who does what it should not, by name."""

from collections.abc import Iterator, Sequence

from datasets_registry.rows.oversight.amplified import AmplifiedAnswer
from datasets_registry.rows.oversight.report import OversightFigure
from datasets_registry.rows.rft import Candidate
from datasets_registry.settings import Settings
from methods.method import Inputs, Method, Models
from methods.oversight.amplification.labels import labels
from methods.oversight.amplification.settings import LabelSettings
from quality.oversight.amplified import amplified_figures
from quality.oversight.debaters import debater_figures
from quality.oversight.figures import Whose
from quality.oversight.gaps import Solved, gap_figures, solved_by
from quality.oversight.judging import judge_figures
from quality.oversight.protocols import protocol_figures
from quality.oversight.seatings import Seating, grouped, read_seatings


class ReportSettings(Settings):
    """Which amplified answers are labels, whose worth is measured; all other figures have no setting."""

    labels: LabelSettings = LabelSettings()


def make_report(inputs: Inputs, models: Models, settings: ReportSettings) -> Iterator[OversightFigure]:
    """The figures of every judge, debater and pair of both, and of every amplified policy."""
    yield from _of_debates(read_seatings(inputs), _solved(inputs))
    roots = (answer for answer in inputs.stream(AmplifiedAnswer) if answer.parent_id is None)
    # made once more: a red label set would hold back the report on it
    kept = labels(inputs.stream(AmplifiedAnswer), settings.labels)
    by_policy = grouped(kept, lambda label: label.policy)
    for policy, of_policy in sorted(grouped(roots, lambda root: root.policy).items()):
        yield from amplified_figures(Whose("policy", policy, "problem"), of_policy, by_policy.get(policy, []))


def _of_debates(seatings: Sequence[Seating], solved: Solved) -> Iterator[OversightFigure]:
    judged = grouped(seatings, lambda seating: (seating.row.judge, seating.row.kind))
    for (judge, kind), of_judge in sorted(judged.items()):
        whose = Whose("judge", judge, kind)
        yield from protocol_figures(whose, of_judge)
        yield from judge_figures(whose, of_judge)
        yield from gap_figures(whose, of_judge, solved)
    # of worked solutions nothing is said: they are what a policy wrote when it solved a problem
    passages = (seating for seating in seatings if seating.row.kind == "passage" and seating.row.debater)
    for debater, argued in sorted(grouped(passages, lambda seating: seating.row.debater or "").items()):
        yield from debater_figures(Whose("debater", debater, "passage"), argued)


def _solved(inputs: Inputs) -> Solved:
    """What policies solve by themselves; hinted and unread samples aside."""
    return solved_by(
        [
            (sample.policy, sample.problem_id, sample.accepted)
            for sample in inputs.stream(Candidate)
            if sample.accepted is not None and not sample.hinted
        ]
    )


OVERSIGHT_REPORT = Method(run=make_report, settings=ReportSettings, rows=OversightFigure)
