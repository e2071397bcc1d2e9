"""What the driver's libraries say when a card is gone: fallen off the bus, broken, or hung."""

import re

_LOST = re.compile(
    # an assertion in a kernel is a fault of the program
    r"CUDA error(?!: device-side assert)|CUDA driver error|NCCL error"
    r"|GPU is lost|fallen off the bus|uncorrectable ECC"
)


def says_lost(text: str) -> bool:
    """Whether ``text``, an error or the end of a log, says that a card was lost."""
    return bool(_LOST.search(text))
