"""Whether models keep the principles that a program can decide, and what the judge's certificate says."""

from collections.abc import Iterator, Mapping

from assets.building.declared import Dataset
from assets.demo.finding import Finding, finding
from assets.graph import Graph
from assets.profile.profile import Profile
from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import EvaluationDifference, SuiteAnswer
from datasets_registry.rows.judges import JudgeFigure

KEPT = "kept_"
CAUTION = (
    "No control that learned other samples is trained here, so that no gain in principles kept is shown to "
    "come from the labels (`python -m benchmarks.judges --only effect` has one)."
)
# an item of a suite
Item = tuple[str, str]


def planned(profile: Profile) -> Iterator[str]:
    """What will be measured of this profile, in words."""
    if profile.evaluation and _rules(profile):
        yield "the share of held-out answers that keep the principles which a program can decide, by model"
    if profile.rlaif:
        yield "what the judge's certificate says, on which all else about labels rests"


def _rules(profile: Profile) -> bool:
    return any(principle.rule for principle in profile.read_constitution().principles)


def principles(graph: Graph, registry: Registry) -> Iterator[Finding]:
    """Each model against the baseline, on the items that both answered."""
    section = graph.profile.evaluation
    if section is None:
        return
    kept = {model: _kept(model, graph, registry) for model in graph.profile.measured_models}
    base = kept.pop(section.base)
    for model, shares in kept.items():
        items = sorted(base.keys() & shares.keys())
        if items:
            yield finding(
                "principles kept",
                (section.base, [base[item] for item in items]),
                (model, [shares[item] for item in items]),
                num_items=len(items),
                of=f"{len(items)} held-out prompts that both answered whole",
            )


def _kept(model: str, graph: Graph, registry: Registry) -> Mapping[Item, float]:
    """Of each item, the mean over answers of the share of rules that are kept, where any can be decided."""
    declared = f"{SuiteAnswer.dataset}/{model}"
    is_there = any(isinstance(asset, Dataset) and asset.name == declared for asset in graph.declared)
    version = registry.latest(declared) if is_there else None
    found: dict[Item, list[float]] = {}
    for answer in registry.rows(SuiteAnswer, version) if version else []:
        grades = [grade.value for grade in answer.grades if grade.name.startswith(KEPT)]
        decided = [value for value in grades if value is not None]
        if decided and not answer.failure:
            found.setdefault((answer.suite, answer.item_id), []).append(sum(decided) / len(decided))
    return {item: sum(shares) / len(shares) for item, shares in found.items()}


def worse_than_base(registry: Registry) -> Iterator[str]:
    """Each figure by which a model is worse than the baseline, by its whole interval."""
    version = registry.latest(EvaluationDifference.dataset)
    for row in registry.rows(EvaluationDifference, version) if version else []:
        if row.category != "all" or row.low is None or row.high is None or row.difference is None:
            continue
        if (row.better == "higher" and row.high < 0) or (row.better == "lower" and row.low > 0):
            yield (
                f"{row.model} is worse than {row.baseline}: {row.suite}, {row.metric} {row.difference:+.2f} "
                f"({row.low:+.2f} to {row.high:+.2f}, {row.num_pairs} pairs)"
            )


def judged(profile: Profile, registry: Registry) -> Iterator[str]:
    """In a line for each judge, what its certificate says of it."""
    version = registry.latest(JudgeFigure.dataset)
    figures = registry.rows(JudgeFigure, version) if version else []
    for judge in sorted({figure.judge for figure in figures} & profile.models.keys()):
        bounded = [figure for figure in figures if figure.judge == judge and figure.holds is not None]
        failed = [_figure(figure) for figure in bounded if not figure.holds]
        given = profile.given(judge).known_as
        if failed:
            yield (
                f"judge: {given} shows the machinery alone, and nothing about which answers are better: of "
                f"the {len(bounded)} bounds of its certificate it misses {'; '.join(failed)}"
            )
        elif bounded:
            yield f"judge: {given} keeps all {len(bounded)} bounds of its certificate"


def _figure(figure: JudgeFigure) -> str:
    bound = f"at least {figure.at_least:g}" if figure.at_least is not None else f"at most {figure.at_most:g}"
    value = "not measured" if figure.value is None else f"{figure.value:.2f}"
    interval = "" if figure.low is None else f", {figure.low:.2f} to {figure.high:.2f}"
    return f"{figure.figure} {value} ({bound}{interval}, n = {figure.num_items})"
