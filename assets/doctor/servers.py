"""The servers of hosted models as the doctor looks at them: what was seen, and what is asked of them."""

from collections.abc import Iterable, Iterator

from assets.building.declared import Declared
from assets.building.serving import unserved
from assets.doctor.finding import Finding, refusals, refused
from assets.profile.models import GivenModel
from assets.profile.profile import Profile
from datasets_registry.state import State
from generation.capabilities.probing import KINDS
from generation.capabilities.stored import newest


def look_at_servers(profile: Profile, declared: Iterable[Declared], state: State) -> list[Finding]:
    """What was seen of each hosted model's server, and each way of asking a judge that it does not serve."""
    findings: list[Finding] = []
    with refusals("servers", findings):
        findings += _probes(profile, state)
        findings += (refused("servers", sentence) for sentence in unserved(declared, profile, state))
    return findings


def _probes(profile: Profile, state: State) -> Iterator[Finding]:
    for name, given in profile.models.items():
        if not isinstance(given, GivenModel) or not given.hosted or given.backend not in KINDS:
            continue
        probe = newest(state.models, given.backend, given.engine)
        if probe is None:
            yield Finding("servers", f"{name} was never probed: `trimtab backends {name} --probe` looks")
        else:
            yield Finding("servers", f"{name} on {probe.at:%Y-%m-%d} {probe.summary}")
