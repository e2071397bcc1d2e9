"""The cards that this process may use, as the driver names them; torch and CUDA are not touched."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

_QUERY = ("--query-gpu=index,uuid,name,memory.total", "--format=csv,noheader,nounits")
_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Card:
    """One card: its place among the machine's, the driver's unique id, its model and memory in GiB."""

    place: str
    uuid: str
    model: str = ""
    memory_gib: float = 0.0

    def __str__(self) -> str:
        return f"card {self.place} ({self.model})" if self.model else f"card {self.place}"


# where there is no card, the processor with its memory is what models take turns on
PROCESSOR = Card("none", "processor")


def visible_cards() -> tuple[Card, ...]:
    """The cards in the order of ``CUDA_VISIBLE_DEVICES``, or all; none on a machine without a driver."""
    cards = _installed(shutil.which("nvidia-smi"))
    shown = os.environ.get("CUDA_VISIBLE_DEVICES")
    return cards if shown is None else _chosen(cards, shown)


def _chosen(cards: Sequence[Card], shown: str) -> tuple[Card, ...]:
    """CUDA stops at the first name that it does not know, so what comes after is not visible."""
    named: Mapping[str, Card] = {card.place: card for card in cards}
    chosen: list[Card] = []
    for entry in (entry.strip() for entry in shown.split(",")):
        found = named.get(entry) or next(
            (card for card in cards if entry and card.uuid.startswith(entry)), None
        )
        if found is None and cards and entry.startswith("MIG-"):
            found = Card(entry, entry, "a slice of a card")
        if found is None or found in chosen:
            break
        chosen.append(found)
    return tuple(chosen)


@cache
def _installed(nvidia_smi: str | None) -> tuple[Card, ...]:
    if nvidia_smi is None:
        return ()
    try:
        lines = subprocess.run(
            [nvidia_smi, *_QUERY],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PATIENCE_SECONDS,
            check=True,
        ).stdout.splitlines()
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(_read(line) for line in lines if line.count(",") == 3)


def _read(line: str) -> Card:
    place, uuid, model, mebibytes = (field.strip() for field in line.split(","))
    known = mebibytes.replace(".", "", 1).isdigit()
    return Card(place, uuid, model, float(mebibytes) / 1024 if known else 0.0)
