"""A scripted solver of sums that is right at a known rate, by the request alone."""

from collections.abc import Callable

from datasets_registry.hashing import derive_seed
from datasets_registry.rows.imported import Problem
from generation.request import Request
from methods.problems.families import FamilySettings, ProblemSettings, make_problems
from methods.verifiers.contract import Verification


def sums(train: int, evaluation: int = 0) -> list[Problem]:
    """Sums of three numbers in symbols."""
    family = FamilySettings(family="sums", train=train, evaluation=evaluation, sizes=(3,), style="symbols")
    return make_problems(ProblemSettings(families=(family,)))


def solving(rate: float) -> Callable[[Request], str]:
    """A script that adds rightly at ``rate``, in one of two orders, and else is one too high."""

    def script(request: Request) -> str:
        chance = derive_seed(request.noise_key) / 2**63
        numbers = [int(number) for number in request.messages[-1].content.split("=")[0].split("+")]
        if derive_seed(request.noise_key, "order") % 2:
            numbers.reverse()
        first = numbers[0] + numbers[1]
        total = first + numbers[2] + (chance >= rate)
        return f"{numbers[0]}+{numbers[1]}={first}\n{first}+{numbers[2]}={total}\nA:{total}"

    return script


def same_last_line(completion: str, gold: str) -> Verification:
    """A verifier that compares the last line."""
    answer = completion.rpartition("A:")[2].strip()
    return Verification(answer == gold, answer, None if answer == gold else f"{answer} is not {gold}")
