"""The processes of one run: which of them this is, what they share, and where the first continues alone."""

import os
import sys


def launched() -> bool:
    """Whether a launcher started this process as one of several."""
    return "LOCAL_RANK" in os.environ and "WORLD_SIZE" in os.environ


def processes() -> int:
    """The number of processes that train together."""
    return int(os.environ["WORLD_SIZE"]) if launched() else 1


def number() -> int:
    """This process among them, from 0."""
    return int(os.environ.get("RANK", "0")) if launched() else 0


def place() -> int:
    """This process among those of its machine, from 0; its card has the same place among the visible ones."""
    return int(os.environ["LOCAL_RANK"]) if launched() else 0


def is_first() -> bool:
    """Whether this is the one that reports and writes."""
    return number() == 0


def broadcast(value: int) -> int:
    """The first process's ``value``, in all of them."""
    if processes() == 1:
        return value
    import torch
    from accelerate import PartialState

    shared = torch.tensor(value, device=PartialState().device)
    torch.distributed.broadcast(shared, 0)
    return int(shared)


def wait_for_all() -> None:
    """Return when all processes have come here."""
    if processes() > 1:
        import torch

        torch.distributed.barrier()


def end_all_but_first() -> None:
    """End all processes but the first, whose last part needs no other."""
    if processes() > 1:
        import torch

        wait_for_all()
        torch.distributed.destroy_process_group()
    if not is_first():
        sys.exit(0)
