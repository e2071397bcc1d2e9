"""A recipe: all that decides an asset's content, known before anything runs."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from pydantic import BaseModel

from assets.building.code import Code, code_of
from assets.building.declared import Dataset, Declared, Given, Names, Released, Trained
from datasets_registry.errors import BadInput
from datasets_registry.hashing import digest
from methods.templates import template_digests
from methods.verifiers.contract import VerifierSettings
from quality.checks.check import Check
from quality.checks.table import checks_of
from training.trainers import Trainer

# conversations and texts as a model's tokens: of completers, and where a method counts them
RENDERING = "generation.chat"
# how the names of parts that are no modules begin or end
ROLE, CHECK, TEXT = "role ", "check ", ".txt"
# most values of settings, which name no plug-in
PLAIN = (str, int, float, type(None))


@dataclass(frozen=True)
class Recipe:
    """An asset's name, what fills its roles, its settings, prompt texts, code and checks.

    ``runs`` names the function of the first of ``modules`` that makes it, where that is one of several.
    ``checked`` are datasets that only its checks read: they are inputs too, so that *passed* never outlives
    the ground on which it was passed.
    """

    name: str
    roles: Mapping[str, Names] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    templates: Names = ()
    modules: Names = ()
    runs: str = ""
    rows: str | None = None
    checked: Names = ()

    @property
    def inputs(self) -> Names:
        """Everything that it is made from or checked against, each once."""
        named = [filler for fillers in self.roles.values() for filler in fillers]
        return tuple(dict.fromkeys([*named, *self.checked]))

    @property
    def checks(self) -> list[Check]:
        """What must hold of the rows."""
        return checks_of(self.rows) if self.rows else []

    @property
    def code_version(self) -> str:
        """Changes with roles, prompt texts, code and checks; not with comments, docstrings or file names."""
        return digest([self._named_roles, self.texts, self.runs, self._code.digest, self._checks])[:16]

    @property
    def version(self) -> str:
        """Changes with the settings too: Dagster's code version."""
        return digest([self.code_version, dict(self.settings)])[:16]

    @property
    def parts(self) -> dict[str, str]:
        """The digests of its roles, prompt texts, modules and checks, by name."""
        named = {
            **{f"{ROLE}{role}": digest(names) for role, names in self._named_roles},
            **{f"{name}{TEXT}": text for name, text in self.texts.items()},
            **self._code.modules,
            **{f"{CHECK}{name}": check for name, check in self._checks.items()},
        }
        return {name: part[:16] for name, part in named.items()}

    @property
    def _named_roles(self) -> list[list[Any]]:
        return sorted([role, list(names)] for role, names in self.roles.items())

    @cached_property
    def texts(self) -> dict[str, str]:
        """The digests of its prompt texts, read once for a graph."""
        return template_digests(self.templates)

    def require_current_code(self) -> None:
        """Raise BadInput where a module was edited since the graph was loaded: a new process would run it."""
        if code_of(self.modules) != self._code:
            raise BadInput(
                f"the code of {self.name} changed since the graph was loaded: reload, then build again"
            )

    @cached_property
    def _code(self) -> Code:
        return code_of(self.modules)

    @cached_property
    def _checks(self) -> dict[str, str]:
        return {check.name: _digest(check) for check in self.checks}


def _digest(check: Check) -> str:
    """What decides the check's figure and verdict; its words do not."""
    measure: object = check.measure
    if callable(check.measure):
        measure = [check.measure.__name__, code_of([check.measure.__module__]).digest]
    words = {"catches", "dataset", "why"}
    return digest(
        {field: value for field, value in asdict(check).items() if field not in words} | {"measure": measure}
    )


def recipe_of(asset: Declared, checked: Names = ()) -> Recipe:
    """The recipe of what a pipeline declares."""
    if isinstance(asset, Dataset):
        return _of_dataset(asset, checked)
    if isinstance(asset, Trained):
        return _of_trained(asset)
    if isinstance(asset, Released):
        return _of_released(asset)
    return _of_given(asset)


def _of_dataset(asset: Dataset, checked: Names) -> Recipe:
    method = asset.method
    waits = {"waits": asset.waits} if asset.waits else {}
    marks = {"thought_marks": dict(asset.thought_marks)} if asset.thought_marks else {}
    return Recipe(
        asset.name,
        roles={**asset.inputs, **asset.models, **waits, **_unless(asset)},
        settings=asset.settings.model_dump(mode="json") | marks,
        templates=tuple(method.prompts(asset.settings)),
        modules=(
            method.run.__module__,
            *plugged_modules(asset.settings),
            *((RENDERING,) if asset.models else ()),
        ),
        runs=method.run.__qualname__,
        rows=method.rows.dataset,
        checked=checked,
    )


def _of_trained(asset: Trained) -> Recipe:
    section = asset.section
    replayed = {"replay": (section.replayed,)} if section.replayed else {}
    scored = {"reward_models": section.reward_models} if section.reward_models else {}
    compared = {"reference": (section.compared_with,)} if section.compared_with else {}
    waits = {"waits": asset.waits} if asset.waits else {}
    learned = {"dataset": (section.dataset,)} if section.dataset else {}
    parts = {"parts": section.training.further_models} if section.training.further_models else {}
    roles = {"base": (section.base,), **learned, **replayed, **scored, **compared, **parts}
    return Recipe(
        asset.name,
        roles={**roles, **waits, **_unless(asset)},
        settings=section.training.content | dict(asset.more),
        templates=(asset.system_prompt,) if asset.system_prompt else (),
        modules=(*_trainer_modules(asset.trainer), *_verifying_modules(asset)),
    )


def _unless(asset: Dataset | Trained) -> dict[str, Names]:
    """The verdict that an asset of a round waits for, by its role."""
    return {"unless": (asset.unless,)} if asset.unless else {}


def _of_released(asset: Released) -> Recipe:
    section = asset.section
    roles = {"policy": (section.policy,), "base": (section.base,), "verdict": (section.verdict,)}
    return Recipe(asset.name, roles=roles)


def _trainer_modules(trainer: Trainer) -> Names:
    """What makes the model, and what ``python -m`` runs to that end."""
    return tuple(dict.fromkeys((trainer.source, trainer.module, f"{trainer.module}.__main__")))


def _verifying_modules(asset: Trained) -> Names:
    """The modules of plug-ins that verify what the model samples."""
    verifier = asset.more.get("verifier")
    return VerifierSettings.model_validate(verifier).modules if verifier else ()


def plugged_modules(value: object) -> Names:
    """The modules of plug-ins that settings name at any depth: all that runs is in the recipe."""
    if isinstance(value, PLAIN):
        return ()
    if isinstance(value, BaseModel):
        own: Names = getattr(value, "modules", ())
        return (*own, *plugged_modules(tuple(vars(value).values())))
    if isinstance(value, Mapping):
        return plugged_modules(tuple(value.values()))
    return tuple(name for part in value for name in plugged_modules(part)) if isinstance(value, tuple) else ()


def _of_given(asset: Given) -> Recipe:
    section = asset.section
    if section.hosted:
        engine = section.engine
        thinks = {} if section.thinking is None else {"thinking": section.thinking}
        served = {"model": section.known_as, "served_revision": engine.served_revision}
        return Recipe(asset.name, settings=served | thinks)
    pinned = {"revision": section.revision} if section.revision else {}
    told = {"thinking": section.thinking, "system": section.system}
    told = {name: value for name, value in told.items() if value is not None}
    return Recipe(asset.name, settings={"model": section.model, **pinned, **told})
