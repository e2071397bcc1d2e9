"""All that a profile declares: each method's pipeline under its own names, and the models."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pydantic import ValidationError

from assets.building.declared import Dataset, Declared
from assets.pipelines.asked import as_served
from assets.pipelines.cai import cai
from assets.pipelines.evaluation import evaluation
from assets.pipelines.gates import gates
from assets.pipelines.hygiene import hygiene
from assets.pipelines.judge_benchmark import judge_benchmark
from assets.pipelines.judges import judges
from assets.pipelines.mixed.mixtures import mixtures
from assets.pipelines.models import models
from assets.pipelines.oversight.amplification import amplification
from assets.pipelines.oversight.oversight import oversight
from assets.pipelines.oversight.report import oversight_report
from assets.pipelines.plugged import plugged
from assets.pipelines.prm import prm
from assets.pipelines.problems import problems
from assets.pipelines.prompts import prompts
from assets.pipelines.review.evaluated import reviewed_evaluation
from assets.pipelines.review.labels import reviewed_labels
from assets.pipelines.review.review import reviewed
from assets.pipelines.rft import rft
from assets.pipelines.rlaif import rlaif
from assets.pipelines.rounds.rounds import rounds
from assets.pipelines.ruled.rules import rules
from assets.profile.profile import Profile
from datasets_registry.errors import BadInput
from datasets_registry.rows.cai import RevisionStep
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.prompts import PROMPT_SETS
from datasets_registry.rows.rft import Candidate
from methods.reading.thought import THINK
from quality.hygiene.texts import LABELS


def declare(profile: Profile) -> Sequence[Declared]:
    """Every dataset and model of ``profile`` and its plug-ins.

    Raises BadInput where a prompt file, the constitution or a plug-in is unusable, or does not fit the
    profile.
    """
    try:
        return _declared(as_served(profile))
    except ValidationError as error:
        raise BadInput(f"the profile and its constitution do not fit: {error.errors()[0]['msg']}") from error


def _declared(profile: Profile) -> Sequence[Declared]:
    datasets = [*prompts(profile.prompts), *_alignment(profile), *_reasoning(profile)]
    datasets += [*judge_benchmark(profile), *_overseen(profile)]
    datasets += [*reviewed_labels(profile), *reviewed_evaluation(profile)]
    datasets += plugged(profile)
    if labels := _by_row_type(datasets, [label.name for label in LABELS]):
        prompted = any(label.is_of_prompts for label in LABELS if label.name in labels)
        imported = {prompt_set: (prompt_set,) for prompt_set in PROMPT_SETS if prompted}
        datasets += hygiene({**labels, **imported, **_by_row_type(datasets, PROMPT_SETS)})
    if profile.rounds:
        # hygiene is of the profile's own labels: those of a round are seen by its watch
        datasets += rounds(profile, profile.read_constitution())
    datasets += mixtures(profile.mixtures, datasets)
    datasets = [_with_problems(_with_marks(dataset, profile), profile) for dataset in datasets]
    verifier = profile.problems.verifier if profile.problems else None
    return [*datasets, *models(profile.models, profile.trainers, datasets, verifier)]


def _with_marks(dataset: Dataset, profile: Profile) -> Dataset:
    """The dataset with the marks of thought of the models that it asks, where they have their own."""
    asked = {name for names in dataset.models.values() for name in names} if dataset.generates else set()
    marks = {name: profile.given(name).thought_marks for name in sorted(asked & profile.models.keys())}
    return replace(dataset, thought_marks={name: own for name, own in marks.items() if own != THINK})


def _with_problems(dataset: Dataset, profile: Profile) -> Dataset:
    """The dataset with the imported problems that the profile names, where it reads problems."""
    named = profile.problems.imported if profile.problems else None
    if named is None:
        return dataset
    inputs = {
        role: tuple(named if source == Problem.dataset else source for source in sources)
        for role, sources in dataset.inputs.items()
    }
    return replace(dataset, inputs=inputs)


def _alignment(profile: Profile) -> Sequence[Dataset]:
    """Constitutional AI, RLAIF, judges and evaluation."""
    if not (profile.cai or profile.rlaif or profile.rules or profile.evaluation):
        return []
    constitution, answers = profile.read_constitution(), profile.answers
    declared: list[Dataset] = []
    if profile.cai and profile.judges:
        declared += cai(profile.cai, answers, profile.judges.scores, constitution)
    if profile.rlaif and profile.rlaif.policy and profile.judges:
        labelled = rlaif(profile.rlaif, answers, profile.judges, constitution)
        if profile.review:
            labelled = reviewed(labelled, profile.review, constitution)
        declared += labelled
        revisions = RevisionStep.dataset if profile.cai else ""
        declared += judges(profile.judges, profile.rlaif, constitution, revisions)
    if profile.rules:
        declared += rules(profile.rules, answers, constitution)
    return [*declared, *evaluation(profile, constitution), *gates(profile)]


def _reasoning(profile: Profile) -> Sequence[Dataset]:
    """Problems with known answers, rejection sampling and process rewards."""
    if profile.problems is None:
        return []
    verifier = profile.problems.verifier
    declared = [*problems(profile.problems)]
    if profile.rft and profile.rft.candidates.policies:
        declared += rft(profile.rft, verifier, profile.judges)
    if profile.prm:
        declared += prm(profile.prm, verifier)
    return declared


def _overseen(profile: Profile) -> Sequence[Dataset]:
    """Debates with preferences by their verdicts, the amplified answers of a policy, and the report."""
    section = profile.oversight
    if section is None:
        return []
    verifier = profile.problems.verifier if profile.problems else None
    declared = list[Dataset]()
    if section.is_debated:
        declared += oversight(section, verifier)
    if (amplified := section.amplification) and amplified.policy and verifier:
        declared += amplification(amplified, amplified.policy, verifier)
    candidates = Candidate.dataset if section.is_debated and "candidates" in section.questions.of else ""
    return [*declared, *oversight_report(declared, candidates, amplified.labels if amplified else None)]


def _by_row_type(datasets: Iterable[Dataset], row_types: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The datasets of each row type, where there are any."""
    by_type = {
        row_type: tuple(dataset.name for dataset in datasets if dataset.method.rows.dataset == row_type)
        for row_type in row_types
    }
    return {row_type: names for row_type, names in by_type.items() if names}
