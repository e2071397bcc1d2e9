"""Why an engine's process ended: what its log tells, on which card, and what helps."""

from pathlib import Path

import pytest

from generation.cards.visible import Card
from generation.vllm_offline.deaths import cause_of_death

CARDS = tuple(Card(str(place), f"GPU-{place}", "NVIDIA L4") for place in range(3))
STARTED = "INFO Free memory on device (70.1/79.2 GiB) on startup. Desired GPU memory utilization is (0.9)."
TAKEN = "ValueError: Free memory on device cuda:0 (9.1/79.2 GiB) on startup is less than desired GPU memory"
MEMORY = "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB"
LOST = "RuntimeError: CUDA error: an illegal memory access was encountered"
LATER = "RuntimeError: Engine core initialization failed. See root cause above."


@pytest.mark.parametrize(
    ("lines", "told", "remedy"),
    [
        ([STARTED, TAKEN, LATER], TAKEN, "another process has that card's memory: end it"),
        ([STARTED, MEMORY, LATER], MEMORY, "lower gpu_memory_utilization, batch_size or"),
        ([STARTED, LOST, LATER], LOST, "run again without it, CUDA_VISIBLE_DEVICES=0,2"),
        ([STARTED, LATER], LATER, ""),
        ([], "it wrote nothing", ""),
    ],
)
def test_the_line_that_tells_is_shown_with_what_helps(
    tmp_path: Path, lines: list[str], told: str, remedy: str
) -> None:
    log = tmp_path / "engine.log"
    log.write_text("\n".join(lines))
    cause = cause_of_death(1, log, CARDS[1:2], CARDS)
    assert cause.startswith(f"ended with code 1 on card 1 (NVIDIA L4): {told} (its log is {log})")
    assert remedy in cause and (remedy or cause.endswith(f"{log})"))
    # where there are no cards there is nothing to do about one
    assert cause_of_death(1, log, (), ()) == f"ended with code 1: {told} (its log is {log})"


def test_the_only_card_is_not_left_out(tmp_path: Path) -> None:
    log = tmp_path / "engine.log"
    log.write_text(LOST)
    assert cause_of_death(1, log, CARDS[:1], CARDS[:1]).endswith("and reset it or run on another card")


def test_a_kill_is_told_by_its_signal(tmp_path: Path) -> None:
    cause = cause_of_death(-9, tmp_path / "engine.log", CARDS[:2], CARDS)
    assert cause.startswith("was killed by signal 9 on card 0 (NVIDIA L4) and card 1 (NVIDIA L4), as happens")
