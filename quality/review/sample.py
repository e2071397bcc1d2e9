"""The review sample: pairs of one version by strata, a few of them twice, and a few that people compared."""

from collections.abc import Sequence

from datasets_registry.hashing import content_id, derive_seed, digest
from datasets_registry.rows.imported import ChatMessage, HumanPreference
from datasets_registry.rows.review.sample import ItemRole, ReviewItem
from datasets_registry.rows.rlaif import CompletionPair, PreferencePair
from methods.judging.preference import sigmoid
from methods.method import Inputs, Method, Models
from methods.rlaif.compared import AgreementSelection, in_slots, selected
from quality.review.settings import GENERAL_QUESTION, SampleSettings
from quality.review.strata import NO_PRINCIPLE, Drawn, disagrees, drawn, stratified


def make_sample(inputs: Inputs, models: Models, settings: SampleSettings) -> list[ReviewItem]:
    """The items in the order of their ids; raises BadInput where the sample is too small for its strata."""
    by_hash = (stratified(pair, settings.seed) for pair in inputs.stream(PreferencePair))
    sample = {place.pair.pair_id: place for place in drawn(filter(None, by_hash), settings)}
    labels = {pair.pair_id: pair for pair in inputs.stream(PreferencePair) if pair.pair_id in sample}
    items = [
        _item(pair, labels[pair.pair_id], sample[pair.pair_id], settings)
        for pair in inputs.stream(CompletionPair)
        if pair.pair_id in sample
    ]
    again = _again(items, sample, settings)
    gold = selected(
        inputs.rows(HumanPreference), AgreementSelection(num_pairs=settings.gold or 1, seed=settings.seed)
    )
    items += [*again, *(_gold(preference) for preference in gold[: settings.gold])]
    return _in_order(items, settings.seed)


def item_id(pair_id: str, question: str, role: ItemRole) -> str:
    """An item's id: the same pair under another question is another item."""
    return content_id(pair_id, question, role)


def question_of(principles: Sequence[str], settings: SampleSettings) -> str:
    """The questions of a label's principles, one a line; the general one where none has any."""
    asked = [settings.questions[name] for name in principles if settings.questions.get(name)]
    return "\n".join(asked) or GENERAL_QUESTION


def _item(pair: CompletionPair, label: PreferencePair, place: Drawn, settings: SampleSettings) -> ReviewItem:
    assert label.label != "unjudged"
    question = question_of(label.principles, settings)
    principle = place.pair.principle
    return ReviewItem(
        item_id=item_id(pair.pair_id, question, "sample"),
        pair_id=pair.pair_id,
        role="sample",
        position=0,
        question=question,
        prompt=pair.prompt,
        history=pair.history,
        completion_a=pair.completion_a,
        completion_b=pair.completion_b,
        split_group=pair.split_group,
        principle_id=None if principle == NO_PRINCIPLE else principle,
        confidence=place.pair.confidence,
        disagrees=disagrees(label),
        stratum=place.stratum,
        stratum_pairs=place.stratum_pairs,
        inclusion=place.inclusion,
        label=label.label,
        p_a=label.p_a,
        p_first=_p_first(label),
    )


def _p_first(label: PreferencePair) -> float | None:
    """The mean probability of what is shown first, over both orders."""
    if label.logit_ab is None or label.logit_ba is None:
        return None
    # the second logit is for a, which is then shown second
    return (sigmoid(label.logit_ab) + 1 - sigmoid(label.logit_ba)) / 2


def _again(
    items: Sequence[ReviewItem], sample: dict[str, Drawn], settings: SampleSettings
) -> list[ReviewItem]:
    """The labelled items that are asked twice: the first of their strata, which a larger sample keeps."""
    labelled = [item for item in items if item.label in ("a", "b")]
    order = sorted(labelled, key=lambda item: (sample[item.pair_id].rank, digest(["again", item.pair_id])))
    return [
        item.model_copy(
            update={"item_id": item_id(item.pair_id, item.question, "duplicate"), "role": "duplicate"}
        )
        for item in order[: settings.duplicates]
    ]


def _gold(preference: HumanPreference) -> ReviewItem:
    """A comparison that people made, in slots that its id decides."""
    a, b, a_is_chosen = in_slots(preference)
    return ReviewItem(
        item_id=item_id(preference.pair_id, GENERAL_QUESTION, "gold"),
        pair_id=preference.pair_id,
        role="gold",
        position=0,
        question=GENERAL_QUESTION,
        prompt=preference.prompt,
        history=[ChatMessage(role=turn.role, content=turn.content) for turn in preference.messages[:-1]],
        completion_a=a,
        completion_b=b,
        split_group=preference.pair_id,
        principle_id=None,
        confidence="sure",
        disagrees=False,
        stratum="gold",
        stratum_pairs=None,
        inclusion=None,
        label="a" if a_is_chosen else "b",
        p_a=None,
        p_first=None,
    )


def _in_order(items: Sequence[ReviewItem], seed: int) -> list[ReviewItem]:
    """The items with their positions: by hash, and a second asking well after the first."""
    twice = {item.pair_id for item in items if item.role == "duplicate"}

    def place(item: ReviewItem) -> float:
        share = derive_seed("position", seed, item.item_id) / 2**63
        if item.role == "duplicate":
            return 0.75 + share / 4
        return share / 2 if item.pair_id in twice else share

    order = sorted(items, key=lambda item: (place(item), item.item_id))
    return [item.model_copy(update={"position": position}) for position, item in enumerate(order)]


REVIEW_SAMPLE = Method(run=make_sample, settings=SampleSettings, rows=ReviewItem)
