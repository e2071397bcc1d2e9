"""A sample of labels: by model, part and label, with known probability; more keeps the first."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from datasets_registry.errors import BadInput
from datasets_registry.hashing import content_id, derive_seed, digest
from datasets_registry.rows.review.labels import LabelItem
from datasets_registry.rows.review.sample import ItemRole
from quality.review.absolute.subjects import Subject
from quality.review.joined import Sampled
from quality.review.settings import LabelSelection
from quality.review.strata import allotted

# what reads all labels, once for each call: they may be more than fit in memory
Read = Callable[[], Iterable[Subject]]


@dataclass(frozen=True)
class DrawnOf:
    """What is drawn of strata: the size of each, and each one drawn with its place in its stratum."""

    sizes: Mapping[str, int]
    given: Mapping[str, int]
    ranks: Mapping[str, int]

    def inclusion(self, stratum: str) -> float:
        """The share of the stratum that was drawn."""
        return self.given[stratum] / self.sizes[stratum]


def drawn_of(subjects: Iterable[tuple[str, str]], settings: LabelSelection) -> DrawnOf:
    """The first of each stratum by hash, of ids with their strata; raises BadInput for too few."""
    strata: dict[str, list[str]] = {}
    for subject_id, stratum in subjects:
        strata.setdefault(stratum, []).append(subject_id)
    sizes = {stratum: len(of_stratum) for stratum, of_stratum in strata.items()}
    given = allotted(sizes, settings.number, _least(sizes, settings))
    ranks = {
        subject_id: rank
        for stratum, of_stratum in strata.items()
        for rank, subject_id in enumerate(_first(of_stratum, given[stratum], settings.seed))
    }
    return DrawnOf(sizes, given, ranks)


def label_sample(read: Read, settings: LabelSelection) -> list[LabelItem]:
    """The items in the order in which they are asked; raises BadInput where the sample is too small."""
    drawn = drawn_of(((subject.subject_id, subject.stratum) for subject in read()), settings)
    items = [_item(subject, drawn) for subject in read() if subject.subject_id in drawn.ranks]
    return in_order([*items, *_again(items, drawn.ranks, settings)], settings.seed)


def _least(sizes: Mapping[str, int], settings: LabelSelection) -> int:
    """What each stratum gives at least: one, as what has no chance to be drawn is told nothing about."""
    if settings.number < len(sizes):
        raise BadInput(
            f"{settings.number} labels are to be reviewed, and they are of {len(sizes)} strata (by model, "
            f"part and label): set number to {len(sizes)} or more"
        )
    return min(settings.per_stratum, settings.number // max(len(sizes), 1))


def _first(subjects: Sequence[str], number: int, seed: int) -> list[str]:
    return sorted(subjects, key=lambda subject: digest([seed, subject]))[:number]


def _item(subject: Subject, drawn: DrawnOf) -> LabelItem:
    return LabelItem(
        item_id=_item_id(subject.subject_id, subject.text, subject.question, "sample"),
        pair_id=subject.subject_id,
        kind=subject.kind,
        role="sample",
        position=0,
        question=subject.question,
        prompt=subject.prompt,
        history=list(subject.history),
        before=subject.before,
        text=subject.text,
        choices=list(subject.choices),
        split_group=subject.split_group,
        model=subject.model,
        part=subject.part,
        stratum=subject.stratum,
        stratum_labels=drawn.sizes[subject.stratum],
        inclusion=drawn.inclusion(subject.stratum),
        label=subject.label,
    )


def _item_id(subject_id: str, text: str, question: str, role: ItemRole) -> str:
    """Another text or question of the same place is another item."""
    return content_id(subject_id, text, question, role)


def _again(
    items: Sequence[LabelItem], ranks: Mapping[str, int], settings: LabelSelection
) -> Iterator[LabelItem]:
    """Those that are asked twice: the first of their strata, which a larger sample keeps."""
    order = sorted(items, key=lambda item: (ranks[item.pair_id], digest(["again", item.pair_id])))
    for item in order[: settings.duplicates]:
        named = _item_id(item.pair_id, item.text, item.question, "duplicate")
        yield item.model_copy(update={"item_id": named, "role": "duplicate"})


def in_order(items: Sequence[Sampled], seed: int) -> list[Sampled]:
    """The items with their positions: by hash, and a second asking after all first ones."""

    def place(item: Sampled) -> tuple[bool, int]:
        return item.role == "duplicate", derive_seed("position", seed, item.item_id)

    order = enumerate(sorted(items, key=place))
    return [cast(Sampled, item.model_copy(update={"position": position})) for position, item in order]
