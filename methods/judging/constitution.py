"""The constitution: principles that critique, revise and compare, read from TOML."""

from collections.abc import Collection
from pathlib import Path

from pydantic import Field, model_validator

from datasets_registry.documents import read_toml, validated
from datasets_registry.errors import BadInput
from datasets_registry.rows.words import Signal
from datasets_registry.settings import Settings
from methods.judging.rules import Rule


class Principle(Settings):
    """One principle of a constitution."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    signal: Signal = "harmlessness"
    critique_request: str = ""
    revision_request: str = ""
    preference_question: str = ""
    rule: Rule | None = Field(None, description="Decides in place of a judge, and measures one that is asked")

    @property
    def revises(self) -> bool:
        """Whether answers are criticised and revised by it."""
        return bool(self.critique_request)

    @model_validator(mode="after")
    def _says_something(self) -> "Principle":
        if not self.preference_question and self.rule is None:
            raise ValueError(f"principle {self.id!r} has neither a preference_question nor a rule: write one")
        if bool(self.critique_request) != bool(self.revision_request):
            raise ValueError(
                f"principle {self.id!r} has one of critique_request and revision_request: write both or "
                "neither"
            )
        if self.rule is None and not self.revises:
            raise ValueError(f"principle {self.id!r} has no critique_request: write one, or give it a rule")
        return self


class Constitution(Settings):
    """A named set of principles."""

    name: str
    principles: tuple[Principle, ...]

    @property
    def ids(self) -> list[str]:
        """The principles' ids, in the file's order."""
        return [principle.id for principle in self.principles]

    @property
    def rules(self) -> dict[str, Rule]:
        """The rules that a program decides of one response alone, by principle."""
        ruled = {principle.id: principle.rule for principle in self.principles if principle.rule}
        return {name: rule for name, rule in ruled.items() if not rule.needs_two}

    def of_signal(self, signal: Signal, asker: str) -> tuple[Principle, ...]:
        """The principles of ``signal``; raises BadInput naming ``asker`` where there is none."""
        principles = tuple(principle for principle in self.principles if principle.signal == signal)
        if not principles:
            raise BadInput(
                f"constitution {self.name!r} has no principle of {signal}, which the profile's {asker} "
                f"asks for: write one with signal = {signal!r}, or take {signal} out"
            )
        return principles

    def questions(self, signals: Collection[Signal]) -> dict[str, str]:
        """The questions to a judge of the principles of ``signals``, by id in the file's order."""
        return {
            principle.id: principle.preference_question
            for principle in self.principles
            if principle.signal in signals and principle.preference_question
        }

    def question(self, principle_id: str, asker: str) -> str:
        """A principle's question to a judge; raises BadInput naming ``asker`` where it has none."""
        question = self[principle_id].preference_question
        if not question:
            raise BadInput(
                f"principle {principle_id!r} of constitution {self.name!r} has a rule and no "
                f"preference_question, which the profile's {asker} needs: write one, or name another "
                "principle"
            )
        return question

    def require(self, principle_id: str, asker: str) -> None:
        """Raise BadInput that names the profile's ``asker`` where there is no such principle."""
        try:
            self[principle_id]
        except BadInput as error:
            raise BadInput(f"{asker}: {error}") from error

    def __getitem__(self, principle_id: str) -> Principle:
        for principle in self.principles:
            if principle.id == principle_id:
                return principle
        raise BadInput(f"constitution {self.name!r} has no principle {principle_id!r}: it has {self.ids}")


def load_constitution(path: Path) -> Constitution:
    """Read a constitution; raises BadInput that names the file, the place and the fix."""
    content = read_toml(path, "constitution")
    constitution = validated(Constitution, content, f"constitution {path}")
    if not constitution.principles:
        raise BadInput(f"constitution {path} is empty: write at least one [[principles]] table")
    duplicates = [
        principle_id for principle_id in constitution.ids if constitution.ids.count(principle_id) > 1
    ]
    if duplicates:
        raise BadInput(f"constitution {path}: duplicate principle id {duplicates[0]!r}: rename one of them")
    return constitution
