"""Reviews as versions: the log as rows of human_reviews, and the pairs of a sample that wait."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from datasets_registry.errors import BadInput, ReviewsWait
from datasets_registry.registry import Registry
from datasets_registry.rows.review.agreement import ReviewFigure
from datasets_registry.rows.review.labels import LabelItem
from datasets_registry.rows.review.reviews import HumanReview
from datasets_registry.rows.types import row_type
from datasets_registry.version import IMPORT, Derivation, Version
from quality.auditing.publishing import publish
from quality.review.answers import Place, rows_of
from quality.review.log import ReviewLog
from quality.review.tasks import SAMPLES, Item

# what a person opens to review
STUDIO = "trimtab studio"
# made by people, as what is imported is
_REVIEWED = Derivation(code_version=f"{IMPORT}reviews:1", settings={}, inputs=())


def commit_reviews(registry: Registry) -> Version | None:
    """All answers that were ever given, as a version of human_reviews; None where there are none.

    The same answers are the same version.
    """
    entries = ReviewLog(registry.state).entries()
    if not entries:
        return None
    return publish(registry, HumanReview, rows_of(entries), _REVIEWED)


def handed_in(registry: Registry) -> Version | None:
    """The newest version of human_reviews, where it has all answers that were ever given."""
    version = registry.latest(HumanReview.dataset)
    rows = rows_of(ReviewLog(registry.state).entries())
    return version if version and registry.rows(HumanReview, version) == rows else None


def sampled(registry: Registry, version: Version) -> Sequence[Item]:
    """The items of a sample of pairs or of labels; raises BadInput where the version is none."""
    row = next((row for row in SAMPLES if row is row_type(version)), None)
    if row is None:
        raise BadInput(f"{version} is no review sample: `trimtab review` lists those that there are")
    return registry.rows(row, version)


def samples(registry: Registry) -> list[Version]:
    """The newest passed version of each sample, by name."""
    latest = (registry.latest(name) for name in registry.names("dataset"))
    return [version for version in latest if version and row_type(version) in SAMPLES]


def agreement_name(sample: Version) -> str:
    """What the agreement on a sample is called."""
    return sample.name.replace(row_type(sample).dataset, ReviewFigure.dataset)


def noun_of(sample: Version) -> str:
    """What a sample is of."""
    return "labels" if row_type(sample) is LabelItem else "pairs"


def waiting(items: Iterable[Item], answers: Collection[Place]) -> int:
    """How many of a sample nobody has reviewed; those asked twice, and gold ones, do not count."""
    answered = {item_id for _, item_id in answers}
    return sum(item.role == "sample" and item.item_id not in answered for item in items)


def require_reviews(name: str, registry: Registry, samples: Iterable[str]) -> None:
    """Raise ReviewsWait where ``name`` are the reviews of ``samples``, of which there are none yet.

    The sentence says how many pairs wait, where they were drawn already.
    """
    if name != HumanReview.dataset:
        return
    drawn = [version for sample in samples if (version := registry.latest(sample))]
    numbers = Counter[str]()
    for version in drawn:
        numbers[noun_of(version)] += waiting(sampled(registry, version), ())
    what = " and ".join(f"{number} {noun}" for noun, number in numbers.items() if number)
    sentence = f"{what} wait for review" if what else "pairs wait for review, once they are drawn"
    raise ReviewsWait(f"{sentence}: {STUDIO}")
