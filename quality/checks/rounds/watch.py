"""Checks of rounds: their watch and their verdict."""

from quality.checks.check import Check
from quality.checks.rules import no_rows

ROUND_CHECKS: tuple[Check, ...] = (
    Check(
        "round_watch",
        "says_why",
        "SELECT count(*) FROM this WHERE (outcome = 'unmeasured') <> (change IS NULL) OR trim(note) = ''",
        "figures whose outcome is not that of a measured, or of an unmeasured one, or has no reason",
        at_most=0,
    ),
    no_rows("verdict"),
    Check(
        "verdict",
        "healthy",
        "SELECT count(*) FROM this WHERE verdict <> 'go_on'",
        "a round that stops: an earlier round's policy is released, and later rounds pass it on",
        at_most=0,
        severity="warning",
    ),
    Check(
        "verdict",
        "nothing_warns",
        "SELECT coalesce(sum(len(warnings)), 0) FROM this",
        "figures of the watch that warn, or could not be measured",
        at_most=0,
        severity="warning",
    ),
)
