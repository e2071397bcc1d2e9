"""This machine as the doctor looks at it: disk, GPU, vLLM, keys and the versions of libraries."""

import importlib.metadata
from collections.abc import Callable, Iterator, Mapping

from assets.doctor.finding import Finding, refusals, wrong
from assets.preflight.machine import this_machine
from assets.preflight.ready import free_gb, require_disk, require_gpu, require_vllm_build
from assets.preflight.replicas import rooms
from assets.profile.models import GivenModel
from assets.profile.profile import Profile
from datasets_registry.state import REPOSITORY, State
from generation.remote.keys import has_key
from generation.vllm_offline.builds import installed

# what mistral_common, which vLLM's CUDA build asks for, holds lower
LOWER_FOR_CUDA = {"numpy"}
MOST_NAMED = 5
REINSTALL = "`rm -f .venv/.installed && make setup` installs the versions of constraints.txt"


def look_at_machine(profile: Profile, state: State, to_build: Mapping[str, tuple[str, ...]]) -> list[Finding]:
    """What the profile asks of this machine for what is still to be built."""
    looks: tuple[tuple[str, str, Callable[[], None]], ...] = (
        (
            "disk",
            f"{free_gb(state):.1f} GB are free, which is enough for what is to be built",
            lambda: require_disk(profile, state, to_build),
        ),
        ("gpu", _cards(), lambda: require_gpu(profile, this_machine()) if profile.requires_gpu else None),
        ("vllm", _vllm(), lambda: require_vllm_build(profile)),
    )
    findings: list[Finding] = []
    for about, well, look in looks:
        with refusals(about, findings, well):
            look()
    return [*findings, *_replicas(profile), *_keys(profile)]


def _replicas(profile: Profile) -> list[Finding]:
    """The cluster of models that run on Ray, where there are any."""
    findings: list[Finding] = []
    with refusals("ray", findings):
        for name, number, said in rooms(profile):
            remedy = "add nodes, or ask for less in its `engine`"
            findings.append(Finding("ray", said) if number else wrong("ray", said, f"{name}: {remedy}"))
    return findings


def _cards() -> str:
    gpus = this_machine().gpus
    return ", ".join(map(str, gpus)) if gpus else "none, and the profile needs none"


def _vllm() -> str:
    build = installed()
    return f"the {build.upper()} build is installed" if build else "not installed, and no model needs it"


def _keys(profile: Profile) -> Iterator[Finding]:
    models = {name: model for name, model in profile.models.items() if isinstance(model, GivenModel)}
    wanted = {name: model.engine.api_key_env for name, model in models.items() if model.engine.api_key_env}
    for name, variable in wanted.items():
        if has_key(variable):
            yield Finding("keys", f"{variable} is set, for {name}")
        else:
            remedy = f"put the key into the environment variable {variable}"
            yield wrong("keys", f"{name} needs a key, and {variable} is not set", remedy)
    if not wanted:
        yield Finding("keys", "no model needs one")


def look_at_libraries() -> Finding:
    """Whether installed libraries have the versions that everything was tested with."""
    pinned = _pinned()
    there = {name: found for name in pinned if (found := _installed(name))}
    others = [
        f"{name} {found} in place of {pinned[name]}"
        for name, found in there.items()
        if found.partition("+")[0] != pinned[name] and not (installed() == "cuda" and name in LOWER_FOR_CUDA)
    ]
    if not others:
        return Finding("libraries", f"{len(there)} have the versions of constraints.txt")
    more = f" and {len(others) - MOST_NAMED} more" if len(others) > MOST_NAMED else ""
    return wrong("libraries", f"{', '.join(others[:MOST_NAMED])}{more}", REINSTALL)


def _pinned() -> dict[str, str]:
    lines = (REPOSITORY / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("==") for line in lines if "==" in line and not line.startswith("#"))
    return {name.strip(): version.strip() for name, _, version in pairs}


def _installed(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
