"""Whether judges' servers serve the way in which they are asked, by what their probes saw."""

from collections.abc import Iterable, Iterator, Sequence

from pydantic import BaseModel

from assets.building.declared import Dataset, Declared
from assets.profile.models import GivenModel
from assets.profile.profile import Profile
from datasets_registry.errors import BadInput
from datasets_registry.state import State
from generation.capabilities.capability import Name, Probe
from generation.capabilities.probing import KINDS
from generation.capabilities.stored import newest
from methods.judging.asking import Asking
from methods.judging.score import ScoreSettings
from methods.prm.judge import StepJudgeSettings

Need = tuple[Name, str, str]
_WAYS = "judges.benchmark.ways"
_ROLES = ("judge", "judges")
_IN_WORDS = "set verdicts = 'text' there, and samples = 5 for a confidence"


def require_served(declared: Iterable[Declared], profile: Profile, state: State) -> None:
    """Raise BadInput where a judge would be asked in a way that its server was seen not to serve."""
    for sentence in unserved(declared, profile, state):
        raise BadInput(sentence)


def unserved(declared: Iterable[Declared], profile: Profile, state: State) -> Iterator[str]:
    """A sentence with the remedy for each judge and each way of asking that its server does not serve."""
    sentences = (
        sentence
        for asset in declared
        if isinstance(asset, Dataset)
        for judge, probe in _probed_judges(asset, profile, state)
        for asking, place in _askings(asset.settings)
        if (sentence := _refusal(judge, probe, _needed(asking, place, profile.given(judge)))) is not None
    )
    # several assets ask one judge in one way
    yield from dict.fromkeys(sentences)


def _probed_judges(dataset: Dataset, profile: Profile, state: State) -> Iterator[tuple[str, Probe]]:
    judges = [name for role in _ROLES for name in dataset.models.get(role, ())]
    for judge in judges:
        given = profile.given(judge)
        if given.backend not in KINDS:
            continue
        probe = newest(state.models, given.backend, given.engine)
        if probe:
            yield judge, probe


def _askings(settings: object) -> Iterator[tuple[Asking, str]]:
    """Every way of asking in ``settings``, and the profile's section that says it."""
    if isinstance(settings, StepJudgeSettings):
        yield settings.asking, "prm.judging"
    elif isinstance(settings, Asking):
        yield settings, "judges.scores" if isinstance(settings, ScoreSettings) else "rlaif.judge"
    elif isinstance(settings, BaseModel):
        for name in type(settings).model_fields:
            yield from _askings(getattr(settings, name))
    elif isinstance(settings, tuple):
        # a judge that is measured is asked in its usual way first, then in others
        for place, way in enumerate(settings):
            yield from ((asking, _WAYS if place else section) for asking, section in _askings(way))


def _refusal(judge: str, probe: Probe, needed: Sequence[Need]) -> str | None:
    for name, way, remedy in needed:
        if _lacks(probe, name):
            capability = probe.capabilities[name]
            return (
                f"{way}, which the server of [models.{judge}] {_VERBS[capability.verdict]} (seen on "
                f"{probe.at:%Y-%m-%d}: {capability.seen}): {remedy}, or take another judge; "
                f"`trimtab backends {judge} --probe` looks again"
            )
    return None


def _lacks(probe: Probe, name: Name) -> bool:
    # a judge whose temperature is not heeded gives verdicts all the same
    refused = name in probe.capabilities and probe.capabilities[name].verdict == "refused"
    return refused if name == "temperature" else probe.lacks(name)


_VERBS = {"ignored": "ignores", "refused": "refuses"}


def _needed(asking: Asking, place: str, judge: GivenModel) -> Sequence[Need]:
    """The capabilities that asking a judge so needs, each with what asks for it and the remedy."""
    needed: list[Need] = []
    if judge.engine.batch_from is not None:
        needed.append(("batch", "engine.batch_from needs batches", "take it out of engine"))
    said = f"{place}: " if place == _WAYS else f"{place}.verdicts = "
    remedy = f"leave {asking.verdicts!r} out there" if place == _WAYS else _IN_WORDS
    if asking.verdicts == "probabilities":
        needed.append(("logprobs", f"{said}'probabilities' needs log-probabilities", remedy))
    if asking.verdicts == "schema":
        needed.append(("schema", f"{said}'schema' needs a JSON schema", remedy))
    if not asking.in_own_turn:
        way = f"{place}.begun = true needs an unfinished turn that is continued"
        needed.append(("continuation", way, "leave begun out, or set it to false"))
    if asking.verdicts != "probabilities" and asking.samples == 1 and asking.greedy:
        way = f"{place}: a single reply in words is greedy and needs temperature 0"
        needed.append(("temperature", way, "set greedy = false there, or samples = 5 for a confidence"))
    return needed
