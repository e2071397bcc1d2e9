"""Whether the models that run on Ray have a cluster, and how many of their replicas it has room for."""

from collections.abc import Iterable, Iterator, Mapping

from assets.profile.models import GivenModel
from assets.profile.profile import Profile
from datasets_registry.errors import BadInput
from generation.ray_cluster.backend import room_of
from generation.ray_cluster.cluster import Resources, join_cluster, resources


def on_ray(profile: Profile, names: Iterable[str]) -> Iterator[tuple[str, GivenModel]]:
    """The models among ``names`` that run on Ray, each with how it runs."""
    for name in names:
        if name in profile.models and (given := profile.given(name)).backend == "ray":
            yield name, given


def require_cluster(profile: Profile, inputs: Mapping[str, tuple[str, ...]]) -> None:
    """Raise BadInput where an asset asks a model that runs on Ray, and there is no cluster."""
    for read in inputs.values():
        for name, _ in on_ray(profile, read):
            try:
                join_cluster()
            except BadInput as error:
                raise BadInput(f"{name}: {error}") from error


def rooms(profile: Profile) -> Iterator[tuple[str, int, str]]:
    """Each given model on Ray, for how many of its replicas there is room, and that in words.

    Raises BadInput where there is no cluster.
    """
    own = [name for name, section in profile.models.items() if isinstance(section, GivenModel)]
    for name, given in on_ray(profile, own):
        join_cluster()
        found = resources()
        number = found.fitting(room_of(given.engine))
        wanted = given.engine.replicas
        said = f"{min(number, wanted) if wanted != 'auto' else number} of {wanted}"
        yield (
            name,
            number,
            f"{name}: room for {said} replicas, each with {room_of(given.engine)}; {_whole(found)}",
        )


def _whole(found: Resources) -> str:
    return f"the cluster has {found}"
