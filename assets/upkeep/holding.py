"""What stands on a version beside other versions and tags: runs in progress, people's answers, a release."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from assets.upkeep.running import Running
from datasets_registry.registry import Registry
from datasets_registry.upkeep.removing import Hold, holds_of
from datasets_registry.version import Version
from quality.evaluation.release import release_of
from quality.review.log import ReviewLog


@dataclass(frozen=True)
class Outside:
    """What the catalog does not know: the runs in progress, and the samples with the numbers of answers."""

    runs: Sequence[Running]
    answers: Mapping[str, int]

    @classmethod
    def of(cls, registry: Registry, runs: Sequence[Running]) -> "Outside":
        """What there is now."""
        answers: dict[str, int] = {}
        for entry in ReviewLog(registry.state).entries():
            answers[entry.sample] = answers.get(entry.sample, 0) + 1
        return cls(runs, answers)


def all_holds(registry: Registry, versions: Sequence[Version], outside: Outside) -> list[Hold]:
    """Everything that stands on any of ``versions``, without those among them."""
    mine = (hold for version in versions for hold in own_holds(registry, version, outside))
    return [*holds_of(registry, versions), *mine]


def own_holds(registry: Registry, version: Version, outside: Outside) -> Iterator[Hold]:
    """What stands on a version that is in no other version's lineage, and is no tag."""
    for run in outside.runs:
        if run.may_read(version.whole):
            yield Hold(str(version), f"run {run.short} may read it", "wait until it ends, or stop it")
    if number := outside.answers.get(str(version)):
        answers = "1 answer" if number == 1 else f"{number:,} answers"
        remedy = "answers cannot be read without the sample that they are to"
        yield Hold(str(version), f"people gave {answers} to it", remedy)
    if is_released(registry, version):
        remedy = "remove what its gates decided first"
        yield Hold(str(version), "it is released by its gates", remedy)


def is_released(registry: Registry, version: Version) -> bool:
    """Whether it is a model that gates released; one without gates has no release to lose."""
    if version.kind != "model":
        return False
    release = release_of(registry, version)
    return release.has_gates and release.released
