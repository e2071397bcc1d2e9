"""Refusals among held-out answers: by phrases, and by the judge where phrases leave it open."""

from collections.abc import Sequence

from datasets_registry.rows.evaluation import EvaluationAnswer
from generation.completer import Complete
from generation.scoring.outcomes import Answered
from methods.judging.comparison import ComparisonSettings
from methods.judging.conversation import conversation_of
from methods.judging.refusal import judge_refusals


def judge_unsure(
    answers: Sequence[EvaluationAnswer], complete: Complete, model: str, settings: ComparisonSettings
) -> list[EvaluationAnswer]:
    """``answers`` with the judge's word on those that phrases leave unsure.

    A call that fails gives its reason, and the verdict by phrases stands alone.
    """
    places = [place for place, answer in enumerate(answers) if not answer.refusal_sure]
    unsure = [Answered(conversation_of(answers[place]), answers[place].completion) for place in places]
    verdicts = judge_refusals("refusals that phrases leave unsure", unsure, complete, model, settings)
    judged = list(answers)
    for place, verdict in zip(places, verdicts, strict=True):
        columns = {
            "judged_refusal": verdict.kind,
            "p_refused": verdict.p_refused,
            "refusal_failure": verdict.failure,
            "refusal_key": verdict.key,
        }
        judged[place] = answers[place].model_copy(update=columns)
    return judged
