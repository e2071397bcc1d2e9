"""trimtab evaluate MODEL: measure a model of the profile, and show its figures."""

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Annotated

import typer

from assets.cli.planning.costs import costs, print_costs
from assets.cli.planning.plan import graph_of_profile, planned, priced
from assets.cli.printing import Json, print_json, print_rows, say
from datasets_registry.documents import meant
from datasets_registry.errors import BadInput, ModelFailed
from generation.spending import dollars

if TYPE_CHECKING:
    from assets.graph import Graph
    from assets.plan import Step
    from datasets_registry.registry import Registry
    from datasets_registry.rows.evaluation import SuiteFigure
    from datasets_registry.rows.review.reviewed import ReviewedFigure

COLUMNS = ("suite", "of", "figure", "value", "95 %", "n", "missing", "better", "to mind")
REVIEWED = ("suite", "figure", "by grades", "by people", "95 %", "reviewed", "of")
TAG = "trimtab/evaluate"
Suites = Annotated[
    list[str] | None,
    typer.Option(
        "--suite", help="Show this suite alone; several times. All suites of the profile are asked even so."
    ),
]


def evaluate(
    model: Annotated[str, typer.Argument(help="A model of the profile, in whatever round.")],
    suite: Suites = None,
    as_json: Json = False,
) -> None:
    """Measure a model on the profile's suites.

    All of them are asked, as a model's answers are one dataset that its figures and gates stand on: to ask
    fewer, name fewer in evaluation.suites of a profile. A model of a round has its full name.

    What its answers need and is not up to date is built first; what that costs at most is said before. Stored
    calls are not made again, and where everything is stored the figures are shown at once. Figures of fewer
    than 100 answers are shown as their interval alone.
    """
    graph = graph_of_profile()
    asset = _asset_of(graph, model)
    _require_suites(graph, asset, suite or ())
    from assets.building.opening import open_registry

    registry = open_registry(graph.profile, graph.known.line)
    if steps := missing(graph, registry, asset):
        _announce_suites(graph, asset, suite or ())
        _announce(graph, registry, steps)
        _build(graph, registry, steps)
    _show(registry, model, asset, suite or (), as_json)
    _say_release(graph, registry, model)


def missing(graph: "Graph", registry: "Registry", asset: str) -> "list[Step]":
    """What has to be built for ``asset``, inputs first; figures and gates too, where nothing else is missing.

    Canaries are among it, which figures stand beside. Raises BadInput where something of it is held, but not
    where gates decided against a model.
    """
    from assets.profile.evaluation import CANARIES
    from datasets_registry.rows.evaluation import EvaluationDifference, GateResult, SuiteFigure
    from quality.evaluation.report.places import ANSWERS, place_of

    at = place_of(asset)
    gates = at + GateResult.dataset
    steps = [step for step in planned(graph, registry) if not (step.held and step.name == gates)]
    # a round's figures stand beside canaries of its own, or beside those of the main place
    canaries = (f"{place}{ANSWERS}{CANARIES}" for place in dict.fromkeys((at, "")))
    needed = above(graph, [asset, *[name for name in canaries if name in graph.known.recipes][:1]])
    for figures in (at + SuiteFigure.dataset, at + EvaluationDifference.dataset, gates):
        of_all = above(graph, [figures]) if figures in graph.known.recipes else {}
        if of_all and all(step.name in {*needed, figures} for step in steps if step.name in of_all):
            needed |= {figures: None}
    wanted = [step for step in steps if step.name in needed]
    if held := next((step for step in wanted if step.held), None):
        raise BadInput(f"{held.name} cannot be built: {held.reason}")
    return wanted


def above(graph: "Graph", names: Iterable[str]) -> dict[str, None]:
    """These assets, and all that they are made from."""
    recipes, found, open_names = graph.known.recipes, dict[str, None](), list(names)
    while open_names:
        name = open_names.pop()
        if name not in found:
            found[name] = None
            open_names += recipes[name].inputs if name in recipes else ()
    return found


def _asset_of(graph: "Graph", model: str) -> str:
    """The asset of the model's answers, in the main place or in a round's.

    Raises BadInput where the profile measures no such model.
    """
    measured = _measured(graph)
    if model in measured:
        return measured[model]
    if not measured:
        raise BadInput("the profile measures no model: give it an [evaluation] with models and suites")
    if model in graph.profile.models:
        raise BadInput(
            f"the profile does not measure {model!r}: add it to evaluation.models, which has "
            f"{', '.join(measured)}"
        )
    near = meant(model, measured)
    raise BadInput(
        f"no model {model!r} in the profile{near}: it measures {', '.join(measured)}; another one needs a "
        f"[models.{model}], and its name in evaluation.models"
    )


def _measured(graph: "Graph") -> dict[str, str]:
    """The asset of each model's answers; of one that is measured in several places, that of the first."""
    from assets.building.declared import Dataset
    from datasets_registry.rows.evaluation import SuiteAnswer
    from quality.evaluation.report.places import place_of

    answers = [
        asset
        for asset in graph.declared
        if isinstance(asset, Dataset) and asset.method.rows is SuiteAnswer and "model" in asset.models
    ]
    measured: dict[str, str] = {}
    for asset in sorted(answers, key=lambda asset: (bool(place_of(asset.name)), asset.name)):
        measured.setdefault(asset.models["model"][0], asset.name)
    return measured


