"""Capability: planted models give the figures that arithmetic says; each family is read by its own rule."""

import json
import math

import pytest

from datasets_registry.errors import BadInput
from datasets_registry.rows.evaluation import EvaluationItem
from generation.request import Completion, Request, SamplingParams
from generation.scripted import completing, likely
from methods.evaluation.items import own_item, own_lines, said
from methods.evaluation.likelihoods import likelihood_grades, scored_choices
from methods.evaluation.suite import Answered, AskingSettings, Policy
from methods.evaluation.suites.capability import (
    BY_LETTER,
    CAPABILITY,
    ITEMS,
    NO_LIKELIHOOD,
    Line,
    items,
)
from methods.verifiers.format import keeps_format
from tests.methods.evaluation.asked import answers, values

LINES = list(own_lines(ITEMS, Line))
ITEMS_OF_OURS = items()
BY_PROMPT = {item.messages[-1].content: item for item in ITEMS_OF_OURS}
EXAMPLES = {line.text: line.example for line in LINES if line.rules}


def of(*families: str) -> list[EvaluationItem]:
    """Our items of these families."""
    return [item for item in ITEMS_OF_OURS if item.category in families]


def asked_item(request: Request) -> EvaluationItem:
    """The item that a request asks."""
    return BY_PROMPT[request.messages[-1].content]


def able(request: Request) -> str | Completion:
    """A model that is right in everything."""
    item = asked_item(request)
    if request.continuation is not None:
        return likely(-1.0 if request.continuation in item.gold else -50.0, 3, greedy=False)
    if item.category == "instructions":
        return EXAMPLES[item.messages[-1].content]
    return f"It is clear.\n#### {item.gold[0]}"


def unable(request: Request) -> str | Completion:
    """A model that is wrong in everything."""
    item = asked_item(request)
    if request.continuation is not None:
        return likely(-50.0 if request.continuation in item.gold else -1.0, 3, greedy=False)
    return "Well." if item.category == "instructions" else "#### 0.123"


def test_there_are_enough_items_of_each_family_and_none_is_there_twice() -> None:
    counts = {family: len(of(family)) for family in {item.category for item in ITEMS_OF_OURS}}
    assert sum(counts[family] for family in ("facts", "commonsense", "reasoning")) >= 100
    assert counts["mathematics"] >= 40 and counts["instructions"] >= 30
    assert len({item.item_id for item in ITEMS_OF_OURS}) == len(ITEMS_OF_OURS)
    assert all(len(set(item.choices)) == 4 for item in of("facts", "commonsense", "reasoning"))


def test_the_right_choice_stands_at_each_place_about_equally_often() -> None:
    chosen = [item for item in ITEMS_OF_OURS if item.choices]
    places = [item.choices.index(item.gold[0]) for item in chosen]
    assert all(0.15 < places.count(place) / len(places) < 0.35 for place in range(4))


@pytest.mark.parametrize("line", [line for line in LINES if line.rules], ids=lambda line: line.text[:30])
def test_an_instructions_rules_accept_an_answer_that_keeps_them_and_no_idle_one(line: Line) -> None:
    gold = json.dumps(dict(line.rules))
    assert keeps_format(line.example, gold).reason is None
    assert not keeps_format("Well.", gold).accepted


def test_a_model_that_is_right_in_everything_has_every_figure_at_its_best() -> None:
    figures = values(CAPABILITY, answers(CAPABILITY, ITEMS_OF_OURS, able))
    assert figures.pop(("all", "calibration_error")) == pytest.approx(0, abs=1e-9)
    assert set(figures.values()) == {1.0}
    assert {category for category, _ in figures} == {"all", *(item.category for item in ITEMS_OF_OURS)}


def test_a_model_that_is_wrong_in_everything_has_every_figure_at_its_worst() -> None:
    figures = values(CAPABILITY, answers(CAPABILITY, ITEMS_OF_OURS, unable))
    # three wrong choices share the probability
    assert figures.pop(("all", "calibration_error")) == pytest.approx(1 / 3)
    assert figures["instructions", "rules_kept"] is not None
    assert {value for (_, metric), value in figures.items() if metric != "rules_kept"} == {0.0}


def test_a_family_that_is_missing_leaves_no_score() -> None:
    figures = values(CAPABILITY, answers(CAPABILITY, of("facts", "mathematics", "instructions"), able))
    assert figures["all", "score"] is None and figures["all", "accuracy"] == 1.0


def test_choices_are_taken_by_their_sum_and_by_their_characters() -> None:
    item = own_item(
        "capability", said("?"), content="x", category="facts", gold=["no"], choices=["no", "a long one"]
    )
    # by the sum "no" is likelier; per character the long one is
    script = {"no": likely(-4.0, 1, greedy=True), "a long one": likely(-5.0, 3, greedy=False)}
    (answered,) = answers(CAPABILITY, [item], lambda request: script[str(request.continuation)])
    grades = {grade.name: grade for grade in likelihood_grades(answered)}
    assert (grades["right"].word, grades["right"].value) == ("no", 1.0)
    assert (grades["right_by_characters"].word, grades["right_by_characters"].value) == ("a long one", 0.0)
    share = math.exp(-4) / (math.exp(-4) + math.exp(-5))
    assert grades["p_right"].value == grades["confidence"].value == pytest.approx(share)


