"""How what commands show is declared: frozen records with named fields, whose dump is the JSON."""

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """Facts that a command shows."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    def dump(self) -> dict[str, object]:
        """The record as plain values for JSON; a field that was left to its default is absent."""
        return self.model_dump(by_alias=True, exclude_unset=True)
