"""The datasets that measure others are methods: figures, certificates, audits, findings."""

from datasets_registry.rows.cai import RevisionStep, SftExample
from datasets_registry.rows.hygiene import HygieneFinding
from datasets_registry.rows.judge_benchmark import JudgeAnswer
from datasets_registry.rows.judges import HumanAgreement, JudgeFigure, PrincipleFigure
from datasets_registry.rows.prompts import HelpfulPrompt
from datasets_registry.rows.rlaif import AiJudgement, CompletionPair, PreferencePair
from datasets_registry.rows.row import Row
from methods.method import NoSettings
from quality.hygiene.hygiene import DATA_HYGIENE
from quality.judges.bounds import Bound
from quality.judges.certificate import JUDGE_CERTIFICATE, CertificateSettings, certify
from quality.judges.principles import PRINCIPLE_AUDIT, AuditSettings, audit
from tests.methods.graphless import MemoryInputs, rows_of
from tests.quality.labelled import findings_in
from tests.rows import make

JUDGED: dict[str, list[Row]] = {
    "completion_pairs": [make(CompletionPair)],
    "ai_judgements": [make(AiJudgement, order=order, p_first=p) for order, p in (("ab", 0.9), ("ba", 0.2))],
}
CERTIFIED = CertificateSettings(judges=("base_policy",), policy="sft_policy")


def test_a_certificate_measures_agreement_only_where_people_were_asked() -> None:
    alone, people = MemoryInputs(JUDGED), MemoryInputs(JUDGED | {"human_agreement": [make(HumanAgreement)]})
    without: list[JudgeFigure] = rows_of(JUDGE_CERTIFICATE, CERTIFIED, alone)
    beside: list[JudgeFigure] = rows_of(JUDGE_CERTIFICATE, CERTIFIED, people)
    with alone.views() as connection:
        assert without == certify(connection, CERTIFIED, people=False)
    with people.views() as connection:
        assert beside == certify(connection, CERTIFIED, people=True)
    assert {row.figure for row in beside} - {row.figure for row in without} == {
        "human_accuracy",
        "cohen_kappa",
        "gwet_ac1",
    }
    assert {(row.judge, row.policy) for row in beside} == {("base_policy", "sft_policy")}


def test_a_certificate_bounds_figures_of_suites() -> None:
    answers: list[Row] = [
        make(JudgeAnswer, f"i{place}", cluster=f"c{place}", shown_first=first)
        for place in range(60)
        for first in ("right", "wrong")
    ]
    bounds = {"llmbar_accuracy": Bound(at_least=0.8), "llmbar_flip_rate": Bound(at_least=0.5)}
    settings = CERTIFIED.model_copy(update={"bounds": bounds, "required": True})
    for datasets, holds in ((JUDGED | {"judge_answers": answers}, [True, False]), (JUDGED, [None, None])):
        made: list[JudgeFigure] = rows_of(JUDGE_CERTIFICATE, settings, MemoryInputs(datasets))
        bounded = {row.figure: row.holds for row in made if row.required}
        assert [bounded[figure] for figure in bounds] == holds


def test_an_audit_without_revisions_knows_the_judgements() -> None:
    settings = AuditSettings(signals={"kind": "helpfulness", "unused": "honesty"})
    revised = JUDGED | {"cai_revisions": [make(RevisionStep)]}
    for datasets in (JUDGED, revised):
        made: list[PrincipleFigure] = rows_of(PRINCIPLE_AUDIT, settings, MemoryInputs(datasets))
        with MemoryInputs(datasets).views() as connection:
            assert made == audit(connection, settings.signals)
        assert [(row.principle_id, row.num_pairs) for row in made] == [("kind", 1), ("unused", 0)]


def test_hygiene_looks_at_the_datasets_that_there_are() -> None:
    examples = [make(SftExample, name, completion="I cannot help with that") for name in "ab"]
    pairs = [make(PreferencePair, name, chosen=f"call me at {name}@example.org") for name in "cd"]
    prompts = [make(HelpfulPrompt, "e", split="evaluation")]
    inputs = MemoryInputs({"cai_sft": examples, "helpful_prompts": prompts})
    made: list[HygieneFinding] = rows_of(DATA_HYGIENE, NoSettings(), inputs)
    assert made == findings_in(*examples, *prompts) and "full_refusal" in {row.kind for row in made}
    everything = MemoryInputs(dict(inputs.datasets) | {"preference_pairs": pairs})
    assert rows_of(DATA_HYGIENE, NoSettings(), everything) == findings_in(*examples, *pairs, *prompts)
