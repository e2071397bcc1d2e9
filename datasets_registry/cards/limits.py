"""What is known to be wrong with a model version, or not known about it, in sentences, all from records."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from datasets_registry.cards.licences import lineage_of, row_licences
from datasets_registry.catalog.kept import kept_since
from datasets_registry.importing.importing import NO_LICENCE
from datasets_registry.inspecting.listing import behind
from datasets_registry.inspecting.model_details import ModelDetails
from datasets_registry.inspecting.model_facts import is_given
from datasets_registry.inspecting.origins import origin
from datasets_registry.registry import Registry
from datasets_registry.rows.judges import JudgeFigure
from datasets_registry.rows.types import rows_of
from datasets_registry.version import CheckResult, Version

# of a share measured on fewer, the 95 % interval is about a tenth on either side, or wider
FEW = 100


def known_limits(registry: Registry, version: Version, details: ModelDetails) -> list[str]:
    """The limits of ``version``, whose details are given, and of all that it was made from.

    They are status, newer data, code that was waived, dropped rows, few items, red checks, judges whose
    certificate does not hold, and licences that nobody stated.
    """
    lineage = list(lineage_of(registry, version))
    return [
        *_states(registry, lineage),
        *kept_sentences(registry, lineage),
        *_rows(details.facts.rows),
        *_measured(registry, version, details),
        *_checks(registry, lineage),
        *_certificates(registry, lineage),
        *_licences(registry, lineage),
    ]


def _states(registry: Registry, lineage: Sequence[Version]) -> Iterator[str]:
    for version in lineage:
        if version.status != "passed":
            yield f"{version} is {version.status}: it has not passed its checks."
        if newer := behind(registry, version):
            yield f"{version} is behind {', '.join(newer)}, which passed after it was made."


def kept_sentences(registry: Registry, lineage: Iterable[Version]) -> Iterator[str]:
    """What people kept of the versions of ``lineage``: who, when, why, and which modules differed."""
    for version in lineage:
        code = registry.derivation(version).code_version
        for waiver in kept_since(registry.kept(version.name), code):
            yield f"{version} is of earlier code, {waiver}. What differed: {waiver.differences}."


def _rows(rows: Mapping[str, int]) -> Iterator[str]:
    given, trained = rows.get("given"), rows.get("trained")
    if given is not None and trained is not None and trained < given:
        others = [f"{name} {count}" for name, count in rows.items() if name not in ("given", "trained")]
        reasons = ", ".join(others) or "no reason recorded"
        yield f"Of {given} rows given, {trained} were trained on ({reasons})."


def _measured(registry: Registry, version: Version, details: ModelDetails) -> Iterator[str]:
    held_out = details.facts.rows.get("held_out")
    measured = any(name.startswith("held_out_") for name in details.facts.metrics)
    if measured and held_out is not None and held_out < FEW:
        yield f"Its held-out figures come from only {held_out} rows."
    if not measured and not details.evaluations and not is_given(registry, version):
        yield "Nothing was held out of its training, and no evaluation took it as an input."
    for evaluation in details.evaluations:
        counts = [figure["num_items"] for figure in evaluation.figures if figure.get("num_items") is not None]
        if counts and min(counts) < FEW:
            yield f"{evaluation.version} has a figure of it from only {min(counts)} items."


def _checks(registry: Registry, lineage: Sequence[Version]) -> Iterator[str]:
    for version in lineage:
        yield from (f"{version} {finding}." for finding in red_checks(registry, version))


def red_checks(registry: Registry, version: Version) -> list[str]:
    """``warns: …`` or ``failed: …`` for each check that ``version`` did not pass."""
    return [_finding(check) for check in registry.checks(version) if not check.passed]


def _finding(check: CheckResult) -> str:
    verb = {"warning": "warns", "error": "failed"}[check.severity]
    name = "" if check.description.startswith(check.check) else f"{check.check}: "
    return f"{verb}: {name}{check.description}"


def _certificates(registry: Registry, lineage: Sequence[Version]) -> Iterator[str]:
    """Figures out of bounds in the newest certificates of the judges whose judgements went in."""
    newest: dict[str, Version] = {}
    for version in lineage:
        for built in registry.built_from(version):
            if _certifies(registry, built, lineage) and built.number >= newest.get(built.name, built).number:
                newest[built.name] = built
    for certificate in newest.values():
        for figure in registry.rows(JudgeFigure, certificate):
            if not figure.holds and (figure.at_least is not None or figure.at_most is not None):
                yield f"{certificate}: {_unheld(figure)}."


def _certifies(registry: Registry, version: Version, lineage: Sequence[Version]) -> bool:
    """Whether ``version`` is a certificate of versions in ``lineage``, and of no others by their names."""
    if version.kind != "dataset" or rows_of(version) != JudgeFigure.dataset:
        return False
    names, versions = {used.name for used in lineage}, set(map(str, lineage))
    inputs = registry.derivation(version).inputs
    return all(str(used) in versions for used in inputs if used.name in names)


def _unheld(figure: JudgeFigure) -> str:
    bounds = [f"at least {figure.at_least:g}"] if figure.at_least is not None else []
    bounds += [f"at most {figure.at_most:g}"] if figure.at_most is not None else []
    measured = "was not measured"
    if figure.value is not None and figure.low is not None and figure.high is not None:
        measured = f"is {figure.value:.4g} (95 % interval {figure.low:.4g} to {figure.high:.4g})"
    return (
        f"{figure.figure} of {figure.judge} on {figure.policy} {measured}, "
        f"not shown to be {' and '.join(bounds)}"
    )


def _licences(registry: Registry, lineage: Sequence[Version]) -> Iterator[str]:
    for version in lineage:
        if version.kind == "dataset" and NO_LICENCE in row_licences(registry, version):
            yield f"The licence of rows of {version} was not stated."
        if is_given(registry, version) and origin(registry, version).licence is None:
            yield f"The licence of {version} ({origin(registry, version).description}) is not known."
