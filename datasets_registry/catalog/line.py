"""The line whose names a registry speaks: the main one, or an experiment's beside what all share."""

from collections.abc import Set
from dataclasses import dataclass

from sqlalchemy import Engine, select

from datasets_registry.catalog.statements import D, V
from datasets_registry.documents import meant
from datasets_registry.errors import BadInput
from datasets_registry.rows.review.reviews import HumanReview
from datasets_registry.version import IMPORT, MAIN_LINE, experiment_of, full_name, plain_name


@dataclass(frozen=True)
class Line:
    """An experiment, or the main line where there is no name; ``shared`` are imports, of the main line.

    In it a plain name is the experiment's own. ``main/cai_sft`` and ``experiments/beta_03/cai_sft`` are names
    in every line.
    """

    experiment: str = ""
    shared: Set[str] = frozenset()

    def __str__(self) -> str:
        return self.experiment or MAIN_LINE

    def stored(self, name: str) -> str:
        """The name that the catalog has for what this line calls ``name``."""
        if experiment_of(name):
            return name
        plain = plain_name(name)
        is_main = name != plain or not self.experiment or name in self.shared
        return plain if is_main else full_name(self.experiment, name)

    def called(self, stored: str) -> str:
        """What this line calls the dataset or model that the catalog has as ``stored``."""
        experiment = experiment_of(stored)
        if experiment:
            plain = plain_name(stored)
            return plain if experiment == self.experiment and plain not in self.shared else stored
        is_plain = not self.experiment or stored in self.shared
        return stored if is_plain else f"{MAIN_LINE}/{stored}"

    def has(self, stored: str) -> bool:
        """Whether it is of this line, or shared with it."""
        return experiment_of(stored) == self.experiment or stored in self.shared


MAIN = Line()


def experiments(engine: Engine) -> list[str]:
    """The experiments in which something was made, sorted."""
    with engine.connect() as connection:
        return sorted({*map(experiment_of, connection.scalars(select(V.name).distinct()))} - {""})


def require_experiment(engine: Engine, experiment: str) -> None:
    """Raise BadInput where nothing was made in the experiment, with those in which something was."""
    known = experiments(engine)
    if experiment not in known:
        there = f"there are {', '.join(known)}" if known else "there is none yet"
        raise BadInput(
            f"nothing was built in experiment {experiment!r}{meant(experiment, known)}: {there}; "
            f"`trimtab build --experiment {experiment}` builds in it"
        )


def line_of(engine: Engine, experiment: str) -> Line:
    """The line of an experiment whose graph nobody looks at: it shares what is imported and not its own."""
    if not experiment:
        return MAIN
    imported = select(D.name).where(D.code_version.startswith(IMPORT)).distinct()
    own = select(V.name).where(V.name.startswith(full_name(experiment, ""), autoescape=True)).distinct()
    with engine.connect() as connection:
        names = {plain_name(name) for name in connection.scalars(own)}
        # reviews are imported by the studio, perhaps later
        return Line(experiment, ({HumanReview.dataset} | {*connection.scalars(imported)}) - names)
