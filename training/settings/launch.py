"""The processes that train a model together, on how many machines, and what each of them holds."""

from typing import Literal, Self

from pydantic import Field, JsonValue, model_validator

from datasets_registry.settings import Settings


class Launch(Settings):
    """One process by default. More share the rows of each step, so that they train as one does, and faster.

    ``strategy``: with `ddp` each holds the whole model; `fsdp` shards weights, gradients and the optimiser's
    state (FSDP2, by the layers that the model names), as `zero3` does, and `zero2` the latter two.
    """

    processes: int = Field(1, ge=1, description="Processes on all machines, one for each GPU")
    strategy: Literal["ddp", "fsdp", "zero2", "zero3"] = "ddp"
    machines: int = Field(1, ge=1, description="Machines, which share the state folder")
    main_address: str | None = Field(None, description="Name or address of the first machine")
    main_port: int = Field(29500, ge=1, le=65535)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.processes % self.machines:
            raise ValueError(
                f"{self.machines} machines cannot share {self.processes} processes evenly: set "
                f"launch.processes to a multiple of {self.machines}"
            )
        if self.processes == 1 and self.strategy != "ddp":
            raise ValueError(f"strategy {self.strategy!r} is for several processes: set processes too")
        return self

    def require_meeting(self) -> None:
        """Raise ValueError where several machines do not know where they meet."""
        if self.machines > 1 and self.main_address is None:
            raise ValueError("several machines need main_address: the first one's name or address")

    @property
    def config(self) -> dict[str, JsonValue]:
        """The run config's field; nothing for one process."""
        fields = self.model_dump(mode="json", include=set(Launch.model_fields))
        return {"launch": fields} if self.several else {}

    @property
    def mark(self) -> str:
        """What marks a run's folder, since no other launch can resume its checkpoints; nothing for one."""
        return f"-{self.strategy}-{self.processes}" if self.several else ""

    @property
    def several(self) -> bool:
        """Whether a launcher is needed."""
        return self.processes > 1
