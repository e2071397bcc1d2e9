"""The processes of one run: which of them this is, what they agree on, and what the first does alone."""

import os
import sys


def launched() -> bool:
    """Whether a launcher started this process as one of several."""
    return "LOCAL_RANK" in os.environ and "WORLD_SIZE" in os.environ


def processes() -> int:
    """How many processes train together."""
    return int(os.environ["WORLD_SIZE"]) if launched() else 1


def is_first() -> bool:
    """Whether this is the one that reports and writes."""
    return not launched() or os.environ.get("RANK", "0") == "0"


def firsts(value: int) -> int:
    """The first process's ``value``, in all of them."""
    if processes() == 1:
        return value
    import torch
    from accelerate import PartialState

    told = torch.tensor(value, device=PartialState().device)
    torch.distributed.broadcast(told, 0)
    return int(told)


def wait_for_all() -> None:
    """Return when all processes have come here."""
    if processes() > 1:
        import torch

        torch.distributed.barrier()


def first_goes_on_alone() -> None:
    """End all processes but the first, whose last part needs no other."""
    if processes() > 1:
        import torch

        wait_for_all()
        torch.distributed.destroy_process_group()
    if not is_first():
        sys.exit(0)
