"""How many items an evaluation has, and what its models and its judge are asked, at most."""

from collections.abc import Iterator, Mapping

from assets.building.declared import Dataset
from assets.estimates.amount import CHOICE, PROMPT, QUESTION, Amount, Asked, Inputs, Rows, SuiteRows
from methods.evaluation.answers import AnswersSettings, CanarySettings
from methods.evaluation.canaries import CANARIES
from methods.evaluation.selection import SelectionSettings, fixed_items, select
from methods.evaluation.suite import Suite
from methods.evaluation.suites.harmlessness import HARMLESSNESS
from methods.evaluation.suites.helpfulness import HELPFULNESS
from methods.evaluation.suites.named import SUITES

# tokens of the longest canary, more or less
CANARY = 600
# the prompt set whose held-out prompts are items of a suite too
_HELD_OUT: Mapping[str, str] = {HELPFULNESS.name: "helpful_prompts", HARMLESSNESS.name: "red_team_prompts"}


def evaluation_items(dataset: Dataset, inputs: Inputs, settings: SelectionSettings) -> Amount:
    """Items of ours and of files, counted one by one, and held-out prompts."""
    chosen = select((item for item in fixed_items(settings) if item.failure is None), settings)
    suites = dict[str, SuiteRows]()
    for suite in settings.suites:
        rows = [row for row in chosen if row.suite == suite]
        fixed = SuiteRows(
            len(rows), sum(1 + len(row.follow_ups) for row in rows), sum(len(row.choices) for row in rows)
        )
        prompts = inputs[_HELD_OUT[suite]].held_out if suite in _HELD_OUT else 0
        suites[suite] = SuiteRows(fixed.items + prompts, fixed.turns + prompts, fixed.choices)
    return Amount(Rows(sum(rows.items for rows in suites.values()), suites=suites))


def evaluation_answers(dataset: Dataset, inputs: Inputs, settings: CanarySettings) -> Amount:
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
        rows += answers * counts.items
        asked += _of_suite(dataset, suite, counts, answers, longest, settings)
    return Amount(Rows(rows), tuple(calls for calls in asked if calls.calls))


def _lettered(settings: CanarySettings) -> bool:
    """Whether choices are named by letter, a turn each that is counted as such."""
    return isinstance(settings, AnswersSettings) and (settings.thinks or settings.hosted)


def _of_suite(
    dataset: Dataset, suite: Suite, counts: SuiteRows, answers: int, longest: int, settings: CanarySettings
) -> Iterator[Asked]:
    for model in dataset.models.get("model", ()):
        yield Asked(model, answers * counts.turns, PROMPT + longest, longest)
        if suite.scores_choices and not _lettered(settings):
            yield Asked(model, counts.choices, PROMPT, CHOICE)
    for judge in dataset.models.get("judge", ()):
        calls = answers * counts.items * suite.judge_calls(settings.grading)
        yield Asked(judge, calls, QUESTION + 2 * longest, CHOICE)
