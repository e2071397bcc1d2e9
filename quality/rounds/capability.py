"""Capability of a round's policy, paired against round 0, each family apart; and what the round gained."""

from collections.abc import Iterator, Mapping, Sequence

from methods.evaluation.likelihoods import RIGHT
from methods.evaluation.suite import Answered
from methods.evaluation.suites import capability as suite
from quality.rounds.answers import Beside
from quality.rounds.change import Change, Pair

CAPABILITY, CAPABILITY_ALL, GAIN = "capability", "capability_all", "gain"
# the grade that says whether an answer is right, the first that it has
_GRADES = (RIGHT, "verified", "kept")


def capability_changes(beside: Beside) -> Iterator[Change]:
    """The change of each family, and of all items together, which has no bounds."""
    both = beside.both(suite.NAME)
    if both is None:
        yield Change(CAPABILITY, "capability", "difference").unmeasured(
            f"the suite {suite.NAME} was not asked"
        )
        return
    asked = beside.ours[suite.NAME]
    for family, pairs in by_family(*both).items():
        num_asked = sum(_is_asked(each) for each in asked if each.answer.category == family)
        change = Change(CAPABILITY, "capability", "difference", family=family)
        yield change.paired(pairs, max(num_asked - len(pairs), 0))
    yield Change(CAPABILITY_ALL, "gain", "difference").paired(_pairs(*both))


def gain(beside: Beside) -> Change:
    """The same over all items, against the policy that the round began from."""
    both, change = beside.both(suite.NAME), Change(GAIN, "gain", "difference")
    return (
        change.unmeasured(f"the suite {suite.NAME} was not asked")
        if both is None
        else change.paired(_pairs(*both))
    )


def by_family(ours: Sequence[Answered], theirs: Sequence[Answered]) -> Mapping[str, Sequence[Pair]]:
    """Whether each item of a family was answered rightly, by both."""
    families: dict[str, list[Pair]] = {each.answer.category: [] for each in ours}
    for our, their in zip(ours, theirs, strict=True):
        families[our.answer.category] += _pairs([our], [their])
    return families


def _pairs(ours: Sequence[Answered], theirs: Sequence[Answered]) -> list[Pair]:
    graded = ((our, right(our), right(their)) for our, their in zip(ours, theirs, strict=True))
    return [
        (each.answer.cluster, first, second)
        for each, first, second in graded
        if first is not None and second is not None
    ]


def right(each: Answered) -> float | None:
    """Whether an answer is right, from 0 to 1; None where nothing says so."""
    grades = (each.grade(name) for name in _GRADES)
    return next((grade.value for grade in grades if grade is not None), None)


def _is_asked(each: Answered) -> bool:
    """Whether the answer should say what is right; a form of a question that is scored in shares does not."""
    return each.item.variant != suite.MC2
