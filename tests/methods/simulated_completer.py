"""A completer whose success from each prefix is known: solutions of right and wrong lines."""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter

from datasets_registry.rows.prm import Solution, StepRollout
from generation.request import Completion, Request
from generation.scripted import ScriptedBackend
from methods.prm.labels import label_steps
from methods.prm.rollouts import sample_rollouts
from methods.prm.settings import StepRolloutSettings
from methods.verifiers.contract import Verification
from tests.rows import make

WORDS_PER_STEP = 5


def solution(first_error: int, num_steps: int = 8, problem: str = "p1", **fields: object) -> Solution:
    """A solution that is wrong from ``first_error`` on; 0 for none."""
    steps = [
        f"{'wrong' if 0 < first_error <= place else 'right'} step {place} of {num_steps}"
        for place in range(1, num_steps + 1)
    ]
    text = "\n".join(steps)
    given = {
        "solution_id": f"{problem}/{num_steps}/{first_error}",
        "completion": text,
        "completions": steps,
        "accepted": first_error == 0,
        "reason": "wrong" if first_error else None,
        "num_tokens": WORDS_PER_STEP * num_steps,
    }
    return make(Solution, problem, **(given | fields))


def verify(completion: str, gold: str) -> Verification:
    """Accept what ends in the gold answer."""
    extracted = completion.split()[-1]
    return Verification(extracted == gold, extracted, None if extracted == gold else "another answer")


def completer(
    right: float = 1.0, wrong: float = 0.0, by_step: Mapping[int, float] | None = None
) -> Callable[[Request], str]:
    """A script that reaches the answer 4 with probability ``right`` from right steps, else ``wrong``.

    ``by_step`` overrides both by the number of steps so far. What it says is as long as what is left.
    """

    def script(request: Request) -> str:
        start = request.messages[-1].content
        steps = start.splitlines()
        chance = wrong if "wrong" in start else right
        chance = (by_step or {}).get(len(steps), chance)
        left = int(steps[0].split()[-1]) - len(steps)
        drawn = int(request.noise_key[:8], 16) / 16**8
        return "word " * (WORDS_PER_STEP * left - 1) + ("4" if drawn < chance else "5")

    return script


class Run:
    """Rollouts and labels of some solutions under settings, and what was asked for."""

    def __init__(
        self,
        solutions: Sequence[Solution],
        settings: StepRolloutSettings,
        script: Callable[[Request], str | Completion] | None = None,
    ) -> None:
        self.backend = ScriptedBackend(script or completer())
        self.stages: list[str] = []
        rollouts = sample_rollouts(solutions, self._complete, "m", "completer", verify, settings)
        self.rollouts = sorted(rollouts, key=attrgetter(*StepRollout.key))
        self.labels = label_steps(solutions, self.rollouts, "completer", settings)

    def _complete(self, stage: str, requests: Sequence[Request]) -> list[Completion]:
        self.stages.append(stage)
        return self.backend.in_order(stage, requests)

    @property
    def num_tokens(self) -> int:
        """Tokens generated for all of them."""
        return sum(row.num_tokens for row in self.labels)
