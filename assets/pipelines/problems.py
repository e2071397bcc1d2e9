"""Problems with known answers, the verdict on each gold answer, and the policies that start from them."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from assets.building.dataset import dataset_asset
from assets.building.inputs import Materials
from assets.building.model import given_policy, trained_model
from assets.building.recipe import Built, Recipe
from assets.building.roles import Roles
from assets.profile.profile import Profile
from assets.profile.reasoning import Reasoning, Started
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.rft import GoldSolution, GoldVerdict
from methods.problems import families as problem_families
from methods.problems import gold as gold_solutions
from methods.problems import gold_verdicts as gold
from methods.problems.families import STORIES, make_problems
from methods.problems.gold_verdicts import gold_verdicts
from methods.sandbox import runner as code_runner
from methods.verifiers import verifier as verifiers
from methods.verifiers.verifier import verifier
from training import sft

# the runner is started by name, so no import leads to it
VERIFYING = (verifiers, code_runner)
VERIFYING_TEXTS = (
    Path(verifiers.__file__).with_name("latex_commands.txt"),
    Path(verifiers.__file__).with_name("not_units.txt"),
    Path(code_runner.__file__).with_name("syscalls.txt"),
)
LAB_BASE = "The lab policy before training: random weights of a fixed seed and 19 characters."
GRAINS = {
    "lab_policy": "The lab base after training on lab_solutions from scratch: one model directory.",
    "cold_start_policy": "The base policy after a cold start on cold_start_solutions: one model directory.",
}


def problem_assets(profile: Profile) -> list[Built]:
    """``problems`` (unless imported), ``gold_verdicts``, gold solutions and the policies trained on them."""
    if (section := profile.reasoning) is None:
        return []
    made = [_problems(profile, section)] if section.problems else []
    return [
        *made,
        _verdicts(profile, section),
        *(one for name in section.started for one in _start(name, profile)),
    ]


def _problems(profile: Profile, section: Reasoning) -> Built:
    assert section.problems is not None
    settings = section.problems
    recipe = Recipe(
        "problems",
        settings=settings.model_dump(mode="json"),
        texts=(STORIES,),
        code=(problem_families,),
    )

    def build(materials: Materials) -> list[Problem]:
        return make_problems(settings)

    def shown(problems: Sequence[Problem]) -> dict[str, int]:
        return dict(Counter(f"{one.split}_{one.family}" for one in problems))

    return recipe, dataset_asset(recipe, Problem, build, profile, group="prompts", shown=shown)


def _verdicts(profile: Profile, section: Reasoning) -> Built:
    settings = section.verifier
    recipe = Recipe(
        "gold_verdicts",
        ("problems",),
        settings=settings.model_dump(mode="json"),
        texts=VERIFYING_TEXTS,
        code=(gold, *VERIFYING),
    )

    def build(materials: Materials) -> list[GoldVerdict]:
        return gold_verdicts(materials.rows(Problem), verifier(settings), settings.kind)

    return recipe, dataset_asset(recipe, GoldVerdict, build, profile, group="rft")


def _start(name: str, profile: Profile) -> list[Built]:
    """The gold solutions of a policy, and the policy."""
    assert profile.reasoning is not None
    started: Started = getattr(profile.reasoning, name)
    solutions = f"{name.removesuffix('_policy')}_solutions"
    lab = name == "lab_policy"
    given = [_lab_base(profile)] if lab else []
    base = "lab_base" if lab else "base_policy"
    policy = trained_model(name, sft, Roles(base, solutions), started.training, profile, grain=GRAINS[name])
    return [*given, _solutions(solutions, started, profile), policy]


def _lab_base(profile: Profile) -> Built:
    assert profile.reasoning is not None
    return given_policy("lab_base", profile.reasoning.lab, LAB_BASE, profile)


def _solutions(name: str, started: Started, profile: Profile) -> Built:
    recipe = Recipe(
        name,
        ("problems",),
        settings=started.gold.model_dump(mode="json"),
        code=(gold_solutions,),
        rows_of=GoldSolution.dataset,
    )

    def build(materials: Materials) -> list[GoldSolution]:
        return gold_solutions.gold_solutions(materials.rows(Problem), started.gold)

    return recipe, dataset_asset(recipe, GoldSolution, build, profile, group="rft")
