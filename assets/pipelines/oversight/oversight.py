"""Scalable oversight: questions with two opposed answers → debates → preferences by the judge's verdicts."""

from collections.abc import Mapping, Sequence

from assets.building.declared import Dataset, dataset
from assets.profile.oversight.oversight import Debates, Oversight
from datasets_registry.rows.oversight.debates import Debate, Protocol
from datasets_registry.rows.oversight.preferences import OversightPreference
from datasets_registry.rows.oversight.questions import OversightQuestion, PassageQuestion
from datasets_registry.rows.rft import Candidate
from methods.oversight.debates import DEBATES
from methods.oversight.passages import PASSAGE_QUESTIONS
from methods.oversight.preferences import OVERSIGHT_PREFERENCES
from methods.oversight.questions import OVERSIGHT_QUESTIONS
from methods.verifiers.contract import VerifierSettings
from quality.judges.bounds import DebatedBounds
from quality.judges.debated import DATASET, OVERSIGHT_CERTIFICATE, DebatedSettings

GROUP = "oversight"


def oversight(
    section: Oversight,
    verifier: VerifierSettings | None = None,
    candidates: str = Candidate.dataset,
    at: str = "",
) -> Sequence[Dataset]:
    """``passages`` (unless imported), ``oversight_questions``, and what debates make of them."""
    passages, read = at + PassageQuestion.dataset, section.questions.of
    made = [dataset(passages, PASSAGE_QUESTIONS, section.passages, group=GROUP)] if section.passages else []
    questions = dataset(
        at + OversightQuestion.dataset,
        OVERSIGHT_QUESTIONS,
        section.questions.method,
        group=GROUP,
        inputs={
            PassageQuestion.dataset: passages if "passages" in read else "",
            Candidate.dataset: candidates if "candidates" in read else "",
        },
    )
    debated = _debated(section, section.debates, verifier, at) if section.debates else []
    return [*made, questions, *debated]


def _debated(
    section: Oversight, debates: Debates, verifier: VerifierSettings | None, at: str
) -> Sequence[Dataset]:
    """``debates``, ``oversight_preferences``, and where it is named ``oversight_certificate``."""
    certificate, protocol = section.certificate, section.preferences.protocol
    questions = {OversightQuestion.dataset: at + OversightQuestion.dataset}
    debated = {**questions, Debate.dataset: at + Debate.dataset}
    return [
        dataset(
            at + Debate.dataset,
            DEBATES,
            debates.method(verifier),
            group=GROUP,
            inputs=questions,
            models={
                "debater": debates.debater,
                "judge": debates.judge,
                "chains_judge": debates.chains_judge or "",
                "preference_model": debates.preference_model or "",
            },
        ),
        dataset(
            at + OversightPreference.dataset,
            OVERSIGHT_PREFERENCES,
            section.preferences,
            group=GROUP,
            inputs=debated,
            guards=(at + DATASET,) if certificate and certificate.required else (),
        ),
        *([_certificate(certificate, protocol, debated, at)] if certificate else []),
    ]


def _certificate(bounds: DebatedBounds, protocol: Protocol, debated: Mapping[str, str], at: str) -> Dataset:
    settings = DebatedSettings(**dict(bounds), protocol=protocol)
    return dataset(at + DATASET, OVERSIGHT_CERTIFICATE, settings, group=GROUP, inputs=debated)
