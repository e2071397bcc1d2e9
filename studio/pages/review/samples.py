"""Review samples: which there are, and how far each reviewer is with them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from datasets_registry.rows.types import row_type
from datasets_registry.version import Version
from quality.review.desk import Desk
from quality.review.tasks import SAMPLES
from quality.review.versions import agreement_name, noun_of, samples


@dataclass(frozen=True)
class SampleState:
    """The newest passed version of a sample: its items, those nobody answered, and answers by reviewer."""

    version: Version
    size: int
    unanswered: int
    reviewers: Mapping[str, int]
    agreement: Version | None

    @property
    def num_unfinished(self) -> int:
        """How many reviewers began and have items left."""
        return sum(answered < self.size for answered in self.reviewers.values())


def sample_states(registry: Registry) -> list[SampleState]:
    """All samples that can be reviewed, by name; raises BrokenObject where the log was changed by hand."""
    return [_state(registry, version) for version in samples(registry)]


def waiting_by_noun(registry: Registry) -> dict[str, int]:
    """How many pairs, and how many labels, of all samples nobody has reviewed; without what is none."""
    waiting = Counter[str]()
    for version in samples(registry):
        waiting[noun_of(version)] += Desk(registry, str(version)).waiting()
    return dict(+waiting)


def opened_desk(registry: Registry, reference: str) -> Desk:
    """The desk of a sample; raises UnknownVersion, UnpassedVersion, or BadInput where it is none."""
    version = registry.require_passed(registry.resolve(reference))
    if row_type(version) not in SAMPLES:
        raise BadInput(f"{version} is no review sample: /review lists those that there are")
    return Desk(registry, str(version))


def agreement_of(registry: Registry, sample: Version) -> Version | None:
    """The newest agreement that was measured on this version of a sample, passed or not."""
    name = agreement_name(sample)
    if name not in registry.names("dataset"):
        return None
    versions = reversed(registry.versions(name))
    return next((each for each in versions if sample in registry.derivation(each).inputs), None)


def _state(registry: Registry, version: Version) -> SampleState:
    desk = Desk(registry, str(version))
    return SampleState(
        version, len(desk.items), desk.unanswered(), desk.reviewers(), agreement_of(registry, version)
    )
