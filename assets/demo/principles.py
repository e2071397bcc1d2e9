"""Whether a policy keeps the principles that a program decides, and what the judge's certificate says."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from assets.demo.drawn import Report, completing, kept, taught
from assets.demo.finding import Finding, finding
from assets.pipelines.ruled.rules import selecting
from assets.profile.profile import Profile
from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import EvaluationDifference
from datasets_registry.rows.judges import JudgeFigure
from datasets_registry.rows.prompts import HelpfulPrompt, Prompt, RedTeamPrompt
from datasets_registry.rows.scored.ruled import RuleControl, RuleSelection
from datasets_registry.rows.words import Kind
from datasets_registry.version import Version
from methods.judging.answers import answers_of, thinks
from methods.judging.conversation import conversation_of, failure_of
from methods.judging.rules import Rule, keeps
from methods.rlaif.pairs import PairSettings, Sample, sample_completions
from methods.rlaif.rule_selections import RuleSelectionSettings

SAMPLES = 2
KEPT = "principles kept"
Prompts = Sequence[tuple[Kind, Prompt]]


def planned(profile: Profile) -> Iterator[str]:
    """What will be measured of this profile, in words."""
    after, control = _taught(profile)
    if after:
        beside = ", beside a control of random samples" if control else ""
        yield (
            "the share of held-out answers that keep every principle which a program decides, before and "
            f"after learning such samples{beside}"
        )
    if profile.rlaif:
        yield "what the judge's certificate says, on which all else about labels rests"


def _taught(profile: Profile) -> tuple[str | None, str | None]:
    """The models that learned what rules selected, and their control, from where the sampled policy stood."""
    policy = profile.rules.policy if profile.rules else None
    return taught(profile, policy, RuleSelection.dataset, RuleControl.dataset)


def principles(profile: Profile, registry: Registry, report: Report) -> list[Finding]:
    """The finding where the profile has what it is of, and all of it is built."""
    if profile.rules is None:
        return []
    policy, after, control = (
        registry.latest(name) if name else None for name in (profile.rules.policy, *_taught(profile))
    )
    sets, prompts = _held_out(registry)
    if policy is None or after is None or not prompts:
        return []
    settings = selecting(profile.rules, profile.answers, profile.read_constitution())
    settings = settings.model_copy(update={"num_samples": SAMPLES})
    measure = partial(_kept, prompts, settings, profile, registry, report)
    versions = [*sets, policy, after, *([control] if control else [])]
    return kept(registry, versions, settings, partial(_findings, measure, policy, after, control))


def _held_out(registry: Registry) -> tuple[list[Version], list[tuple[Kind, Prompt]]]:
    """The versions of the prompt sets, and their held-out prompts."""
    kinds: dict[Kind, type[Prompt]] = {"red_team": RedTeamPrompt, "helpful": HelpfulPrompt}
    newest = {kind: registry.latest(row.dataset) for kind, row in kinds.items()}
    sets = {kind: version for kind, version in newest.items() if version}
    rows = (
        (kind, prompt) for kind, version in sets.items() for prompt in registry.rows(kinds[kind], version)
    )
    return list(sets.values()), [(kind, prompt) for kind, prompt in rows if prompt.split == "evaluation"]


def _findings(
    measure: Callable[[Version], Sequence[float]], policy: Version, after: Version, control: Version | None
) -> Iterator[Finding]:
    before = measure(policy)
    yield finding(
        KEPT,
        (policy.name, before),
        (after.name, measure(after)),
        (control.name, measure(control)) if control else None,
        num_items=len(before) * SAMPLES,
        of=f"{len(before)} held-out prompts with {SAMPLES} answers to each",
    )


def _kept(
    prompts: Prompts,
    settings: RuleSelectionSettings,
    profile: Profile,
    registry: Registry,
    report: Report,
    model: Version,
) -> list[float]:
    """Of each prompt the share of the model's answers that keep every rule."""
    sampling = PairSettings(**settings.model_dump(exclude={"rules"}))
    with completing(model, profile, registry, report) as complete:
        answers = answers_of(complete, profile.given(model.name).thought_marks)
        samples = sample_completions(prompts, answers, complete.backend.fingerprint, sampling)
    keeping = [_keeps(sample, settings.rules) for sample in samples]
    return [sum(keeping[place : place + SAMPLES]) / SAMPLES for place in range(0, len(samples), SAMPLES)]


def _keeps(sample: Sample, rules: Mapping[str, Rule]) -> bool:
    """Whether an answer keeps every rule as far as it goes: one that is cut off counts, and none fails."""
    if failure_of(sample.completion) not in (None, "truncated"):
        return False
    messages, thought = conversation_of(sample.prompt), thinks(sample.completion)
    return all(keeps(rule, messages, sample.text, thinks=thought).kept for rule in rules.values())


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
