"""Whether this machine, or its cluster, can build what a run is about to: keys, GPU, driver, vLLM, disk."""

import shutil
from collections.abc import Iterable, Iterator, Mapping

from assets.preflight.cluster import require_room
from assets.preflight.disk import GB, largest, parts, total
from assets.preflight.machine import Machine, this_machine, triton_problem
from assets.preflight.replicas import require_cluster
from assets.profile.models import GivenModel, ReleasedModel, TrainedModel
from assets.profile.profile import Profile
from datasets_registry.errors import BadInput, NoSpace
from datasets_registry.state import State
from generation.anthropic_api.backend import require_client
from generation.engine import REMOTE
from generation.remote.keys import key_in
from generation.vllm_offline.builds import installed
from generation.vllm_offline.placing import card_groups
from training.settings.online import samples_by_vllm
from training.settings.sampler import require_vllm


def require_ready(profile: Profile, state: State, inputs: Mapping[str, tuple[str, ...]]) -> None:
    """Return where this machine can build the assets that ``inputs`` has, each with what it is made from.

    Nothing to build needs nothing. Raises BadInput for a server's key or client, a GPU, a driver or a vLLM
    that is missing, or a cluster that could hold no trainer, and NoSpace for a disk that is too small for all
    that would be written.
    """
    if not inputs:
        return
    _require_keys(profile, inputs)
    require_cluster(profile, inputs)
    running = {name for name, read in inputs.items() if _runs_a_model(profile, name, read)}
    if running:
        if profile.requires_gpu:
            require_gpu(profile, this_machine())
        require_vllm_build(profile)
        _require_samplers(profile, running)
    if profile.launch.on == "ray" and any(_is_trained(profile, name) for name in inputs):
        require_room(profile)
    require_disk(profile, state, inputs)


def _require_keys(profile: Profile, inputs: Mapping[str, tuple[str, ...]]) -> None:
    """Raise BadInput where a server is to be asked whose client is not installed, or whose key is not set."""
    for name, read in inputs.items():
        for model in _asked(profile, name, read):
            given = profile.given(model)
            try:
                if given.backend == "anthropic":
                    require_client()
                key_in(given.engine.api_key_env)
            except BadInput as error:
                raise BadInput(f"{model}: {error}") from error


def _asked(profile: Profile, name: str, read: tuple[str, ...]) -> Iterator[str]:
    """The models whose servers an asset asks: itself where it is hosted, otherwise those that it reads."""
    section = profile.models.get(name)
    if isinstance(section, TrainedModel | ReleasedModel):
        return
    if isinstance(section, GivenModel) and section.hosted:
        yield name
    models = (model for model in read if model in profile.models)
    yield from (model for model in models if profile.given(model).backend in REMOTE)


def _runs_a_model(profile: Profile, name: str, read: tuple[str, ...]) -> bool:
    """Whether an asset trains a model, or runs one on this machine."""
    if _is_trained(profile, name):
        return profile.launch.on == "here"
    if isinstance(profile.models.get(name), ReleasedModel):
        return False
    models = [model for model in read if model in profile.models]
    return any(profile.given(model).backend not in (*REMOTE, "ray") for model in models)


def _is_trained(profile: Profile, name: str) -> bool:
    return isinstance(profile.models.get(name), TrainedModel)


def require_gpu(profile: Profile, machine: Machine) -> None:
    """Raise BadInput unless ``machine`` has the GPUs, the driver and the memory that the profile needs."""
    if machine.problem:
        raise BadInput(
            f"this profile requires a GPU ({profile.description}), and {machine.problem}; a profile for a "
            "CPU is `laptop`"
        )
    needed = profile.card_gb or 0.0
    small = [gpu for gpu in machine.gpus if 0 < gpu.memory_gb < needed]
    if small:
        raise BadInput(
            f"this profile needs GPUs of {needed:g} GB, and the {small[0].model} has "
            f"{small[0].memory_gb:.0f} GB: take a profile for a smaller card, choose another card by "
            "CUDA_VISIBLE_DEVICES, or take a smaller model and lower card_gb"
        )
    launch = profile.launch
    here = launch.processes // launch.machines
    if here > len(machine.gpus):
        raise BadInput(
            f"launch.processes asks for {here} GPUs on each machine, and this one has {len(machine.gpus)}: "
            "lower launch.processes"
        )


def require_vllm_build(profile: Profile) -> None:
    """Raise BadInput unless the build of vLLM that the profile's engines need is here, and their cards."""
    using = [name for name in profile.models if profile.given(name).backend == "vllm"]
    if not using:
        return
    build = installed()
    if build is None:
        raise BadInput(f"{using[0]} runs on vLLM, which is not installed: `make vllm`")
    if profile.requires_gpu and build == "cpu":
        raise BadInput(
            "vLLM's CPU build is installed and this profile requires a GPU: `make vllm` takes the other"
        )
    lacking = this_machine().problem or triton_problem() if build == "cuda" else None
    if lacking:
        raise BadInput(f"vLLM's CUDA build is installed and would not run: {lacking}")
    for name in using:
        _require_cards(name, profile)


def _require_cards(name: str, profile: Profile) -> None:
    """Raise BadInput where the engine of ``name`` is spread over more cards than there are."""
    try:
        card_groups(profile.given(name).engine, this_machine().gpus)
    except BadInput as error:
        raise BadInput(f"{name}: {error}") from error


def _require_samplers(profile: Profile, names: Iterable[str]) -> None:
    """Raise BadInput where one of the models is to be trained on samples by vLLM, and there is none."""
    for name in names:
        section = profile.models.get(name)
        if isinstance(section, TrainedModel) and samples_by_vllm(section.training):
            require_vllm(name)


def free_gb(state: State) -> float:
    """The gigabytes (1e9 bytes) that are free where ``state`` is, or will be."""
    there = next(folder for folder in (state.root, *state.root.parents) if folder.is_dir())
    return shutil.disk_usage(there).free / GB


def require_disk(profile: Profile, state: State, names: Mapping[str, object]) -> None:
    """Raise NoSpace where the disk of ``state`` is too small for what building ``names`` writes."""
    found = parts(profile, names, state.models)
    needed, free = total(found), free_gb(state)
    if free < needed:
        raise NoSpace(
            f"{state.root} has {free:.1f} GB free, and what is to be built takes about {needed:.1f} GB "
            f"({', '.join(largest(found))}): free some space, or set TRIMTAB_HOME to a larger disk"
        )
