"""The desk where people review: the next item, an answer, a step back, and how far they are.

What it hands out names neither label, judge nor model, nor which completion is a.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from datasets_registry.rows.review.reviews import Slot
from datasets_registry.rows.review.sample import ReviewItem
from datasets_registry.version import Version
from quality.review.answers import says_the_same, standing
from quality.review.log import Entry, ReviewLog
from quality.review.reviewers import reviewer_name
from quality.review.tasks import Item, Task, as_choice, checked_note, checked_seconds, left_of, now, task_of
from quality.review.versions import commit_reviews, noun_of, sampled, waiting


@dataclass(frozen=True)
class Progress:
    """How many items a reviewer has answered, of how many; and how many pairs nobody has reviewed yet."""

    answered: int
    of: int
    waiting: int
    noun: str = "pairs"

    @property
    def sentence(self) -> str:
        """What a person has to do."""
        return (
            f"{self.waiting} {self.noun} wait for review: trimtab studio"
            if self.waiting
            else "all are reviewed"
        )


class Desk:
    """One version of a review sample, and the answers to it of all reviewers."""

    def __init__(self, registry: Registry, sample: str = ReviewItem.dataset) -> None:
        """``sample`` is a name, or an exact version; raises UnknownVersion, UnpassedVersion or BadInput."""
        self.registry, self.log = registry, ReviewLog(registry.state)
        self.version = registry.resolve(sample)
        items = sampled(registry, self.version)
        self.items = {item.item_id: item for item in sorted(items, key=lambda item: item.position)}

    def next_item(self, reviewer: str) -> Task | None:
        """The first item that the reviewer has not answered; None where all are."""
        name = reviewer_name(reviewer)
        answers = standing(self.log.entries())
        waiting = (item for item in self.items.values() if (name, item.item_id) not in answers)
        item = next(waiting, None)
        return self.task(name, item.item_id) if item else None

    def task(self, reviewer: str, item_id: str) -> Task:
        """An item as the reviewer sees it; raises BadInput where the sample has none such."""
        name = reviewer_name(reviewer)
        given = standing(self.log.entries()).get((name, item_id))
        return task_of(self._item(item_id), name, len(self.items), given)

    def record(
        self,
        reviewer: str,
        item_id: str,
        answer: str,
        note: str = "",
        seconds: float | None = None,
        sample: str | None = None,
    ) -> Progress:
        """Keep an answer, which is on disk when this returns; a second one to an item takes its place.

        The same answer again, such as of a page that was sent twice, is kept once. ``sample`` is the version
        that the page was made of. Raises BadInput for another version, an unknown item or answer.
        """
        if sample is not None and sample != str(self.version):
            raise BadInput(f"the answer is for {sample}, and {self.version} is open: load the page again")
        left = left_of(self._item(item_id), reviewer_name(reviewer))
        entry = self.entry(reviewer, item_id, answer, note, seconds, left)
        with self.log.appending() as log:
            if not says_the_same(entry, standing(log.entries)):
                log.append([entry])
        return self.progress(reviewer)

    def undo(self, reviewer: str, item_id: str | None = None) -> str | None:
        """Take back the reviewer's last answer to this sample, whose item waits again; None without one.

        With ``item_id`` only where the last answer is to that item, as a page knows it. The answer stays on
        record.
        """
        name = reviewer_name(reviewer)
        with self.log.appending() as log:
            given = self._given(name, log.entries)
            if not given or item_id not in (None, given[-1].item_id):
                return None
            taken_back = given[-1].model_copy(
                update={"choice": None, "note": "", "seconds": None, "answered_at": now()}
            )
            log.append([taken_back])
        return taken_back.item_id

    def given(self, reviewer: str) -> list[Entry]:
        """The reviewer's answers to this sample that count, in the order in which they were given."""
        return self._given(reviewer_name(reviewer), self.log.entries())

    def progress(self, reviewer: str) -> Progress:
        """How far the reviewer is, and the version."""
        name, entries = reviewer_name(reviewer), self.log.entries()
        unreviewed = waiting(self.items.values(), standing(entries))
        answered = len(self._given(name, entries))
        return Progress(answered, len(self.items), unreviewed, noun_of(self.version))

    def waiting(self) -> int:
        """How many pairs or labels of this sample nobody has reviewed."""
        return waiting(self.items.values(), standing(self.log.entries()))

    def unanswered(self) -> int:
        """How many items nobody has answered, whatever their role: what a reviewer may be told meanwhile."""
        return len(self.items.keys() - {item_id for _, item_id in standing(self.log.entries())})

    def reviewers(self) -> dict[str, int]:
        """How many items of this sample each reviewer has answered, by name."""
        counts: dict[str, int] = {}
        for who, item_id in standing(self.log.entries()):
            if item_id in self.items:
                counts[who] = counts.get(who, 0) + 1
        return counts

    def commit(self) -> Version | None:
        """All answers of all samples as a version of human_reviews; None where there are none."""
        return commit_reviews(self.registry)

    def _given(self, name: str, entries: Sequence[Entry]) -> list[Entry]:
        answers = standing(entries).items()
        return [entry for (who, item_id), entry in answers if who == name and item_id in self.items]

    def _item(self, item_id: str) -> Item:
        if item_id not in self.items:
            raise BadInput(
                f"{self.version} has no item {item_id!r}, which is of another version: load the page,"
                " or export the tasks, again"
            )
        return self.items[item_id]

    def entry(
        self, reviewer: str, item_id: str, answer: str, note: str, seconds: float | None, left: Slot
    ) -> Entry:
        """An answer as the log keeps it, to sides of which ``left`` stood on the left; raises BadInput."""
        item = self._item(item_id)
        return Entry(
            item_id=item_id,
            pair_id=item.pair_id,
            role=item.role,
            reviewer=reviewer_name(reviewer),
            choice=as_choice(item, answer, left),
            shown_left=left,
            note=checked_note(note),
            seconds=checked_seconds(seconds),
            answered_at=now(),
            sample=str(self.version),
        )
