"""Whether models are released, by the gates of the profile that names them."""

from typing import TYPE_CHECKING

from datasets_registry.errors import BadInput
from datasets_registry.version import Version

if TYPE_CHECKING:
    from datasets_registry.registry import Registry
    from quality.evaluation.release import Release


def releases(registry: "Registry", versions: list[Version]) -> "list[Release]":
    """The release of each version of a model; of another profile's, by the gates of its last decisions."""
    from assets.pipelines.gates import gates_of
    from assets.profile.profile import load_profile
    from quality.evaluation.release import release_of

    profile = load_profile()
    gates = gates_of(profile)
    return [
        release_of(registry, version, gates if version.name in profile.models else None)
        for version in versions
    ]


def require_released(registry: "Registry", version: Version, because: str) -> None:
    """Raise BadInput for a model that its gates hold, unless a person says why; then that is recorded."""
    from quality.auditing.overruling import record_export

    (release,) = releases(registry, [version])
    if not release.gates_hold:
        if because:
            raise BadInput(f"no gate holds {version}: leave --because out")
        return
    if not because.strip():
        raise BadInput(
            f"{version} is not released ({'; '.join(release.held_by)}): export another version, or say why "
            "it may leave all the same: --because 'what you looked at'"
        )
    record_export(registry, version, release.held_by, because)
