"""Checks of a policy's divergence from a reference."""

from quality.checks.check import Check
from quality.checks.rules import no_rows

DIVERGENCE_CHECKS: tuple[Check, ...] = (
    no_rows("divergence"),
    Check(
        "divergence",
        "likelihoods_are_whole",
        "SELECT count(*) FROM this"
        " WHERE (failure IS NULL) <> (logp IS NOT NULL AND reference_logp IS NOT NULL)"
        " OR logp > 0 OR reference_logp > 0",
        "samples without both likelihoods and without a reason, or likelihoods above one",
        at_most=0,
    ),
    Check(
        "divergence",
        "unmeasured_share",
        "SELECT avg((failure IS NOT NULL)::INT) FROM this",
        "samples that failed, are empty or have no likelihood (their share)",
        at_most=0.05,
        severity="warning",
    ),
)
