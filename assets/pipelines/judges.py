"""Judges: direct scores, agreement with people, steered verdicts, the certificate, the principle audit."""

from collections.abc import Sequence

from assets.building.declared import Dataset, dataset
from assets.pipelines.judge_benchmark import answers_of
from assets.pipelines.rlaif import GROUP as RLAIF
from assets.profile.judges import HumanAgreement, Judges
from assets.profile.rlaif import Rlaif
from datasets_registry.errors import BadInput
from datasets_registry.rows.cai import RevisionStep
from datasets_registry.rows.imported import HumanPreference
from datasets_registry.rows.judge_benchmark import JudgeAnswer
from datasets_registry.rows.judges import CompletionScore, JudgeFigure, PrincipleFigure, SteeredVerdict
from datasets_registry.rows.judges import HumanAgreement as HumanAgreementRow
from datasets_registry.rows.rlaif import AiJudgement, CompletionPair
from datasets_registry.rows.words import Signal
from methods.judging.constitution import Constitution
from methods.rlaif.people import HUMAN_AGREEMENT, AgreementSettings
from methods.rlaif.scores import AI_SCORES, CompletionScoreSettings
from methods.rlaif.steering import STEERED_VERDICTS, SteeringSelection, SteeringSettings
from quality.judges.bounds import SUITES
from quality.judges.certificate import JUDGE_CERTIFICATE, CertificateSettings
from quality.judges.principles import PRINCIPLE_AUDIT, AuditSettings

GROUP = "judges"


def judges(
    section: Judges,
    rlaif: Rlaif,
    constitution: Constitution,
    revisions: str = "",
    at: str = "",
) -> Sequence[Dataset]:
    """``ai_scores``, ``judge_certificate``, ``principle_audit``, and those that are named.

    ``human_agreement`` and ``steered_verdicts`` have sections of their own.

    They are about the pairs and judgements of ``rlaif`` at the same place, and about ``revisions``. Those of
    its pairs stand in its group, between its labels and the models that wait for the certificate.
    """
    people = section.human_agreement
    agreement = [_agreement(people, rlaif, constitution, at)] if people else []
    steered = [_steered(section.steering, rlaif, constitution, at)] if section.steering else []
    return [
        _scores(section, rlaif, constitution, at),
        *agreement,
        *steered,
        _certificate(section, rlaif, at),
        _audit(constitution, revisions, at),
    ]


def _scores(section: Judges, rlaif: Rlaif, constitution: Constitution, at: str) -> Dataset:
    asked = {principle.signal for principle in constitution.principles if principle.preference_question}
    signals = {
        kind: tuple(signal for signal in signals if signal in asked)
        for kind, signals in rlaif.judge.signals.items()
    }
    return dataset(
        at + CompletionScore.dataset,
        AI_SCORES,
        CompletionScoreSettings(**dict(section.scores.method), signals=signals),
        group=RLAIF,
        inputs={CompletionPair.dataset: at + CompletionPair.dataset},
        models={"judge": section.scores.judge},
    )


def _agreement(people: HumanAgreement, rlaif: Rlaif, constitution: Constitution, at: str) -> Dataset:
    return dataset(
        at + HumanAgreementRow.dataset,
        HUMAN_AGREEMENT,
        AgreementSettings(
            **dict(people.selection),
            comparison=rlaif.judge.method.comparison,
            questions=_questions(constitution, (people.signal,), "human_agreement"),
            clamp=rlaif.labels.clamp,
            tie_logit=rlaif.labels.tie_logit,
        ),
        group=GROUP,
        inputs={HumanPreference.dataset: people.dataset},
        models={"judge": rlaif.judge.judges[0]},
    )


def _steered(steering: SteeringSelection, rlaif: Rlaif, constitution: Constitution, at: str) -> Dataset:
    judged = tuple(dict.fromkeys(signal for signals in rlaif.judge.signals.values() for signal in signals))
    return dataset(
        at + SteeredVerdict.dataset,
        STEERED_VERDICTS,
        SteeringSettings(
            **dict(steering),
            comparison=rlaif.judge.method.comparison,
            questions=_questions(constitution, judged, "steering"),
            tie_logit=rlaif.labels.tie_logit,
        ),
        group=RLAIF,
        inputs={
            CompletionPair.dataset: at + CompletionPair.dataset,
            AiJudgement.dataset: at + AiJudgement.dataset,
        },
        models={"judges": rlaif.judge.judges},
    )


def _questions(constitution: Constitution, signals: Sequence[Signal], section: str) -> dict[str, str]:
    questions = constitution.questions(signals)
    if not questions:
        raise BadInput(
            f"constitution {constitution.name!r} has no principle of {' or '.join(signals) or 'any signal'} "
            f"with a preference_question, which [judges.{section}] needs: add one, or take the section out"
        )
    return questions


def _certificate(section: Judges, rlaif: Rlaif, at: str) -> Dataset:
    people = at + HumanAgreementRow.dataset if section.human_agreement else ""
    steered = at + SteeredVerdict.dataset if section.steering else ""
    benchmark = section.benchmark.judges if section.benchmark else ()
    _require_measured(section, rlaif.judge.judges)
    return dataset(
        at + JudgeFigure.dataset,
        JUDGE_CERTIFICATE,
        CertificateSettings(
            **dict(section.certificate),
            judges=rlaif.judge.judges,
            policy=rlaif.policy or "",
            clamp=rlaif.labels.clamp,
            tie_logit=rlaif.labels.tie_logit,
        ),
        group=RLAIF,
        inputs={
            CompletionPair.dataset: at + CompletionPair.dataset,
            AiJudgement.dataset: at + AiJudgement.dataset,
            HumanAgreementRow.dataset: people,
            SteeredVerdict.dataset: steered,
            JudgeAnswer.dataset: tuple(
                answers_of(judge) for judge in rlaif.judge.judges if judge in benchmark
            ),
        },
    )


def _require_measured(section: Judges, judges: Sequence[str]) -> None:
    """Raise BadInput where figures of suites are bounded and a certified judge is not asked for them."""
    bounded = sorted(section.certificate.bounds.keys() & set(SUITES))
    measured = section.benchmark.judges if section.benchmark else ()
    for judge in judges:
        if bounded and judge not in measured:
            raise BadInput(
                f"judges.certificate.bounds.{bounded[0]} bounds what is not measured of {judge}: add it to "
                "judges.benchmark.judges"
            )


def _audit(constitution: Constitution, revisions: str, at: str) -> Dataset:
    return dataset(
        at + PrincipleFigure.dataset,
        PRINCIPLE_AUDIT,
        AuditSettings(signals={principle.id: principle.signal for principle in constitution.principles}),
        group=RLAIF,
        inputs={RevisionStep.dataset: revisions, AiJudgement.dataset: at + AiJudgement.dataset},
    )
