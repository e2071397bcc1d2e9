"""Bad profiles: each field of each section, and files that are none."""

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from assets.profile.chosen import FOLDER
from assets.profile.profile import Profile
from benchmarks.sides.bad_inputs.case import Case
from benchmarks.sides.bad_inputs.contents import damaged, toml, with_fault
from benchmarks.sides.bad_inputs.faults import Fault, faults
from training.trainers import TRAINERS

AREA = "profile"
FILE = "profile.toml"
# a suite of one item, which each profile's folder has
SUITE = "suite.json"
ITEM: Mapping[str, object] = {
    "input": "Name a colour.",
    "output_1": "Blue.",
    "output_2": "Seven.",
    "label": 1,
}
# sections that the default profile leaves out
MORE: Mapping[str, Mapping[str, object]] = {
    "judges": {
        "human_agreement": {},
        "certificate": {"bounds": {"parse_rate": {"at_least": 0.5}}},
        "benchmark": {"judges": ["base_policy"], "files": {"llmbar": f"{{folder}}/{SUITE}"}},
    },
    "cai": {"mix": {}},
    "card": {"tflops": 100.0, "bandwidth_gb": 1000.0},
}


def shipped() -> dict[str, Any]:
    """The default profile, with the sections that may be added to it."""
    content = tomllib.loads((FOLDER / "laptop.toml").read_text(encoding="utf-8"))
    for section, parts in MORE.items():
        content[section] = {**content.get(section, {}), **parts}
    return content


def profile_cases() -> Iterator[Case]:
    """Every bad profile."""
    content = shipped()
    found = [*faults(Profile, content), *_training_faults(content), *_model_faults(), *_suite_faults()]
    for fault in _each_once(found, content):
        yield plan_of(AREA, fault.name, toml(with_fault(content, fault)).encode(), _names(fault))
    for kind, written in damaged(toml(content), "# café"):
        yield plan_of(AREA, f"file {kind}", written, (FILE,))
    yield plan_of(AREA, "key twice", f"{toml(content)}description = 'again'".encode(), (FILE,))


def plan_of(area: str, name: str, profile: bytes, names: tuple[str, ...], **files: bytes) -> Case:
    """A plan of a profile; ``files`` are those beside it, by their names without the ending."""
    return Case(
        area,
        name,
        "assets.cli",
        ("plan",),
        names,
        {FILE: profile, SUITE: json.dumps([ITEM]).encode(), **files},
        {"TRIMTAB_PROFILE": FILE},
    )


def _each_once(found: Sequence[Fault], content: Mapping[str, Any]) -> Iterator[Fault]:
    """One of the faults that differ only in which model of a kind, or which member of a table, has them."""
    seen = set()
    for fault in found:
        kind, place = "", fault.place
        if place[0] == "models" and place[2:]:
            section = content["models"].get(place[1], {})
            kind, place = section.get("trainer", "given") if place[3:] else "", place[2:]
        if place[0] == "sampler_engine":
            # of no trainer of this profile; run configs have its faults
            continue
        if (kind, place, fault.kind) not in seen:
            seen.add((kind, place, fault.kind))
            yield fault


def _training_faults(content: Mapping[str, Any]) -> Iterator[Fault]:
    """Those of each trained model's settings, which are of its own trainer."""
    for name, section in content["models"].items():
        if "trainer" in section:
            place = ("models", name, "training")
            yield from faults(TRAINERS[section["trainer"]].settings, section["training"], place)


def _model_faults() -> Iterator[Fault]:
    place = ("models", "base_policy", "model")
    for value in ("", "nope", "./nope", "/no/such/model", "a/b/c", "owner/na me", "a\tb", "x" * 5_000):
        yield Fault(place, f"is {value[:20]!r}", value)
    yield Fault(("models", "base_policy", "revision"), "of no hub id", "main")
    yield Fault(("models", "base_policy", "backend"), "unknown", "nonsense")
    yield Fault(("rlaif", "judge", "signals"), "one twice", {"helpful": ["helpfulness", "helpfulness"]})
    yield Fault(("rlaif", "judge", "judges"), "one twice", ["base_policy", "base_policy"])
    for tracker in ("nonsense", "all", "neptune", "clearml"):
        yield Fault(("tracking", "report_to"), f"{tracker} is not there", [tracker])


def _suite_faults() -> Iterator[Fault]:
    place = ("judges", "benchmark")
    for value in (3, ["a"], "", "no-such.json", "a\0b", f"{{folder}}/{FILE}", "x" * 5_000):
        yield Fault((*place, "files", "llmbar"), f"is {str(value)[:20]!r}", value)
    yield Fault((*place, "files", "processbench"), "of another suite", f"{{folder}}/{SUITE}")
    yield Fault((*place, "files"), "empty table", {})
    yield Fault((*place, "judges"), "no model", ["nonsense"])
    yield Fault((*place, "ways"), "one twice", ["text", "text"])


def _names(fault: Fault) -> tuple[str, ...]:
    """What a refusal has to name: the field, or the table that lacks it."""
    return (str(fault.place[-1]),)
