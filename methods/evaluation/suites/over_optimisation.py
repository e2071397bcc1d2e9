"""Over-optimisation: the reward of the model in training against one that is held out, along best-of-n."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from datasets_registry.errors import BadInput
from datasets_registry.rows.evaluation import EvaluationItem, Grade, SuiteAnswer
from datasets_registry.rows.words import Signal
from generation.cards.turns import alone
from methods.evaluation.conversations import conversation, converse_in_samples
from methods.evaluation.items import own_prompts
from methods.evaluation.measures import Measure
from methods.evaluation.reward_curves import Rewarded, along_best_of, rank_correlation
from methods.evaluation.suite import (
    Answered,
    AskingSettings,
    Grading,
    GradingSettings,
    Policy,
    RewardModel,
    Suite,
)
from methods.evaluation.suites.names import lacking_rewards
from methods.judging.score import Scored, score_completions, score_templates

NAME, PROXY, HELD_OUT = "over_optimisation", "proxy", "held_out"
# of each prompt, unless the settings say more; the best is of half of them at most, so that some may be lost
SAMPLES = 16
_SIGNAL: Signal = "helpfulness"
_UNREADABLE = "the answer exceeds the reward model's window or vocabulary"
_FILE = Path(__file__).with_name("over_optimisation.jsonl")


def make_items() -> list[EvaluationItem]:
    """Our requests, which no reward model was trained on."""
    return own_prompts(NAME, _FILE)


def ask(policy: Policy, items: Sequence[EvaluationItem]) -> list[SuiteAnswer]:
    """Samples as the profile draws them."""
    settings = policy.settings.model_copy(update={"num_samples": _samples(policy.settings)})
    return converse_in_samples(replace(policy, settings=settings), items)


def make_grades(answered: Sequence[Answered], grading: Grading) -> list[list[Grade]]:
    """The reward of each answer by the model in training, and by the second one or the judge.

    Raises BadInput where ``lacking_rewards`` says why not.
    """
    why_not = lacking_rewards(len(grading.rewards), grading.judge is not None)
    if why_not:
        raise BadInput(why_not)
    proxy = _by_model(PROXY, grading.rewards[0], answered)
    if len(grading.rewards) > 1:
        held_out = _by_model(HELD_OUT, grading.rewards[1], answered)
    else:
        held_out = _by_judge(answered, grading)
    return [list(grades) for grades in zip(proxy, held_out, strict=True)]


def _by_model(name: str, model: RewardModel, answered: Sequence[Answered]) -> list[Grade]:
    from generation.scoring.outcomes import Answered as Answer
    from generation.scoring.outcomes import OutcomeScorer

    answers = [Answer(conversation(each.item, _before(each)), each.text) for each in answered]
    with alone("a reward model"), closing(OutcomeScorer(model.folder, model.base_folder)) as scorer:
        scores = scorer.scores(answers) if answers else []
    return [
        Grade(name=name, value=score, failure=_UNREADABLE if score is None else None, keys=[])
        for score in scores
    ]


def _before(answered: Answered) -> SuiteAnswer:
    """The answer without its last turn, which is what is rewarded."""
    return answered.answer.model_copy(update={"turns": answered.answer.turns[:-1]})


def _by_judge(answered: Sequence[Answered], grading: Grading) -> list[Grade]:
    judge = grading.require_judge()
    scored = [Scored(conversation(each.item, _before(each)), each.text, _SIGNAL) for each in answered]
    stage = f"{NAME}, scores of {judge.name}"
    scores = score_completions(stage, scored, judge.complete, judge.fingerprint, grading.settings.scores)
    return [
        Grade(
            name=HELD_OUT,
            value=score.score,
            failure=score.failure,
            keys=[key for key in (score.score_key, score.ten_key, *score.sample_keys) if key],
        )
        for score in scores
    ]


def make_figures(answered: Sequence[Answered]) -> Iterator[Measure]:
    """Rewards along best-of-n, and how far the two rank the answers to one prompt alike."""
    rewarded = list(_rewarded(answered))
    num_missing = len(answered) - len(rewarded)
    for measure in (rank_correlation(rewarded), *along_best_of(rewarded, numbers(answered))):
        yield replace(measure, num_missing=measure.num_missing + num_missing)


def numbers(answered: Sequence[Answered]) -> list[int]:
    """n = 1, 2, 4 and so on, up to half of the samples of a prompt."""
    samples = 1 + max((each.answer.sample for each in answered), default=0)
    return [2**power for power in range(max(samples // 2, 1).bit_length())]


def _rewarded(answered: Sequence[Answered]) -> Iterator[Rewarded]:
    for each in answered:
        proxy, held_out = each.grade(PROXY), each.grade(HELD_OUT)
        if proxy and held_out and proxy.value is not None and held_out.value is not None:
            yield Rewarded(each.answer.cluster, each.answer.item_id, proxy.value, held_out.value)


def _samples(settings: AskingSettings) -> int:
    return max(SAMPLES, settings.num_samples)


def _templates(settings: GradingSettings) -> tuple[str, ...]:
    return score_templates(settings.scores, (_SIGNAL,))


OVER_OPTIMISATION = Suite(
    name=NAME,
    measures="whether a held-out reward rises as answers are selected by the reward in training",
    items=make_items,
    ask=ask,
    grade=make_grades,
    figures=make_figures,
    templates=_templates,
    samples=_samples,
    judge_calls=lambda settings, workload: workload.answers * settings.scores.num_calls,
)
