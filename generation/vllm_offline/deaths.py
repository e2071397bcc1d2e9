"""Why an engine's process ended, on which card, and what helps: read from its exit code and its log."""

import re
from collections.abc import Sequence
from pathlib import Path

from generation.cards.lost import says_lost
from generation.cards.visible import Card

_TAIL_BYTES = 65_536
_MEMORY = re.compile(r"out of memory|OutOfMemoryError|No available memory for the cache blocks")
# at the end of a start that went well vLLM notes down the free memory too
_TAKEN = re.compile(r"Free memory on device .* is less than")


def cause_of_death(code: int, log: Path, cards: Sequence[Card], visible: Sequence[Card]) -> str:
    """What happened, as the end of a sentence: "its process …"; ``visible`` are all cards of the run."""
    where = f" on {' and '.join(map(str, cards))}" if cards else ""
    kept = f" (its log is {log})"
    if code < 0:
        return f"was killed by signal {-code}{where}, as happens when memory runs out{kept}"
    text = _tail(log)
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    return f"ended with code {code}{where}: {_telling(lines)}{kept}{_remedy(text, cards, visible)}"


def _telling(lines: Sequence[str]) -> str:
    """The line that names the failure of a card, else the last one."""
    named = [line for line in lines if _TAKEN.search(line) or _MEMORY.search(line) or says_lost(line)]
    return (named or lines or ["it wrote nothing"])[-1][:400]


def _remedy(text: str, cards: Sequence[Card], visible: Sequence[Card]) -> str:
    if not cards:
        return ""
    if _TAKEN.search(text):
        return (
            "; another process has that card's memory: end it (`nvidia-smi` names it), or lower "
            "gpu_memory_utilization"
        )
    if _MEMORY.search(text):
        return "; lower gpu_memory_utilization, batch_size or max_num_batched_tokens"
    if says_lost(text):
        others = ",".join(card.place for card in visible if card not in cards)
        without = f"run again without it, CUDA_VISIBLE_DEVICES={others}" if others else "run on another card"
        return f"; see what `nvidia-smi` says of it, and reset it or {without}"
    return ""


def _tail(log: Path) -> str:
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
        return file.read().decode(errors="replace")
