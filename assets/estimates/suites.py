"""How many items an evaluation has, and what its models and its judge are asked, at most."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from assets.building.declared import Dataset
from assets.estimates.amount import ANSWER, CHOICE, PROMPT, QUESTION, Amount, Asked, Inputs, Rows, SuiteRows
from datasets_registry.rows.evaluation import EvaluationItem
from methods.evaluation.answers import BASELINE, AnswersSettings, GradedSettings
from methods.evaluation.canaries.answers import CanarySettings
from methods.evaluation.canaries.texts import CANARIES
from methods.evaluation.selection import SelectionSettings, fixed_items, select
from methods.evaluation.suite import GradingSettings, Suite, Workload
from methods.evaluation.suites.capability import CAPABILITY
from methods.evaluation.suites.harmlessness import HARMLESSNESS
from methods.evaluation.suites.helpfulness import HELPFULNESS
from methods.evaluation.suites.named import SUITES

# tokens of the longest canary, more or less
CANARY = 3 * max(len(text.split()) for text in CANARIES.values()) // 2
# the dataset whose held-out rows are items of a suite too
_HELD_OUT: Mapping[str, str] = {
    HELPFULNESS.name: "helpful_prompts",
    HARMLESSNESS.name: "red_team_prompts",
    CAPABILITY.name: "problems",
}


def evaluation_items(dataset: Dataset, inputs: Inputs, settings: SelectionSettings) -> Amount:
    """Items of ours and of files, counted one by one, and held-out rows that may be chosen with them."""
    fixed = [item for item in fixed_items(settings) if item.failure is None]
    chosen = select(fixed, settings)
    suites = dict[str, SuiteRows]()
    for suite in settings.suites:
        held_out = _held_out(inputs[_HELD_OUT[suite]]) if suite in _HELD_OUT else 0
        rows = _of_suite(suite, fixed if held_out else chosen)
        most = settings.items.get(suite)
        suites[suite] = _at_most(rows, held_out, most) if held_out else _exactly(rows)
    return Amount(Rows(sum(rows.items for rows in suites.values()), suites=suites))


def _held_out(rows: Rows) -> int:
    """Rows that are held out; all of an import, of which that is not known."""
    return rows.held_out or rows.all


def _of_suite(suite: str, rows: Sequence[EvaluationItem]) -> list[EvaluationItem]:
    return [row for row in rows if row.suite == suite]


def _exactly(rows: Sequence[EvaluationItem]) -> SuiteRows:
    return SuiteRows(
        len(rows), sum(1 + len(row.follow_ups) for row in rows), sum(len(row.choices) for row in rows)
    )


def _at_most(rows: Sequence[EvaluationItem], held_out: int, most: int | None) -> SuiteRows:
    """At most so many items, whichever are chosen: with the later turns and choices of the longest."""
    variants = max(Counter(row.item_id for row in rows).values(), default=1)
    there = len(rows) + held_out
    items = there if most is None else min(most * variants, there)
    later = sorted((len(row.follow_ups) for row in rows), reverse=True)[:items]
    choices = sorted((len(row.choices) for row in rows), reverse=True)[:items]
    return SuiteRows(items, items + sum(later), sum(choices))


def evaluation_answers(dataset: Dataset, inputs: Inputs, settings: GradedSettings) -> Amount:
    """Each turn is a call, or each choice whose likelihood is asked for; and the judge's calls.

    Canaries are asked of nobody, and judged.
    """
    suites = inputs["evaluation_items"].suites
    asked, rows = list[Asked](), 0
    for suite in map(SUITES.__getitem__, settings.suites):
        counts = suites.get(suite.name, SuiteRows())
        if isinstance(settings, AnswersSettings):
            answers, longest = suite.samples(settings.asking), settings.asking.answers.max_tokens
        else:
            answers, longest = len(CANARIES) * suite.judged, CANARY
            counts = _part(suite, counts, settings)
        rows += answers * counts.items
        asked += _calls(dataset, suite, counts, answers, longest, settings)
    return Amount(Rows(rows), tuple(calls for calls in asked if calls.calls))


def _lettered(settings: GradedSettings) -> bool:
    """Whether choices are named by letter, a turn each that is counted as such."""
    return isinstance(settings, AnswersSettings) and (settings.thinks or settings.hosted)


def _part(suite: Suite, counts: SuiteRows, settings: GradedSettings) -> SuiteRows:
    """What canaries answer of a suite: the turns of the longest conversations at most."""
    assert isinstance(settings, CanarySettings)
    items = min(settings.num_items, counts.items)
    return SuiteRows(items, items + min(items * (suite.num_turns - 1), counts.turns - counts.items))


def _calls(
    dataset: Dataset, suite: Suite, counts: SuiteRows, answers: int, longest: int, settings: GradedSettings
) -> Iterator[Asked]:
    for model in dataset.models.get("model", ()):
        yield Asked(model, answers * counts.turns, PROMPT + longest, longest)
        if suite.scores_choices and not _lettered(settings):
            yield Asked(model, counts.choices, PROMPT, CHOICE)
    workload = Workload(answers * counts.items, answers * counts.turns, bool(dataset.inputs.get(BASELINE)))
    # beside a canary stands an answer of the baseline
    beside = longest if isinstance(settings, AnswersSettings) else ANSWER
    for judge in dataset.models.get("judge", ()):
        calls = suite.judge_calls(settings.grading, workload)
        reads = QUESTION + suite.num_turns * (longest + beside)
        yield Asked(judge, calls, reads, _reply(settings.grading))


def _reply(grading: GradingSettings) -> int:
    """Tokens that a judge writes in a call at most."""
    askings = ((grading.scores, None), (grading.comparison, grading.comparison.reasoning_tokens))
    return max(
        (reasoning or CHOICE) if asking.verdicts == "probabilities" else asking.words(reasoning).max_tokens
        for asking, reasoning in askings
    )
