"""How far a round's policy is from round 0, on its own samples: so pinned and moving references compare."""

from collections.abc import Iterator, Sequence

from datasets_registry.rows.rounds.divergence import Divergence
from methods.rounds.divergence import Kl, sequence_kl, token_kl
from quality.rounds.change import Change

KL, KL_PER_TOKEN = "kl", "kl_per_token"


def divergence_changes(rows: Sequence[Divergence]) -> Iterator[Change]:
    """The KL divergence from round 0, in nats a sequence and a token; nothing where it was not asked.

    Its intervals are over prompts. Samples that failed or are empty are counted as missing.
    """
    if not rows:
        return
    missing = sum(row.failure is not None for row in rows) / len(rows)
    for figure, kl in ((KL, sequence_kl(rows)), (KL_PER_TOKEN, token_kl(rows))):
        change = Change(figure, "divergence", "value", missing=missing)
        yield change.unmeasured("no sample has both likelihoods") if kl is None else _of(figure, kl, missing)


def _of(figure: str, kl: Kl, missing: float) -> Change:
    return Change(
        figure,
        "divergence",
        "value",
        kl.value,
        None,
        kl.value,
        kl.interval,
        num_items=kl.num_samples,
        num_clusters=kl.num_prompts,
        missing=missing,
    )
