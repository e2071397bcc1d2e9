"""What the demo draws itself: completions of models through the ledger, and findings that are kept."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from pydantic import TypeAdapter

from assets.building.inputs import GraphModel
from assets.demo.finding import Finding
from assets.profile.models import TrainedModel
from assets.profile.profile import Profile
from datasets_registry.hashing import digest
from datasets_registry.registry import Registry
from datasets_registry.settings import Settings
from datasets_registry.state import durable
from datasets_registry.version import Version
from generation.completer import Completer
from generation.spending import Meter

ASSET = "demo"
Report = Callable[[str], None]
_FINDINGS = TypeAdapter(list[Finding])


@contextmanager
def completing(model: Version, profile: Profile, registry: Registry, report: Report) -> Iterator[Completer]:
    """A model of the graph behind the ledger."""
    given, meter = profile.given(model.name), Meter(budget=profile.budget)
    with GraphModel(model, given, registry, ASSET, report, meter).completer() as complete:
        yield complete


def kept(
    registry: Registry,
    versions: Iterable[Version],
    settings: Settings,
    find: Callable[[], Iterable[Finding]],
) -> list[Finding]:
    """The findings of these versions, which are found once."""
    known = [list(Finding.model_fields), *(each.data_version for each in versions)]
    identity = digest([*known, settings.model_dump(mode="json")])
    path = registry.state.root / ASSET / f"{identity[:16]}.json"
    if path.is_file():
        return _FINDINGS.validate_json(path.read_bytes())
    findings = list(find())
    _keep(path, findings)
    return findings


def _keep(path: Path, findings: Sequence[Finding]) -> None:
    path.parent.mkdir(exist_ok=True)
    with durable(path) as temporary:
        temporary.write_text(
            json.dumps([each.model_dump(mode="json") for each in findings]), encoding="utf-8"
        )


def learners(profile: Profile, base: str | None, dataset: str) -> Mapping[str, TrainedModel]:
    """The models that learned ``dataset`` from where ``base`` stood."""
    return {
        name: section
        for name, section in profile.models.items()
        if isinstance(section, TrainedModel) and (section.base, section.dataset) == (base, dataset)
    }


def taught(profile: Profile, base: str | None, selected: str, drawn: str) -> tuple[str | None, str | None]:
    """The model that learned what was selected, and the one that learned what was drawn in the same way."""
    after = next(iter(learners(profile, base, selected).items()), None)
    if after is None:
        return None, None
    name, section = after
    controls = learners(profile, base, drawn).items()
    same = (model for model, control in controls if _is_alike(section, control))
    return name, next(same, None)


def _is_alike(section: TrainedModel, control: TrainedModel) -> bool:
    ignored = {"dataset"}
    return section.model_dump(exclude=ignored) == control.model_dump(exclude=ignored)
