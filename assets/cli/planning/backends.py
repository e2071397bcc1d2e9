"""trimtab backends [NAME] [--probe]: what the servers of the profile's models can do, as it was seen."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from assets.cli.printing import Json, print_json, print_table, say
from datasets_registry.errors import BadInput
from datasets_registry.state import State
from generation.engine import server_of
from generation.spending import count, dollars

if TYPE_CHECKING:
    from assets.profile.models import GivenModel
    from generation.capabilities.capability import Name, Probe

Probes = Mapping[str, "Probe | None"]
# of a model that was never probed
_NOT_SEEN = "-"


def backends(
    name: Annotated[str | None, typer.Argument(help="Only this model of the profile.")] = None,
    probe: Annotated[
        bool, typer.Option("--probe", help="Ask the servers now: a dozen short calls for each model.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show what the models' servers serve, ignore or refuse.

    Nothing is spent without --probe, and what was seen last is shown with its date. A probe says first how
    many calls and tokens it takes.
    """
    models = _asked_models(name)
    if probe:
        _announce(models, as_json)
    probes = {model: _probed(given) if probe else _stored(given) for model, given in models.items()}
    if as_json:
        print_json([_row(model, given, probes[model]) for model, given in models.items()])
        return
    _print(probes)


def _asked_models(name: str | None) -> "dict[str, GivenModel]":
    """The profile's models that a server has, or the one that is named."""
    from assets.profile.models import GivenModel
    from assets.profile.profile import load_profile
    from generation.capabilities.probing import KINDS

    given = {model: part for model, part in load_profile().models.items() if isinstance(part, GivenModel)}
    asked = {model: part for model, part in given.items() if part.backend in KINDS}
    if name is None:
        return asked
    if name not in asked:
        served = ", ".join(asked) or "none"
        raise BadInput(f"{name!r} is no model of this profile that a server has: those are {served}")
    return {name: asked[name]}


def _announce(models: "Mapping[str, GivenModel]", as_json: bool) -> None:
    from generation.capabilities.probing import NUM_CALLS, most

    for model, given in models.items():
        plan = most(given.price)
        price = dollars(plan.usd) if plan.usd else "no price is set"
        say(
            f"{model}: up to {NUM_CALLS} short calls to {given.known_as}, {count(plan.tokens)} tokens "
            f"({price}), and more only where the server ignores the limit of an answer",
            on_stderr=as_json,
        )


def _probed(given: "GivenModel") -> "Probe":
    from generation.capabilities.probing import probe

    thinking = given.thinking if given.hosted else None
    return probe(State().prepare().models, given.backend, given.engine, thinking)


def _stored(given: "GivenModel") -> "Probe | None":
    from generation.capabilities.stored import newest

    return newest(State().models, given.backend, given.engine)


def _row(model: str, given: "GivenModel", probe: "Probe | None") -> dict[str, object]:
    seen = probe.model_dump(mode="json", exclude={"address"}) if probe else None
    return {
        "model": model,
        "backend": given.backend,
        "address": server_of(given.backend, given.engine),
        "probe": seen,
    }


def _print(probes: Probes) -> None:
    from generation.capabilities.capability import NAMES

    if not probes:
        say("no model of this profile is asked at a server")
        return
    rows = [[name, *(_verdict(probe, name) for probe in probes.values())] for name in NAMES]
    days = [f"{probe.at:%Y-%m-%d}" if probe else "never" for probe in probes.values()]
    print_table(("capability", *probes), [*rows, ["probed", *days]])
    for line in _lines(probes):
        say(line)


def _verdict(probe: "Probe | None", name: "Name") -> str:
    capability = probe.capabilities.get(name) if probe else None
    return capability.verdict if capability else _NOT_SEEN


def _lines(probes: Probes) -> Iterator[str]:
    """What was seen of all that is not simply served, and who was never probed."""
    for model, probe in probes.items():
        if probe is None:
            continue
        stated = f" as {probe.hosted.stated}" if probe.hosted.stated else ""
        yield f"\n{model}: {probe.hosted.model} of {probe.hosted.provider}{stated}"
        yield from (
            f"  {name}: {capability.verdict}: {capability.seen}"
            for name, capability in probe.capabilities.items()
            if capability.verdict != "served" or name == "max_tokens"
        )
    never = ", ".join(model for model, probe in probes.items() if probe is None)
    if never:
        yield f"\nnever probed: {never}; `trimtab backends --probe` asks them"
