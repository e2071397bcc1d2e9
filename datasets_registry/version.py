"""A version: named, numbered, immutable content; the derivation that made it; the checks that it passed."""

import re
from collections.abc import Mapping
from string import ascii_lowercase, digits
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from datasets_registry.errors import BadInput
from datasets_registry.hashing import digest

LONGEST_NAME = 100
LONGEST_EXPERIMENT = 30
MOST_PARTS = 4
# how the names of experiments' versions begin, such as ``experiments/beta_03/cai_sft``; and what the line is
# called that is no experiment, also before names in it where an experiment has its own
EXPERIMENTS, MAIN_LINE = "experiments", "main"
# views of catalog.duckdb that are not datasets, and what a check's SQL calls the version that it reads
TAKEN_NAMES = ("versions", "lineage", "checks", "models", "completions", "judgements", "rounds", "this")
# experiments have schemas of catalog.duckdb, beside its own and DuckDB's
TAKEN_EXPERIMENTS = (
    *(MAIN_LINE, EXPERIMENTS, "catalog", "temp", "system", "memory", "information_schema", "pg_catalog"),
)
# how the code version of a derivation begins where a person imported the rows
IMPORT = "import:"
# nine digits: no catalog counts further
NUMBER = re.compile(r"[1-9][0-9]{0,8}")
# a name that people give a version beside its number
TAG = re.compile(r"[a-z][a-z0-9]*(?:[._-][a-z0-9]+)*")
_REFERENCE = re.compile(rf"([^@]+)(?:@(?:({NUMBER.pattern})|({TAG.pattern})))?")
# each would name another version tomorrow, as NAME alone does
MOVING = ("latest", "newest")
Status = Literal["candidate", "passed", "failed"]
# of a dataset its objects, key and schema, and of a model its path: JSON, as the catalog stores it
Content = dict[str, Any]


class Version(BaseModel):
    """One version of a dataset or model as the catalog has it.

    ``name`` is what the registry that found it calls it: plain in the registry's own line, and whole where it
    stands in another. In text it is always whole.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    number: int
    kind: Literal["dataset", "model"]
    data_version: str
    status: Status
    num_rows: int | None
    content: Content
    created_at: str
    experiment: str = ""

    def __str__(self) -> str:
        return f"{self.whole}@{self.number}"

    @property
    def whole(self) -> str:
        """Its name in every line, which is the catalog's."""
        return full_name(self.experiment, self.plain)

    @property
    def plain(self) -> str:
        """Its name without its experiment's."""
        return plain_name(self.name)

    @property
    def shas(self) -> list[str]:
        """The hashes of a dataset's objects, in key order."""
        return [sha for sha, _ in self.content["objects"]]

    @property
    def learned_version(self) -> str:
        """The identity of what is learned from it: of rows without the columns that say where they came from.

        It is the data version of models, and of datasets without such columns or from before it was recorded.
        """
        return str(self.content.get("learned_version", self.data_version))


class Derivation(BaseModel):
    """How a version is made: code, settings and the exact versions of its inputs.

    ``parts`` are the digests of the texts and modules behind ``code_version``, by name, so that a change can
    be named; empty where they were not recorded.
    """

    model_config = ConfigDict(frozen=True)

    code_version: str
    settings: Mapping[str, object]
    inputs: tuple[Version, ...]
    run_id: str | None = None
    parts: Mapping[str, str] = {}

    @property
    def is_import(self) -> bool:
        """Whether a person imported the rows."""
        return self.code_version.startswith(IMPORT)

    @property
    def recipe(self) -> str:
        """A digest of code, settings and what is learned from inputs; the same for another run of them.

        No experiment is in it, so that what is made alike in two of them is one content.
        """
        inputs = sorted((version.plain, version.learned_version) for version in self.inputs)
        return digest([self.code_version, dict(self.settings), inputs])


class CheckResult(BaseModel):
    """The result of a check of a version; ``value`` is compared with ``threshold``."""

    model_config = ConfigDict(frozen=True)

    check: str
    passed: bool
    severity: Literal["error", "warning"]
    value: float | None
    threshold: float | None
    description: str


