"""Candidates of problems within a band, where pass rates choose what is learned."""

from collections.abc import Iterator

from datasets_registry.rows.rft import Candidate
from datasets_registry.rows.scored.pass_rates import PromptPassRate
from methods.method import Inputs


def kept_candidates(inputs: Inputs) -> Iterator[Candidate]:
    """The candidates of problems that ``prompt_pass_rates`` keep; all of them where there are no rates.

    Rates are of the same samples, so that no further one is drawn.
    """
    rates = inputs.rows(PromptPassRate)
    kept = {(rate.problem_id, rate.policy) for rate in rates if rate.place == "kept"}
    for candidate in inputs.stream(Candidate):
        if not rates or (candidate.problem_id, candidate.policy) in kept:
            yield candidate
