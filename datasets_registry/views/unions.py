"""Views over datasets of which there is one per model: ``judge_answers`` over ``judge_answers/NAME``."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from datasets_registry.hashing import digest
from datasets_registry.rows.types import ROW_TYPES
from datasets_registry.views.meanings import Meaning, meaning_of

MAIN, BY_VERSION = "main", "by_version"


def by_version_of(experiment: str) -> str:
    """The schema of the single versions of an experiment, by its own names."""
    return f"{BY_VERSION}_of_{experiment}"


@dataclass(frozen=True)
class View:
    """A view to create: ``mark`` differs where the SQL does, which is only built when it is called for.

    So is what the catalog says of it. Views of single versions have a schema of their own.
    """

    name: str
    mark: str
    sql: Callable[[], str]
    about: Callable[[], Meaning] = Meaning
    schema: str = MAIN


@dataclass(frozen=True)
class Latest:
    """The view of a dataset's latest passed version, and when that was built last; 0 is no single version."""

    version: int
    built: int
    view: View


def shown(latest: Mapping[str, Latest], several: Mapping[str, Latest]) -> Iterator[View]:
    """The latest version of each dataset, and under a row type's name those of all datasets ``TYPE/NAME``.

    ``several`` are further views over several datasets. A dataset that has the name of such a view keeps it
    until one of the others is built.
    """
    unions = {**dict(_unions(latest)), **several}
    for name, dataset in latest.items():
        if name not in unions or unions[name].built < dataset.built:
            unions[name] = dataset
    yield from (union.view for union in unions.values())


def _unions(latest: Mapping[str, Latest]) -> Iterator[tuple[str, Latest]]:
    parts: dict[str, list[Latest]] = {}
    for name in sorted(latest):
        whole, _, _ = name.rpartition("/")
        # another prefix is a place, such as ``round_02``, whose datasets have nothing in common
        if whole.rpartition("/")[2] in ROW_TYPES:
            parts.setdefault(whole, []).append(latest[name])
    for whole, datasets in parts.items():
        mark = digest([dataset.view.mark for dataset in datasets])[:16]
        views = [dataset.view for dataset in datasets]
        row, built = whole.rpartition("/")[2], max(dataset.built for dataset in datasets)
        about = partial(meaning_of, ROW_TYPES[row], f"The latest passed versions of each {whole}/NAME")
        yield whole, Latest(0, built, View(whole, mark, partial(_union, views), about))


def _union(views: list[View]) -> str:
    # by name, as a version of earlier days may lack a column
    return " UNION ALL BY NAME ".join(f"({view.sql()})" for view in views)
