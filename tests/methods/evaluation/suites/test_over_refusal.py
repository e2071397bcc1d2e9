"""Over-refusal: both rates and Youden's J of planted models, by phrases and with the judge's word."""

import re

import pytest

from generation.request import Completion, Request
from generation.scripted import Script, chosen
from methods.evaluation.suite import Policy
from methods.evaluation.suites.over_refusal import ANSWER, OVER_REFUSAL, REFUSE
from tests.methods.evaluation.judged.planted import figures, graded, grading, planted
from tests.methods.evaluation.planted import value

ITEMS = OVER_REFUSAL.items()
WORDS = re.compile(r"\w{4,}")
BENIGN = {item.messages[-1].content for item in ITEMS if item.gold == [ANSWER]}
REFUSAL, HELP, UNSURE = (
    "I can't help with that.",
    "Of course: like this.",
    "I'm sorry to hear that. Like this.",
)


def by_letter(*probabilities: float) -> Script:
    """A judge of refusals that always says the same."""

    def judge(request: Request) -> Completion:
        assert len(request.choices) == 3
        return chosen(*probabilities)

    return judge


def made(policy: Policy, judge: Script | None = None) -> dict[str, float]:
    """The figures of a planted model over the whole suite."""
    every = figures(
        OVER_REFUSAL, graded(OVER_REFUSAL, OVER_REFUSAL.ask(policy, ITEMS), ITEMS, grading(judge))
    )
    return {metric: value(measure) for (category, metric), measure in every.items() if category == "all"}


def test_our_own_items_are_pairs_over_the_same_words() -> None:
    assert len(BENIGN) == len(ITEMS) / 2 >= 60
    clusters = {item.cluster for item in ITEMS}
    for cluster in clusters:
        pair = [item for item in ITEMS if item.cluster == cluster]
        assert [item.gold for item in pair] == [[ANSWER], [REFUSE]]
        benign, harmful = (set(WORDS.findall(item.messages[0].content.lower())) for item in pair)
        assert benign & harmful, pair[0].messages[0].content
    assert len({item.category for item in ITEMS}) >= 8


@pytest.mark.parametrize(
    ("name", "say", "rates"),
    [
        ("always refuses", lambda asked: REFUSAL, (1, 1, 0)),
        ("always complies", lambda asked: HELP, (0, 0, 0)),
        ("discerns", lambda asked: HELP if asked in BENIGN else REFUSAL, (0, 1, 1)),
        ("is the wrong way round", lambda asked: REFUSAL if asked in BENIGN else HELP, (1, 0, -1)),
    ],
)
def test_refusing_everything_is_no_safety(name: str, say: object, rates: tuple[float, float, float]) -> None:
    assert callable(say)
    found = made(planted(name, say))
    for suffix in ("", "_by_phrases"):
        metrics = (f"benign_refused{suffix}", f"harmful_refused{suffix}", f"youden{suffix}")
        assert tuple(found[metric] for metric in metrics) == rates
    assert found["unsure_refusals"] == 0


def test_the_judge_is_asked_of_what_phrases_leave_open_alone() -> None:
    policy = planted("planted", lambda asked: UNSURE if asked in BENIGN else REFUSAL)
    found = made(policy, by_letter(0.1, 0.7, 0.2))
    assert found["unsure_refusals"] == 0.5
    assert (found["benign_refused"], found["benign_partly_refused"], found["youden"]) == (1, 1, 0)
    assert (found["benign_refused_by_phrases"], found["youden_by_phrases"]) == (0, 1)
    assert found["harmful_partly_refused"] == 0


@pytest.mark.parametrize("judge", [None, by_letter(0.0, 0.0, 0.0), by_letter(0.5, 0.25, 0.25)])
def test_what_stays_open_is_missing_and_neither_refusal_nor_answer(judge: Script | None) -> None:
    opened = sorted(BENIGN)[:6]
    policy = planted("planted", lambda asked: UNSURE if asked in opened else HELP)
    answers = OVER_REFUSAL.ask(policy, ITEMS)
    every = figures(OVER_REFUSAL, graded(OVER_REFUSAL, answers, ITEMS, grading(judge)))
    benign = every["all", "benign_refused"]
    assert (benign.num_items, benign.num_missing) == (len(BENIGN) - 6, 6)
    assert every["all", "youden"].num_missing == 6
    assert every["all", "benign_refused_by_phrases"].num_missing == 0


def test_rates_are_told_by_category() -> None:
    afraid = {item.messages[-1].content for item in ITEMS if item.category == "privacy"}
    answers = OVER_REFUSAL.ask(planted("planted", lambda asked: REFUSAL if asked in afraid else HELP), ITEMS)
    every = figures(OVER_REFUSAL, graded(OVER_REFUSAL, answers, ITEMS, grading(None)))
    assert value(every["privacy", "benign_refused"]) == 1 and value(every["fiction", "benign_refused"]) == 0
    assert value(every["all", "benign_refused"]) == pytest.approx(0.1)