def parsed_reference(reference: str) -> tuple[str, int | str | None]:
    """The name, and the number in ``cai_sft@3``, the tag in ``cai_sft@paper`` or None in ``cai_sft`` alone.

    Raises BadInput for every other form.
    """
    match = _REFERENCE.fullmatch(reference)
    if match is None or match[3] in MOVING:
        name = reference.partition("@")[0] or "NAME"
        raise BadInput(f"{reference!r} is not a version: write {name}@1, or {name} for the latest")
    return match[1], match[3] if match[2] is None else int(match[2])


def numbered_reference(reference: str) -> tuple[str, int | None]:
    """The same where no tag will do, as a tag can be moved; raises BadInput for one too."""
    name, which = parsed_reference(reference)
    if isinstance(which, str):
        raise BadInput(f"{reference!r} names a tag, which can be moved: write the number, such as {name}@1")
    return name, which


def full_name(experiment: str, plain: str) -> str:
    """The name that a version has everywhere, such as ``experiments/beta_03/cai_sft``."""
    return f"{EXPERIMENTS}/{experiment}/{plain}" if experiment else plain


def experiment_of(name: str) -> str:
    """The experiment in a whole name; empty in those of the main line."""
    first, _, rest = name.partition("/")
    return rest.partition("/")[0] if first == EXPERIMENTS and "/" in rest else ""


def plain_name(name: str) -> str:
    """A name without the line that it stands in."""
    if experiment := experiment_of(name):
        return name.removeprefix(f"{EXPERIMENTS}/{experiment}/")
    return name.removeprefix(f"{MAIN_LINE}/")


def validated_experiment(name: str) -> str:
    """``name`` itself, such as ``beta_03``; raises BadInput with what is wrong."""
    problem = _experiment_problem(name)
    if problem:
        raise BadInput(f"experiment {name[:LONGEST_NAME]!r} is not usable: {problem}")
    return name


def _experiment_problem(name: str) -> str | None:
    if not name:
        return "it is empty; write a name such as 'beta_03', or leave it out"
    if len(name) > LONGEST_EXPERIMENT:
        return f"it has {len(name)} characters, and may have {LONGEST_EXPERIMENT}"
    if name in TAKEN_EXPERIMENTS or name.startswith("by_version"):
        return "Trimtab itself uses this name; choose another, or leave it out for the main line"
    if problem := characters_problem(name, "_", " and underscores"):
        return problem
    return None if name[0] in ascii_lowercase else "it does not begin with a letter"


def validated_name(name: str) -> str:
    """``name`` itself, such as ``cai_sft`` or ``round_02/cai_sft``; raises BadInput with what is wrong."""
    problem = _name_problem(name)
    if problem:
        raise BadInput(f"name {name[:LONGEST_NAME]!r} is not usable: {problem}")
    return name


def _name_problem(name: str) -> str | None:
    if len(name) > LONGEST_NAME:
        return f"it has {len(name)} characters, and may have {LONGEST_NAME}"
    if name in TAKEN_NAMES:
        return f"Trimtab itself uses {', '.join(TAKEN_NAMES)}; choose another"
    if problem := characters_problem(name, "_/", ", underscores and slashes"):
        return problem
    parts = name.split("/")
    if len(parts) > 1 and parts[0] in (EXPERIMENTS, MAIN_LINE):
        return f"names that begin with '{parts[0]}/' are Trimtab's own; let it begin with another word"
    if len(parts) > MOST_PARTS:
        return f"it has {len(parts)} parts between slashes, and may have {MOST_PARTS}"
    odd = next((part for part in parts if part[:1] not in {*ascii_lowercase}), None)
    return None if odd is None else f"its part {odd!r} does not begin with a letter"


def characters_problem(name: str, others: str, said: str) -> str | None:
    """What is wrong with a name's characters; ``others`` than lower-case letters and digits are ``said``."""
    if name != name.lower():
        return f"it has capitals; write {name.lower()!r}"
    odd = sorted({*name} - {*ascii_lowercase, *digits, *others})
    return f"it has {odd[0]!r}; use lower-case letters, digits{said}" if odd else None
