"""The most memory that tensors on a processor took at once, as torch's profiler saw it."""

from collections.abc import Callable
from typing import Any


def peak_bytes(work: Callable[[], object]) -> int:
    """The bytes that tensors made by ``work`` held at their peak; those from before are not counted."""
    import torch
    from torch.profiler import ProfilerActivity

    with torch.profiler.profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profile:
        work()
    results = profile.profiler.kineto_results
    sizes = _allocations(results.experimental_event_tree())
    held = peak = 0
    for _, size in sorted(sizes, key=lambda each: each[0]):
        held += size
        peak = max(peak, held)
    return peak


def _allocations(events: Any) -> list[tuple[int, int]]:
    """When memory was taken (bytes above 0) and given back (below)."""
    from torch._C._profiler import _EventType

    found, waiting = [], list(events)
    while waiting:
        event = waiting.pop()
        waiting += event.children
        if event.tag == _EventType.Allocation:
            found.append((event.start_time_ns, event.extra_fields.alloc_size))
    return found
