"""Which cards are seen, who is on one with whom, and how two processes take turns."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from datasets_registry.errors import ModelFailed
from datasets_registry.state import REPOSITORY
from generation.cards.turns import Tenant, alone
from generation.cards.visible import Card, visible_cards
from tests.generation.cards.fake_cards import put_in


@pytest.fixture
def uuids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The unique ids of four cards."""
    return put_in(tmp_path, monkeypatch, 4)


def test_a_machine_without_a_driver_has_no_cards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert visible_cards() == ()


def test_cards_are_those_that_are_shown_in_that_order(
    uuids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [card.uuid for card in visible_cards()] == uuids
    assert str(visible_cards()[2]) == "card 2 (NVIDIA H100 80GB HBM3)"
    assert round(visible_cards()[0].memory_gib) == 80
    for shown, places in (("3,1", [3, 1]), (uuids[2], [2]), ("", []), ("-1", []), ("0,9,1", [0])):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", shown)
        assert [card.uuid for card in visible_cards()] == [uuids[place] for place in places]


class Guest(Tenant):
    """A tenant that counts how often it had to leave."""

    def __init__(self, title: str, cards: tuple[Card, ...], share: float) -> None:
        self.num_freed = 0
        super().__init__(title, cards, share, self._count)

    def _count(self) -> None:
        self.num_freed += 1

    def work(self) -> None:
        """A spell of work."""
        with self.at_work():
            pass


def test_who_fits_by_stated_shares_stays_and_who_does_not_takes_turns(uuids: list[str]) -> None:
    cards = visible_cards()[:1]
    first, second, third = (
        Guest("policy", cards, 0.5),
        Guest("judge", cards, 0.45),
        Guest("third", cards, 0.3),
    )
    first.work()
    second.work()
    assert (first.num_freed, second.num_freed) == (0, 0)
    third.work()
    # who has been idle longest makes room, and no one else
    assert (first.num_freed, second.num_freed) == (1, 0)
    elsewhere = Guest("elsewhere", visible_cards()[1:2], 1.0)
    elsewhere.work()
    assert (second.num_freed, third.num_freed) == (0, 0)
    with alone("a trainer"):
        assert (second.num_freed, third.num_freed, elsewhere.num_freed) == (1, 1, 1)
    first.work()
    first.end()


def test_who_is_at_work_is_never_sent_away(uuids: list[str]) -> None:
    cards = visible_cards()[:1]
    policy, judge = Guest("the policy", cards, 0.9), Guest("the judge", cards, 0.9)
    with policy.at_work(), pytest.raises(ModelFailed, match=r"needs 0\.9 of card 0 .* the policy is at work"):
        judge.work()
    assert policy.num_freed == 0
    judge.work()
    assert policy.num_freed == 1
    judge.end()


def test_without_cards_models_take_turns_on_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = Guest("one", (), 1.0), Guest("another", (), 1.0)
    first.work()
    second.work()
    assert first.num_freed == 1
    with first.at_work():
        second.work()
    first.end()
    second.end()


HOLDING = """
import sys, time
from generation.cards.turns import Tenant
from generation.cards.visible import visible_cards
tenant = Tenant("an engine", visible_cards()[:1], 0.9, lambda: print("left", flush=True))
with tenant.at_work():
    print("at work", flush=True)
    sys.stdin.readline()
print("idle", flush=True)
sys.stdin.readline()
with tenant.at_work():
    print("at work again", flush=True)
"""


def test_a_second_run_waits_until_the_first_is_idle_and_then_they_take_turns(
    uuids: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    command = [sys.executable, "-c", HOLDING]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY
    ) as other:
        assert other.stdin is not None and other.stdout is not None
        assert other.stdout.readline() == "at work\n"
        other.stdin.write("\n")
        other.stdin.flush()
        began = time.monotonic()
        mine = Guest("my engine", visible_cards()[:1], 0.9)
        with mine.at_work():
            # it was idle for a while before it left, and the card was free only then
            assert time.monotonic() - began > 4
            assert [other.stdout.readline() for _ in range(2)] == ["idle\n", "left\n"]
            other.stdin.write("\n")
            other.stdin.flush()
        assert other.stdout.readline() == "at work again\n"
        assert mine.num_freed == 1
    assert (
        f"my engine waits for card 0 (NVIDIA H100 80GB HBM3), which process {other.pid} (an engine) uses"
        in (caplog.text)
    )


def test_a_card_is_free_again_when_its_process_was_killed(uuids: list[str]) -> None:
    command = [sys.executable, "-c", HOLDING]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY
    ) as other:
        assert other.stdout is not None and other.stdout.readline() == "at work\n"
        os.kill(other.pid, 9)
    Guest("mine", visible_cards()[:1], 0.9).work()
