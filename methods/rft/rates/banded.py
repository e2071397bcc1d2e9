"""Problems of a band: those that a policy solves neither always nor never."""

from collections.abc import Iterable, Mapping

from datasets_registry.errors import BadInput
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.scored.pass_rates import BandedProblem, PromptPassRate
from datasets_registry.settings import Settings
from methods.method import Inputs, Method, Models


class BandedSettings(Settings):
    """Whose rates decide, where there are those of several policies."""

    policy: str | None = None


def make_banded_problems(inputs: Inputs, models: Models, settings: BandedSettings) -> list[BandedProblem]:
    """The training problems that the newest rates keep; those without a rate are left out.

    Raises BadInput where rates are of several policies and none is named, or where nothing is kept.
    """
    rates = _newest(inputs.rows(PromptPassRate), settings.policy)
    kept = [
        BandedProblem(**dict(problem), policy=rate.policy, pass_rate=rate.pass_rate)
        for problem in inputs.rows(Problem)
        if problem.split == "train"
        and (rate := rates.get(problem.problem_id)) is not None
        and rate.place == "kept"
        and rate.pass_rate is not None
    ]
    if not kept:
        raise BadInput(
            f"none of {len(rates)} problems with a pass rate lies within the band: widen "
            "rft.pass_rates.band, or sample more problems"
        )
    return kept


BANDED_PROBLEMS = Method(make_banded_problems, BandedSettings, BandedProblem)


def _newest(rates: Iterable[PromptPassRate], policy: str | None) -> Mapping[str, PromptPassRate]:
    """The rate of each problem, of several rounds the last one's."""
    ordered = sorted(rates, key=lambda rate: -1 if rate.round is None else rate.round)
    policies = sorted({rate.policy for rate in ordered})
    if policy is None and len(policies) > 1 and len({rate.round for rate in ordered}) == 1:
        raise BadInput(f"pass rates are of several policies ({', '.join(policies)}): name one in policy")
    return {rate.problem_id: rate for rate in ordered if policy in (None, rate.policy)}