def test_a_choice_without_likelihood_makes_the_answer_missing_with_the_reason() -> None:
    def hosted(request: Request) -> Completion:
        return Completion(finish_reason="error", error="the server has no likelihood")

    (answered, *_) = answers(CAPABILITY, of("facts")[:2], hosted)
    assert answered.answer.failure == "error: the server has no likelihood" and not answered.answer.grades


@pytest.mark.parametrize(
    ("why", "says"),
    [
        ({"thinks": True}, "planted thinks .* set `thinking = false`"),
        ({"hosted": True}, "planted is hosted.* name a folder with its tokenizer"),
    ],
)
def test_likelihood_where_there_is_none_is_refused_with_the_remedy(why: dict[str, bool], says: str) -> None:
    policy = Policy("planted", completing(able), "f", AskingSettings(), **why)
    with pytest.raises(BadInput, match=says):
        scored_choices(policy, of("facts"))


def test_a_hosted_model_names_letters_which_its_figures_say() -> None:
    asked = of("facts")[:4]

    def spoken(request: Request) -> str:
        assert request.continuation is None
        item = next(item for item in asked if request.messages[-1].content.startswith(start(item)))
        return f"Answer: {'ABCD'[item.choices.index(item.gold[0])]}"

    given = answers(CAPABILITY, asked, spoken, hosted=True)
    measures = {(each.category, each.metric): each for each in CAPABILITY.figures(given)}
    assert measures["facts", "accuracy"].value() == 1 and measures["all", "accuracy"].note == BY_LETTER
    for metric in ("accuracy_by_characters", "calibration_error"):
        assert not measures["all", metric].clusters and measures["all", metric].note == NO_LIKELIHOOD
    scored = CAPABILITY.figures(answers(CAPABILITY, asked, able))
    assert not any(BY_LETTER in (measure.note or "") for measure in scored)


@pytest.mark.parametrize(
    ("reply", "right"),
    [
        ("Let me see.\nAnswer: {letter}", 1.0),
        ("{text}.", 1.0),
        ("Let me see.\n**{text}**", 1.0),
        ("Answer: {other}", 0.0),
        ("Who knows", None),
    ],
)
def test_a_model_that_thinks_chooses_by_letter_or_by_the_choices_text(
    reply: str, right: float | None
) -> None:
    (item,) = of("facts")[:1]
    place = item.choices.index(item.gold[0])
    filled = reply.format(letter="ABCD"[place], other="ABCD"[place - 1], text=item.gold[0])

    def thinker(request: Request) -> str:
        assert request.continuation is None
        assert f"{'ABCD'[place]}) {item.gold[0]}" in request.messages[-1].content
        return filled

    (answered,) = answers(CAPABILITY, [item], thinker, thinks=True)
    (grade,) = answered.answer.grades
    assert (grade.name, grade.value) == ("right", right) and (grade.failure is None) == (right is not None)
    assert values(CAPABILITY, [answered])["facts", "accuracy"] == right


def test_a_solution_without_marker_is_right_by_the_last_number_alone() -> None:
    (item,) = of("mathematics")[:1]

    def unmarked(request: Request) -> str:
        assert request.params.stop == ("Question:",) and request.params.temperature == 0
        return f"There remain {item.gold[0]} of them, I think"

    (answered,) = answers(CAPABILITY, [item], unmarked)
    assert {grade.name: grade.value for grade in answered.answer.grades} == {
        "verified": 0.0,
        "strict": 0.0,
        "flexible": 1.0,
    }


@pytest.mark.parametrize("thinks", [False, True])
def test_no_stop_of_the_settings_cuts_what_is_asked_for(thinks: bool) -> None:
    asked = [of(family)[0] for family in ("facts", "mathematics", "instructions")]
    stops = {}

    def script(request: Request) -> str | Completion:
        item = next(item for item in asked if request.messages[-1].content.startswith(start(item)))
        stops[item.category] = request.params.stop
        return likely(-1.0, 1, greedy=True) if request.continuation else "Well.\nAnswer: A"

    settings = AskingSettings(answers=SamplingParams(max_tokens=64, stop=("\n",)))
    answers(CAPABILITY, asked, script, settings=settings, thinks=thinks)
    assert stops == {"facts": (), "mathematics": ("Question:",), "instructions": ()}


def start(item: EvaluationItem) -> str:
    """How each form of the item's prompt begins."""
    return item.messages[-1].content.removesuffix("Answer:").strip()


def test_a_missing_answer_has_no_grade() -> None:
    answered = answers(CAPABILITY, of("mathematics")[:1], lambda request: " ")
    assert [(each.answer.failure, each.answer.grades) for each in answered] == [("empty", [])]
    assert isinstance(answered[0], Answered)


def test_every_figure_knows_its_limits() -> None:
    settings = AskingSettings(num_samples=2)
    measures = CAPABILITY.figures(answers(CAPABILITY, ITEMS_OF_OURS, able, settings=settings))
    for measure in measures:
        assert measure.limits is not None, measure.metric
        assert measure.limits[0] <= measure.value() <= measure.limits[1]
