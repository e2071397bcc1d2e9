"""Of how many of a round's prompts there is something to learn, and how that fell since round 1."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from datasets_registry.intervals import wilson_interval
from datasets_registry.manifest import Manifest
from datasets_registry.rows.rounds.watch import RoundWatch
from methods.method import Inputs
from quality.rounds.change import Change

if TYPE_CHECKING:
    import duckdb

YIELD_SHARE, YIELD_FALL, POLICY_TRAINED = "yield_share", "yield_fall", "policy_trained"
CONFLICTING, LABEL_PRECISION = "conflicting", "label_precision"
# pairs of several signals, and those of them on which two disagree
_CONFLICTS = """SELECT count(*), count(*) FILTER (WHERE conflicting) FROM reward_pairs
    WHERE label = 'a' AND len(scores_chosen) > 1"""
# amplified labels whose agreement with gold is known, and those that agree
_AGREEING = "SELECT count(agrees), count(*) FILTER (WHERE agrees) FROM amplified_labels"
# prompts that were asked, and those of them that give a pair or a selection of their own samples
_COUNTS = (
    """SELECT count(DISTINCT prompt_id), count(DISTINCT prompt_id) FILTER (WHERE label IN ('a', 'b'))
    FROM preference_pairs""",
    "SELECT count(*), count(*) FILTER (WHERE label = 'a') FROM reward_pairs",
    """SELECT count(DISTINCT problem_id), count(DISTINCT problem_id) FILTER (WHERE problem_id IN (
        SELECT problem_id FROM verified_pairs
        UNION ALL SELECT problem_id FROM rft_selections WHERE kind = 'sampled'
    )) FROM candidates""",
    """SELECT count(*) FILTER (WHERE parent_id IS NULL), (SELECT count(*) FROM amplified_labels)
    FROM amplified_answers""",
)


def yield_changes(inputs: Inputs, history: Sequence[RoundWatch]) -> Iterator[Change]:
    """The yield, and from round 2 on how it changed beside round 1's, which ``history`` knows."""
    with inputs.views() as connection:
        num_prompts, num_useful = _counted(connection)
        num_pairs, num_conflicting = connection.execute(_CONFLICTS).fetchone() or (0, 0)
        num_labels, num_agreeing = connection.execute(_AGREEING).fetchone() or (0, 0)
    if num_labels:
        yield _precision(num_labels, num_agreeing)
    if num_pairs:
        yield _conflicting(num_pairs, num_conflicting)
    share = Change(YIELD_SHARE, "yield", "value")
    if not num_prompts:
        yield share.unmeasured("no prompt of the round was asked")
        return
    value = num_useful / num_prompts
    yield Change(
        YIELD_SHARE,
        "yield",
        "value",
        value,
        None,
        value,
        num_items=num_prompts,
        note=_words(num_useful, num_prompts),
    )
    first = next((row.value for row in history if (row.round, row.figure) == (1, YIELD_SHARE)), None)
    if first:
        yield Change(YIELD_FALL, "yield", "relative", value, first, value / first - 1, num_items=num_prompts)


def untrained(manifest: Manifest) -> Change:
    """That the round's policy is the one before, of ``manifest``, as its labels are too few for a run."""
    note = f"the labels are too few for a run: the policy has the weights of {manifest.name}"
    return Change(POLICY_TRAINED, "yield", "value", 0.0, None, 0.0, note=note)


def _conflicting(num_pairs: int, num_conflicting: int) -> Change:
    """The share of pairs on which two of the signals that label disagree."""
    share = num_conflicting / num_pairs
    note = f"two signals disagree on {num_conflicting} of {num_pairs} pairs"
    return Change(CONFLICTING, "labels", "value", share, None, share, num_items=num_pairs, note=note)


def _precision(num_labels: int, num_agreeing: int) -> Change:
    """The share of amplified labels that are gold: their errors add up over all that they are made of."""
    share = num_agreeing / num_labels
    note = f"{num_agreeing} of {num_labels} labels are gold"
    return Change(LABEL_PRECISION, "labels", "value", share, None, share, num_items=num_labels, note=note)


def _counted(connection: "duckdb.DuckDBPyConnection") -> tuple[int, int]:
    counts = [connection.execute(sql).fetchone() or (0, 0) for sql in _COUNTS]
    return sum(count[0] for count in counts), sum(count[1] for count in counts)


def _words(num_useful: int, num_prompts: int) -> str:
    low, high = wilson_interval(num_useful, num_prompts)
    return f"{num_useful} of {num_prompts} prompts ({low:.0%} to {high:.0%})"
