"""The profile's `[oversight.amplification]`: which policy is amplified, how, and which answers it learns."""

from collections.abc import Iterator
from typing import Self

from pydantic import model_validator

from assets.profile.models import Name
from methods.oversight.amplification.settings import AmplificationSettings, LabelSettings
from methods.verifiers.contract import VerifierSettings


class Amplification(AmplificationSettings):
    """The policy that answers, the model that names the parts, and the least share of votes of a label.

    Without a ``policy`` that of each round answers.
    """

    policy: Name | None = None
    splitter: Name | None = None
    labels: LabelSettings = LabelSettings()

    def method(self, verifier: VerifierSettings) -> AmplificationSettings:
        """The settings of the method, with the verifier of `[problems]`."""
        named = {name: getattr(self, name) for name in AmplificationSettings.model_fields}
        return AmplificationSettings(**named | {"verifier": verifier})

    def named_models(self) -> Iterator[tuple[str, str]]:
        """Where the section names a model, and which."""
        for role in ("policy", "splitter"):
            if model := getattr(self, role):
                yield f"oversight.amplification.{role}", model

    @model_validator(mode="after")
    def _has_what_splits(self) -> Self:
        if (self.decomposer == "model") != (self.splitter is not None):
            raise ValueError(
                f"decomposer is {self.decomposer!r} and splitter {self.splitter!r}: name the model that "
                "splits with decomposer = 'model', or neither"
            )
        if "verifier" in self.model_fields_set:
            raise ValueError("verifier is that of [problems]: leave it out")
        return self
