"""Two experiments side by side: what differs in settings, rows, labels and models, and what one has alone."""

from collections.abc import Iterator, Mapping

from datasets_registry.catalog.line import line_of, require_experiment
from datasets_registry.inspecting.comparison import Comparison, Flip, RowCounts
from datasets_registry.inspecting.model_facts import manifest_of
from datasets_registry.inspecting.recipe_changes import SettingChange, part_changes, setting_changes
from datasets_registry.inspecting.record import Record
from datasets_registry.registry import Registry
from datasets_registry.rows.types import row_type
from datasets_registry.version import MAIN_LINE, Version, validated_experiment
from datasets_registry.views.scanning import scanning


class AssetDifference(Record):
    """The newest versions of one name in both experiments, None where one has none.

    ``parts`` are roles, prompt texts, modules and checks that differ. Of datasets that differ the rows and
    flipped labels are counted, and of models the loss is shown.
    """

    name: str
    before: str | None
    after: str | None
    same: bool
    settings: tuple[SettingChange, ...] = ()
    parts: tuple[str, ...] = ()
    rows: RowCounts | None = None
    labels: Mapping[str, tuple[Flip, ...]] = {}
    losses: tuple[float | None, float | None] | None = None


def lines_of(registry: Registry, *named: str) -> tuple[Registry, ...]:
    """The registry by the names of each experiment, or of ``main``.

    Raises BadInput for one in which nothing was built.
    """
    for name in named:
        if name != MAIN_LINE:
            require_experiment(registry.engine, validated_experiment(name))
    plain = ("" if name == MAIN_LINE else name for name in named)
    return tuple(registry.of(line_of(registry.engine, name)) for name in plain)


def asset_differences(before: Registry, after: Registry) -> Iterator[AssetDifference]:
    """Each dataset and model that either has of its own, by name; imports are shared by all."""
    old, new = _newest(before), _newest(after)
    for name in sorted(old.keys() | new.keys()):
        if name in old and name in new:
            yield _compared(name, before, after, old[name], new[name])
        else:
            yield AssetDifference(
                name=name, before=_text(old.get(name)), after=_text(new.get(name)), same=False
            )


def _newest(registry: Registry) -> dict[str, Version]:
    names = {*registry.names("dataset"), *registry.names("model")}
    newest = {name: version for name in names if (version := registry.newest(name))}
    return {name: each for name, each in newest.items() if not registry.derivation(each).is_import}


def _text(version: Version | None) -> str | None:
    return str(version) if version else None


def _compared(name: str, before: Registry, after: Registry, old: Version, new: Version) -> AssetDifference:
    made, made_now = before.derivation(old), after.derivation(new)
    same = old.data_version == new.data_version
    rows, labels = (None, {}) if same or old.kind == "model" else _of_rows(after, old, new)
    losses = (_loss(before, old), _loss(after, new)) if old.kind == "model" and not same else None
    return AssetDifference(
        name=name,
        before=str(old),
        after=str(new),
        same=same,
        settings=tuple(setting_changes(made.settings, made_now.settings)),
        parts=tuple(part_changes(made.parts, made_now.parts)),
        rows=rows,
        labels=labels,
        losses=losses,
    )


def _of_rows(
    registry: Registry, old: Version, new: Version
) -> tuple[RowCounts | None, Mapping[str, tuple[Flip, ...]]]:
    """The counts of rows and the flips of labels; none where rows cannot be matched by key."""
    if row_type(old).key != row_type(new).key:
        return None, {}
    with scanning(registry.state) as connection:
        comparison = Comparison(connection, registry, old, new)
        flips = {label: comparison.flips(label) for label in comparison.labels}
        return comparison.counts(), {label: found for label, found in flips.items() if found}


def _loss(registry: Registry, version: Version) -> float | None:
    return manifest_of(registry, version).metrics.get("loss")
