"""Problems whose own gold answer the verifier rejects, so that their reward cannot be had."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from datasets_registry.errors import BadInput, ModelFailed
from methods.verifiers.contract import Kind, VerifierSettings, Verify
from training.running.process import Report

R = TypeVar("R", bound=Mapping[str, object])


def with_gold_accepted(rows: Sequence[R], settings: VerifierSettings | None, report: Report) -> list[R]:
    """The rows without those whose own gold answer is rejected, each of which is reported with its reason.

    A row is kept where there is no verifier, or its kind needs a written solution and there is none. Raises
    ModelFailed where more than the share that stops sampling are rejected.
    """
    from methods.verifiers.verifier import verifier
    from quality.checks.problems import MOST_REJECTED

    if settings is None:
        return list(rows)
    verify = verifier(settings)
    reasons = [_why_rejected(row, verify, settings.kind) for row in rows]
    rejected = [(row, reason) for row, reason in zip(rows, reasons, strict=True) if reason is not None]
    for row, reason in rejected:
        report(
            f"left out, as its own gold answer {row['answer']!r:.80} is rejected ({reason}): {row['prompt']}"
        )
    if len(rejected) > MOST_REJECTED * len(rows):
        raise ModelFailed(
            f"the verifier rejects the own gold answer of {len(rejected)} of {len(rows)} problems, more than "
            f"{MOST_REJECTED:.0%} (the first: {rejected[0][1]}): mend the answers, or take another verifier"
        )
    return [row for row, reason in zip(rows, reasons, strict=True) if reason is None]


def _why_rejected(row: Mapping[str, object], verify: Verify, kind: Kind) -> str | None:
    from methods.problems.gold_verdicts import gold_completion

    answer, solution = row["answer"], row.get("solution")
    if not isinstance(answer, str):
        return "no answer"
    completion = gold_completion(answer, solution if isinstance(solution, str) else None, kind)
    if completion is None:
        return None
    try:
        verdict = verify(completion, answer)
    except BadInput as error:
        return str(error)
    return None if verdict.accepted else verdict.reason or "rejected"
