"""Labels of amplified answers: those of which every answer on the way has enough of its votes."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter

from datasets_registry.rows.oversight.amplified import AmplifiedAnswer, AmplifiedLabel
from methods.method import Inputs, Method, Models
from methods.oversight.amplification.settings import LabelSettings


def make_amplified_labels(
    inputs: Inputs, models: Models, settings: LabelSettings
) -> Iterator[AmplifiedLabel]:
    """The label of each problem of ``amplified_answers`` that has one."""
    yield from labels(inputs.stream(AmplifiedAnswer), settings)


AMPLIFIED_LABELS = Method(make_amplified_labels, LabelSettings, AmplifiedLabel)


def labels(rows: Iterable[AmplifiedAnswer], settings: LabelSettings) -> Iterator[AmplifiedLabel]:
    """The labels; the rows of a problem come together. Whether one is gold plays no part."""
    for _, group in groupby(rows, key=attrgetter("problem_id")):
        tree = list(group)
        root = next(row for row in tree if row.parent_id is None)
        if root.failure is None and (root.least_share or 0.0) >= settings.min_share:
            yield _label(root, tree)


def _label(root: AmplifiedAnswer, tree: list[AmplifiedAnswer]) -> AmplifiedLabel:
    assert root.completion is not None and root.answer is not None and root.least_share is not None
    assert root.completion_key is not None
    return AmplifiedLabel(
        problem_id=root.problem_id,
        prompt=root.question,
        completion=root.completion,
        answer=root.answer,
        least_share=root.least_share,
        depth=max(row.depth for row in tree),
        num_questions=len(tree),
        agrees=root.correct,
        policy=root.policy,
        family=root.family,
        difficulty=root.difficulty,
        split_group=root.split_group,
        completion_key=root.completion_key,
    )
