"""The system text under which a dataset's completions were sampled, told by what it was made from."""

from typing import cast

from assets.building.recipe import TEXT
from datasets_registry.errors import BadInput
from datasets_registry.hashing import file_digest
from datasets_registry.registry import Registry
from datasets_registry.version import Version
from methods.templates import fill, template_path

_AS_IT_IS = "export all rows as they are, by --to parquet"


def system_text(registry: Registry, version: Version) -> str | None:
    """The text that our own trainers put before the prompts of ``version``; None where there was none.

    Raises BadInput where there were several, or where its template was edited since.
    """
    sampled = _sampled_with(registry, version)
    if len(sampled) > 1:
        names = ", ".join(sorted({str(name) for name, _ in sampled}))
        raise BadInput(f"{version} joins completions of several system prompts ({names}): {_AS_IT_IS}")
    name, digest = next(iter(sampled), (None, None))
    if name is None:
        return None
    if digest and not file_digest(template_path(name)).startswith(digest):
        raise BadInput(
            f"prompt template {name!r} was edited since {version} was sampled with it: build it again, or "
            f"{_AS_IT_IS}"
        )
    return fill(name)


def _sampled_with(registry: Registry, version: Version) -> set[tuple[str | None, str | None]]:
    """Name and digest of each system prompt in the nearest settings that have one."""
    how = registry.derivation(version)
    if "system_prompt" in how.settings:
        name = cast(str | None, how.settings["system_prompt"])
        return {(name, how.parts.get(f"{name}{TEXT}"))}
    inputs = [used for used in how.inputs if used.kind == "dataset"]
    return set().union(*(_sampled_with(registry, used) for used in inputs))