def _require_suites(graph: "Graph", asset: str, suites: Sequence[str]) -> None:
    of_profile = graph.known.recipes[asset].settings["suites"]
    if unknown := next((name for name in suites if name not in of_profile), None):
        raise BadInput(
            f"the profile has no suite {unknown!r}{meant(unknown, of_profile)}: evaluation.suites has "
            f"{', '.join(of_profile)}"
        )


def _announce_suites(graph: "Graph", asset: str, suites: Sequence[str]) -> None:
    """Say that others than the named suites are asked too, where they are."""
    of_profile = graph.known.recipes[asset].settings["suites"]
    if suites and set(of_profile) > set(suites):
        asked = ", ".join(of_profile)
        say(f"all suites of the profile are asked ({asked}); --suite chooses what is shown", on_stderr=True)


def _announce(graph: "Graph", registry: "Registry", steps: "Sequence[Step]") -> None:
    """Say what is built, how many calls that takes and what they cost, before anything begins."""
    from assets.building.declared import Dataset
    from assets.estimates.calls import amounts
    from assets.estimates.prices import made_rows, prices_of

    datasets = [asset for asset in graph.declared if isinstance(asset, Dataset)]
    found = amounts(datasets, made_rows(datasets, registry))
    prices = prices_of(graph.profile, graph.declared, registry)
    for step in steps:
        asked = Counter[str]()
        for each in found[step.name].asked if step.name in found else ():
            asked[each.model] += each.calls
        calls = [
            f"at most {number:,} {'call' if number == 1 else 'calls'} of {model}"
            for model, number in asked.items()
            if number
        ]
        money = [str(priced(prices[step.name])["costs"])] if step.name in prices else []
        say(f"to build: {'; '.join([f'{step.name} ({step.reason})', *calls, *money])}", on_stderr=True)
    if usd := sum(prices[step.name].usd for step in steps if step.name in prices):
        say(f"calls of models that have a price cost at most {dollars(usd)}", on_stderr=True)
    if ahead := costs(graph, registry):
        with redirect_stdout(sys.stderr):
            print_costs([step.name for step in steps], ahead)


def _build(graph: "Graph", registry: "Registry", steps: "Sequence[Step]") -> None:
    """Build what is missing, with progress on stderr; raises ModelFailed with the first failure.

    A gate that is not kept is none.
    """
    from assets.preflight.ready import require_ready
    from assets.profile.history import open_instance
    from assets.runs.here import run_here
    from datasets_registry.rows.evaluation import GateResult
    from generation.backends import close_kept

    names = [step.name for step in steps]
    inputs = {step.name: graph.known.recipes[step.name].inputs for step in steps if not step.taken}
    require_ready(graph.profile, registry.state, inputs)
    # what is printed is the figures alone
    with redirect_stdout(sys.stderr), open_instance() as instance:
        try:
            failures = run_here(graph.definitions, instance, names, {TAG: "yes"}, line=graph.known.line)
        finally:
            close_kept()
    # what gates say of the model stands below its figures
    failed = [each for each in failures if not each.partition(":")[0].endswith(GateResult.dataset)]
    if failed:
        raise ModelFailed(f"{failed[0]} (what was finished is saved: `trimtab evaluate` goes on from there)")


def _say_release(graph: "Graph", registry: "Registry", model: str) -> None:
    """Say whether the model is released, where the profile holds it to gates."""
    from assets.pipelines.gates import gates_of
    from quality.evaluation.release import release_of

    gates, version = gates_of(graph.profile), registry.latest(model)
    if version is not None and any(model in gate.models for gate in gates.values()):
        say(f"{version}: {release_of(registry, version, gates)}", on_stderr=True)


def _show(registry: "Registry", model: str, asset: str, suites: Sequence[str], as_json: bool) -> None:
    from assets.cli.evaluating.stored import of_suites
    from quality.evaluation.report.stored import Stored

    rows = Stored(registry, {model: registry.resolve(asset)})
    figures = of_suites(rows.figures, suites)
    reviewed = [row for row in rows.reviewed if row.model == model and (not suites or row.suite in suites)]
    if as_json:
        printed = {
            "model": model,
            "versions": rows.versions,
            "figures": [row.model_dump() for row in figures],
            "reviewed": [row.model_dump() for row in reviewed],
        }
        print_json(printed)
        return
    say(f"{model} ({', '.join(rows.versions)})")
    print_rows(lines(figures), False, COLUMNS)
    if reviewed:
        say("by people, of all answers (doubly robust), beside the grades:")
        print_rows(by_people(reviewed), False, REVIEWED)


def lines(figures: "Sequence[SuiteFigure]") -> list[dict[str, object]]:
    """A line of the table for each figure."""
    from quality.evaluation.report.marks import figure_mark, number

    marked = [(row, figure_mark(row, row.model)) for row in figures]
    return [
        {
            "suite": row.suite,
            "of": row.category,
            "figure": row.metric,
            "value": number(mark.value),
            "95 %": mark.interval,
            "n": f"{row.num_items:,}",
            "missing": row.num_missing,
            "better": row.better,
            "to mind": row.note,
        }
        for row, mark in marked
    ]


def by_people(reviewed: "Sequence[ReviewedFigure]") -> list[dict[str, object]]:
    """A line of the table for each figure of which people reviewed answers."""
    from quality.evaluation.report.marks import number, shown_value

    return [
        {
            "suite": row.suite,
            "figure": row.figure,
            "by grades": number(row.graded),
            "by people": number(shown_value(row.value, row.num_reviewed)),
            "95 %": f"{number(row.low)} to {number(row.high)}",
            "reviewed": f"{row.num_reviewed:,}",
            "of": f"{row.num_answers:,}",
        }
        for row in reviewed
    ]
