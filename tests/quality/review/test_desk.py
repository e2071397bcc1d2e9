"""The desk: what reviewers see, what is kept of their answers, and what is refused."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from datasets_registry.errors import BadInput, BrokenObject
from datasets_registry.registry import Registry
from datasets_registry.rows.review.reviews import HumanReview
from datasets_registry.rows.review.sample import ReviewItem
from datasets_registry.state import REPOSITORY
from quality.review.desk import Desk
from quality.review.versions import commit_reviews
from tests.quality.review.desks import commit_sample, items, opened

MARKUP = '<img src=x onerror="alert(1)"> & Co'


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    registry = opened(tmp_path / "state")
    yield registry
    registry.engine.dispose()


@pytest.fixture
def desk(registry: Registry) -> Desk:
    return Desk(registry)


def committed(registry: Registry) -> list[HumanReview]:
    version = commit_reviews(registry)
    assert version is not None and version.status == "passed"
    return registry.rows(HumanReview, version)


def test_a_reviewer_answers_every_item_once(desk: Desk, registry: Registry) -> None:
    while task := desk.next_item("Ada"):
        progress = desk.record("Ada", task.item_id, "left", seconds=3)
    assert (progress.answered, progress.of, progress.waiting) == (10, 10, 0)
    reviews = committed(registry)
    assert len(reviews) == 10 and {review.state for review in reviews} == {"counts"}


def test_a_side_is_read_back_as_the_completion_that_stood_there(desk: Desk, registry: Registry) -> None:
    """Both sides occur, differ between reviewers, and stay for one of them."""
    sides = {}
    for name in ("Ada", "Ben"):
        for item_id, item in desk.items.items():
            task = desk.task(name, item_id)
            assert isinstance(item, ReviewItem)
            assert {task.left, task.right} == {item.completion_a, item.completion_b}
            assert task == desk.task(name, item_id)
            sides[name, item_id] = "a" if task.left == item.completion_a else "b"
            desk.record(name, item_id, "left")
    assert {review.choice for review in committed(registry)} == {"a", "b"}
    assert {(review.reviewer, review.item_id): review.choice for review in committed(registry)} == sides
    assert [sides["Ada", item] for item in desk.items] != [sides["Ben", item] for item in desk.items]


def test_nothing_that_a_reviewer_gets_names_the_labels_side(desk: Desk) -> None:
    """Every value of an item but its texts is absent from what is handed out, and so are their names."""
    hidden = {"sample", "sure", "kind, sure", "kind", "pair i000", "0.9"}
    task = desk.next_item("Ada")
    assert task is not None
    told = {str(value) for value in asdict(task).values()}
    assert not told & hidden
    assert set(asdict(task)) == {
        *("item_id", "question", "history", "prompt", "left", "right", "place", "of", "answer", "note"),
        *("choices", "before", "is_pair"),
    }
    other = [item.model_copy(update={"label": "b", "p_a": 0.1, "p_first": 0.9}) for item in items()]
    desk.items = {item.item_id: item for item in other}
    assert desk.next_item("Ada") == task


def test_the_newest_answer_counts_and_older_ones_stay_on_record(desk: Desk, registry: Registry) -> None:
    for answer in ("left", "right", "equal"):
        desk.record("Ada", "i000", answer, note="hm")
    assert desk.progress("Ada").answered == 1
    assert [review.state for review in committed(registry)] == ["replaced", "replaced", "counts"]
    assert desk.task("Ada", "i000").answer == "equal" and desk.task("Ada", "i000").note == "hm"


def test_a_page_that_is_sent_twice_is_kept_once(desk: Desk, registry: Registry) -> None:
    other_tab = Desk(registry)
    for tab in (desk, other_tab, desk):
        tab.record("Ada", "i000", "left", seconds=2)
    assert len(committed(registry)) == 1
    other_tab.record("Ada", "i000", "right")
    assert desk.task("Ada", "i000").answer == "right"


def test_undo_takes_back_the_last_answer_and_keeps_it_on_record(desk: Desk, registry: Registry) -> None:
    desk.record("Ada", "i003", "left")
    desk.record("Ada", "i001", "right")
    desk.record("Ben", "i002", "left")
    assert desk.undo("Ada") == "i001" and desk.undo("Ada") == "i003" and desk.undo("Ada") is None
    assert desk.progress("Ada").answered == 0 and desk.progress("Ben").answered == 1
    assert [review.state for review in committed(registry)] == ["withdrawn", "withdrawn", "counts"]
    desk.record("Ada", "i001", "right")
    assert desk.progress("Ada").answered == 1 and len(committed(registry)) == 4


@pytest.mark.parametrize("name", [MARKUP, "Zoë Ångström", "=1+1", "a" * 80])
def test_a_reviewers_name_is_any_text(name: str, desk: Desk, registry: Registry) -> None:
    desk.record(f"  {name} ", "i000", "left", note=MARKUP)
    assert desk.reviewers() == {name: 1}
    (review,) = committed(registry)
    assert (review.reviewer, review.note) == (name, MARKUP)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"reviewer": " "}, "needs a name"),
        ({"reviewer": "a" * 81}, "too long"),
        ({"reviewer": "a\x1b[2J"}, "cannot be shown"),
        ({"reviewer": "a\u202eb"}, "cannot be shown"),
        ({"item_id": "nobody's"}, 'has no item "nobody\'s"'),
        ({"answer": "a"}, "'a' is no answer: give one of left, right"),
        ({"sample": "review_sample@7"}, "is for review_sample@7, and review_sample@1 is open"),
        ({"seconds": -1.0}, "seconds is -1.0"),
        ({"seconds": float("nan")}, "seconds is nan"),
        ({"note": "x" * 10_001}, "too long"),
        ({"note": "\ud800"}, "cannot be stored"),
    ],
)
def test_what_is_no_answer_is_refused_in_a_sentence(
    given: dict[str, object], sentence: str, desk: Desk
) -> None:
    answer = {"reviewer": "Ada", "item_id": "i000", "answer": "left"} | given
    with pytest.raises(BadInput, match=sentence):
        desk.record(**answer)  # type: ignore[arg-type]
    assert desk.log.entries() == []


def test_answers_to_a_pair_that_stays_count_in_the_next_version(desk: Desk, registry: Registry) -> None:
    desk.record("Ada", "i000", "left")
    desk.record("Ada", "i009", "left")
    commit_sample(registry, items(5))
    later = Desk(registry)
    assert later.version.number == 2
    assert (later.progress("Ada").answered, later.progress("Ada").waiting) == (1, 4)
    with pytest.raises(BadInput, match="review_sample@2 has no item 'i009'"):
        later.record("Ada", "i009", "right")


def test_a_line_that_a_killed_process_left_is_cut_and_no_whole_one_is(desk: Desk) -> None:
    """At whatever byte the last line ends, the answers before it stand and the next one is whole."""
    desk.record("Ada", "i000", "left", note="ä\n\u2028")
    kept = desk.log.path.read_bytes()
    desk.record("Ada", "i001", "right")
    whole = desk.log.path.read_bytes()
    for end in range(len(kept), len(whole)):
        desk.log.path.write_bytes(whole[:end])
        assert [entry.item_id for entry in desk.log.entries()] == ["i000"]
        desk.record("Ada", "i002", "left")
        assert [entry.item_id for entry in desk.log.entries()] == ["i000", "i002"]


def test_a_line_that_was_changed_by_hand_is_named(desk: Desk) -> None:
    desk.record("Ada", "i000", "left")
    line = json.loads(desk.log.path.read_text())
    desk.log.path.write_text(json.dumps(line | {"choice": "c"}) + "\n")
    with pytest.raises(BrokenObject, match="line 1 of"):
        desk.next_item("Ada")


def test_a_state_that_cannot_be_written_is_one_sentence(desk: Desk) -> None:
    (desk.registry.state.root / "reviews").write_text("a file")
    with pytest.raises(BadInput, match="cannot write state to"):
        desk.record("Ada", "i000", "left")


def test_killed_reviewers_lose_no_answer_and_double_none(tmp_path: Path) -> None:
    """Two tabs of one reviewer and another reviewer, each killed amid its answers."""
    state, number = tmp_path / "state", 400
    registry = opened(state, number)
    acknowledged: dict[str, set[str]] = {"Ada": set(), "Ben": set()}
    command = [sys.executable, "-m", "tests.quality.review.killed_reviewer", str(state)]
    tabs = [
        (name, subprocess.Popen([*command, name], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True))
        for name in ("Ada", "Ada", "Ben")
    ]
    for place, (name, tab) in enumerate(tabs):
        assert tab.stdout is not None
        acknowledged[name] |= {tab.stdout.readline().strip() for _ in range(10 + 7 * place)}
        tab.kill()
        acknowledged[name] |= {line.strip() for line in tab.stdout if line.endswith("\n")}
        tab.stdout.close()
        tab.wait()
    reviews = committed(registry)
    for name, answered in acknowledged.items():
        given = [review.item_id for review in reviews if review.reviewer == name]
        assert answered and answered <= set(given) and len(given) == len(set(given))
    registry.engine.dispose()
