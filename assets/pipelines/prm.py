"""Process rewards: solutions → rollouts from their prefixes → step labels → the process reward model."""

from collections.abc import Sequence

from assets.building.dataset import dataset_asset
from assets.building.inputs import Materials, OpenBackend
from assets.building.model import trained_model
from assets.building.recipe import Built, Recipe
from assets.building.roles import Roles
from assets.pipelines.problems import VERIFYING, VERIFYING_TEXTS
from assets.profile.profile import Profile
from assets.profile.reasoning import Reasoning, Steps
from assets.ui.prm import labels_shown
from datasets_registry.rows.prm import Solution, StepLabels, StepRollout
from datasets_registry.rows.rft import Candidate
from methods.prm import judge as step_judge
from methods.prm import labels as step_labels
from methods.prm import rollouts as step_rollouts
from methods.prm import solutions
from methods.prm.judge import StepVerdict, judge_steps, step_judge_templates
from methods.prm.labels import label_steps
from methods.prm.rollouts import sample_rollouts
from methods.prm.solutions import choose_solutions
from methods.templates import template_path
from methods.verifiers.verifier import verifier
from training import process_reward_model

GRAIN = "A process reward model trained on step_labels: one model directory."


def step_assets(profile: Profile, backend: OpenBackend) -> list[Built]:
    """``solutions``, ``step_rollouts``, ``step_labels`` and ``process_reward_model``."""
    section = profile.reasoning
    if section is None or section.steps is None:
        return []
    labelled = section.steps
    return [
        _solutions(profile, labelled),
        _rollouts(profile, section, labelled, backend),
        _labels(profile, labelled, backend),
        *_model(profile, section),
    ]


def _solutions(profile: Profile, labelled: Steps) -> Built:
    settings = labelled.solutions
    recipe = Recipe(
        "solutions", ("candidates",), settings=settings.model_dump(mode="json"), code=(solutions,)
    )

    def build(materials: Materials) -> list[Solution]:
        return choose_solutions(materials.rows(Candidate), settings)

    def shown(found: Sequence[Solution]) -> dict[str, float]:
        usable = [one for one in found if one.failure is None]
        return {
            "failures": len(found) - len(usable),
            "accepted": sum(bool(one.accepted) for one in usable),
            "mean_steps": sum(len(one.completions) for one in usable) / max(len(usable), 1),
        }

    return recipe, dataset_asset(recipe, Solution, build, profile, group="prm", shown=shown)


def _rollouts(profile: Profile, section: Reasoning, labelled: Steps, backend: OpenBackend) -> Built:
    settings, completer = labelled.labels, labelled.completer
    system = (settings.system_prompt,) if settings.system_prompt else ()
    recipe = Recipe(
        "step_rollouts",
        ("solutions", completer),
        settings=settings.model_dump(mode="json") | {"verifier": section.verifier.model_dump(mode="json")},
        texts=(*VERIFYING_TEXTS, *map(template_path, system)),
        code=(step_rollouts, *VERIFYING),
    )

    def build(materials: Materials) -> list[StepRollout]:
        verify = verifier(section.verifier)
        with materials.completer(completer) as complete:
            model = complete.backend.fingerprint
            return sample_rollouts(materials.rows(Solution), complete, model, completer, verify, settings)

    return recipe, dataset_asset(
        recipe, StepRollout, build, profile, group="prm", generates=True, backend=backend
    )


def _labels(profile: Profile, labelled: Steps, backend: OpenBackend) -> Built:
    settings, judge = labelled.labels, labelled.judge
    judged = (judge,) if judge else ()
    recipe = Recipe(
        "step_labels",
        ("solutions", "step_rollouts", *judged),
        settings=settings.model_dump(mode="json")
        | ({"judge": labelled.judging.model_dump(mode="json")} if judge else {}),
        texts=tuple(map(template_path, step_judge_templates(labelled.judging) if judge else ())),
        code=(step_labels, *((step_judge,) if judge else ())),
    )

    def build(materials: Materials) -> list[StepLabels]:
        found, drawn = materials.rows(Solution), materials.rows(StepRollout)
        verdicts = _judged(found, materials, labelled) if judge else None
        return label_steps(found, drawn, labelled.completer, settings, verdicts)

    return recipe, dataset_asset(
        recipe,
        StepLabels,
        build,
        profile,
        group="prm",
        generates=judge is not None,
        shown=labels_shown,
        backend=backend,
    )


def _judged(found: Sequence[Solution], materials: Materials, labelled: Steps) -> dict[str, StepVerdict]:
    assert labelled.judge is not None
    with materials.completer(labelled.judge) as complete:
        return judge_steps(found, complete, complete.backend.fingerprint, labelled.judging)


def _model(profile: Profile, section: Reasoning) -> list[Built]:
    if (tuned := section.process_reward_model) is None:
        return []
    return [
        trained_model(
            "process_reward_model",
            process_reward_model,
            Roles(tuned.base, "step_labels"),
            tuned.training,
            profile,
            grain=GRAIN,
        )
    ]
