"""What is known to be wrong with a model version, or not known of it: a sentence each, all from records."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from datasets_registry.cards.licences import lineage_of, row_licences
from datasets_registry.importing.importing import NO_LICENCE
from datasets_registry.inspecting.facts import is_given
from datasets_registry.inspecting.listing import behind
from datasets_registry.inspecting.origins import origin
from datasets_registry.registry import Registry
from datasets_registry.rows.judges import JudgeFigure
from datasets_registry.rows.types import rows_of
from datasets_registry.version import Version

# the 95 % interval of a share measured on fewer is about a tenth on either side, or wider
FEW = 100


def known_limits(registry: Registry, version: Version, shown: Mapping[str, Any]) -> list[str]:
    """Of ``version``, which ``show_model`` tells as ``shown``, and of all that it was made from.

    Status, newer data, lost rows, few items, red checks, judges that are not shown to hold, and licences
    that nobody stated.
    """
    lineage = list(lineage_of(registry, version))
    return [
        *_states(registry, lineage),
        *_rows(shown["rows"]),
        *_measured(registry, version, shown),
        *_checks(registry, lineage),
        *_certificates(registry, lineage),
        *_licences(registry, lineage),
    ]


def _states(registry: Registry, lineage: Sequence[Version]) -> Iterator[str]:
    for one in lineage:
        if one.status != "passed":
            yield f"{one} is {one.status}: it has not passed its checks."
        if newer := behind(registry, one):
            yield f"{one} is behind {', '.join(newer)}: passed since, and not what it was made from."


def _rows(rows: Mapping[str, int]) -> Iterator[str]:
    given, trained = rows.get("given"), rows.get("trained")
    if given is not None and trained is not None and trained < given:
        others = [f"{name} {count}" for name, count in rows.items() if name not in ("given", "trained")]
        yield f"Of {given} rows given, {trained} were trained on ({', '.join(others) or 'no reason told'})."


def _measured(registry: Registry, version: Version, shown: Mapping[str, Any]) -> Iterator[str]:
    held_out = shown["rows"].get("held_out")
    measured = any(name.startswith("held_out_") for name in shown["metrics"])
    if measured and held_out is not None and held_out < FEW:
        yield f"Its held-out figures are of {held_out} rows."
    if not measured and not shown["evaluations"] and not is_given(registry, version):
        yield "Nothing was held out of its training, and no evaluation took it as an input."
    for one in shown["evaluations"]:
        counts = [figure["num_items"] for figure in one["figures"] if figure.get("num_items") is not None]
        if counts and min(counts) < FEW:
            yield f"{one['version']} measures it on {min(counts)} items where they are fewest."


def _checks(registry: Registry, lineage: Sequence[Version]) -> Iterator[str]:
    for one in lineage:
        yield from (f"{one} {said}." for said in red_checks(registry, one))


def red_checks(registry: Registry, version: Version) -> list[str]:
    """``warns: …`` or ``failed: …``, of each check of ``version`` that did not pass."""
    words = {"warning": "warns", "error": "failed"}
    return [
        f"{words[one.severity]}: {'' if one.description.startswith(one.check) else f'{one.check}: '}"
        f"{one.description}"
        for one in registry.checks(version)
        if not one.passed
    ]


def _certificates(registry: Registry, lineage: Sequence[Version]) -> Iterator[str]:
    """Figures that are not shown to hold, of judges whose judgements went in: the newest certificate's."""
    newest: dict[str, Version] = {}
    for given in lineage:
        for one in registry.built_from(given):
            if _certifies(registry, one, lineage) and one.number >= newest.get(one.name, one).number:
                newest[one.name] = one
    for one in newest.values():
        bounded = [
            row
            for row in registry.rows(JudgeFigure, one)
            if row.at_least is not None or row.at_most is not None
        ]
        yield from (f"{one}: {_unheld(row)}." for row in bounded if not row.holds)


def _certifies(registry: Registry, version: Version, lineage: Sequence[Version]) -> bool:
    """Whether ``version`` is a certificate of what is in ``lineage``, and of no other version of it."""
    if version.kind != "dataset" or rows_of(version) != JudgeFigure.dataset:
        return False
    names, there = {one.name for one in lineage}, set(map(str, lineage))
    inputs = registry.derivation(version).inputs
    return all(str(one) in there for one in inputs if one.name in names)


def _unheld(row: JudgeFigure) -> str:
    bounds = [f"at least {row.at_least:g}"] if row.at_least is not None else []
    bounds += [f"at most {row.at_most:g}"] if row.at_most is not None else []
    measured = "was not measured"
    if row.value is not None and row.low is not None and row.high is not None:
        measured = f"is {row.value:.4g} (95 % interval {row.low:.4g} to {row.high:.4g})"
    return f"{row.figure} of {row.judge} on {row.policy} {measured}, not shown to be {' and '.join(bounds)}"


def _licences(registry: Registry, lineage: Sequence[Version]) -> Iterator[str]:
    for one in lineage:
        if one.kind == "dataset" and NO_LICENCE in row_licences(registry, one):
            yield f"The licence of rows of {one} was not stated."
        if is_given(registry, one) and origin(registry, one).licence is None:
            yield f"The licence of {one} ({origin(registry, one).said}) is not known."
