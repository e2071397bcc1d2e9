"""Problems with known answers, the verdict on each gold answer, and gold solutions."""

from collections.abc import Sequence

from assets.building.declared import Dataset, dataset
from assets.profile.problems import Problems
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.rft import GoldVerdict
from methods.problems.families import PROBLEMS
from methods.problems.gold import GOLD_SOLUTIONS
from methods.problems.gold_verdicts import GOLD_VERDICTS

GROUP = "problems"


def problems(section: Problems, at: str = "") -> Sequence[Dataset]:
    """``problems`` (unless imported), ``gold_verdicts``, and each dataset of gold solutions by its name."""
    problem_set = at + Problem.dataset
    verdicts = at + GoldVerdict.dataset
    families = section.method
    made = [dataset(problem_set, PROBLEMS, families, group=GROUP, guards=(verdicts,))] if families else []
    gold = [
        dataset(at + solutions, GOLD_SOLUTIONS, settings, group=GROUP, inputs={Problem.dataset: problem_set})
        for solutions, settings in section.gold.items()
    ]
    judged = dataset(
        verdicts, GOLD_VERDICTS, section.verifier, group=GROUP, inputs={Problem.dataset: problem_set}
    )
    return [*made, judged, *gold]
