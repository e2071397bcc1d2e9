"""Labelled pairs as people read them: both completions, every verdict, and what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from datasets_registry.inspecting.row_search import joined_key
from datasets_registry.registry import Registry
from datasets_registry.rows.rlaif import AiJudgement, CompletionPair
from datasets_registry.version import Version
from datasets_registry.views.scanning import ResultRow
from methods.judging.preference import sigmoid
from quality.evaluation.report.words import Sides, sides
from studio.queries.beside import Beside, beside, input_of

# beyond it a float has no e to the logit
_FURTHEST = 700.0


@dataclass(frozen=True)
class Verdict:
    """A judge's verdict in one order; ``p_a`` is the share that it gives completion a, uncalibrated.

    ``version`` and ``id`` name its row.
    """

    version: str
    id: str
    judge: str
    principle: str
    order: str
    p_a: float | None
    verdict: str
    words: str
    failure: str | None


@dataclass(frozen=True)
class Side:
    """One completion: its letter, whether it was chosen, its score by a judge."""

    letter: str
    role: str
    score: float | None


@dataclass(frozen=True)
class PairShown:
    """A pair with its completions side by side.

    ``first`` and ``second`` are a and b where the pair's input is there, else the chosen and the rejected.
    ``calibrated`` has P(a) by the order in which a was shown, after the position bias was taken off.
    """

    row: ResultRow
    first: Side
    second: Side
    texts: Sides
    verdicts: Sequence[Verdict]
    calibrated: Mapping[str, float | None]

    @property
    def has_texts(self) -> bool:
        """Whether the completions are known; those of a tie are in the pair's input alone."""
        return bool(self.texts.before or self.texts.after)


def shown(registry: Registry, version: Version, rows: Sequence[ResultRow]) -> list[PairShown]:
    """The rows with what their inputs hold of them."""
    ids = [row["pair_id"] for row in rows]
    pairs = beside(registry, input_of(registry, version, CompletionPair), "pair_id", ids)
    source = input_of(registry, version, AiJudgement)
    judged = beside(registry, source, "pair_id", ids)
    verdicts = {pair: [_verdict(str(source), each) for each in judged[pair]] for pair in judged}
    return [_shown(row, pairs, verdicts.get(row["pair_id"], ())) for row in rows]


def _shown(row: ResultRow, pairs: Beside, verdicts: Sequence[Verdict]) -> PairShown:
    pair = next(iter(pairs.get(row["pair_id"], ())), None)
    if pair:
        texts = pair["completion_a"], pair["completion_b"]
        first, second = (
            Side(letter, _role(row["label"], letter), pair[f"score_{letter}"]) for letter in "ab"
        )
    else:
        texts = row["chosen"] or "", row["rejected"] or ""
        first, second = (Side("", role, None) for role in ("chosen", "rejected"))
    calibrated = {order: _share(row.get(f"logit_{order}")) for order in ("ab", "ba")}
    return PairShown(row, first, second, sides(*texts), verdicts, calibrated)


def _role(label: str, letter: str) -> str:
    if label not in ("a", "b"):
        return label
    return "chosen" if label == letter else "rejected"


def _verdict(version: str, judgement: ResultRow) -> Verdict:
    p_first, order = judgement["p_first"], judgement["order"]
    turned = order == "ba" and p_first is not None
    return Verdict(
        version=version,
        id=joined_key({name: judgement[name] for name in AiJudgement.key}),
        judge=judgement["judge"],
        principle=judgement["principle_id"],
        order=order,
        p_a=1 - p_first if turned else p_first,
        verdict=judgement["verdict"] or "none",
        words="\n".join(filter(None, (judgement["reasoning"], judgement["raw"]))),
        failure=judgement["failure"],
    )


def _share(logit: float | None) -> float | None:
    return None if logit is None else sigmoid(max(-_FURTHEST, min(_FURTHEST, logit)))
