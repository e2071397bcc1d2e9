"""What is known of judges: direct scores, agreement with people, the certificate, the principle audit."""

from collections.abc import Sequence

from assets.building.dataset import dataset_asset
from assets.building.inputs import Materials, OpenBackend, open_local
from assets.building.recipe import Built, Recipe
from assets.pipelines.rlaif import JUDGING
from assets.profile.profile import HumanAgreementSection, Profile
from assets.ui.plots import figure_plot, principle_plot
from datasets_registry import intervals
from datasets_registry.rows.imported import HumanPreference
from datasets_registry.rows.judges import CompletionScore, HumanAgreement, JudgeFigure, PrincipleFigure
from datasets_registry.rows.rlaif import CompletionPair
from methods import templates
from methods.judging import conversation, quotation, score
from methods.judging.constitution import Constitution
from methods.judging.score import score_templates
from methods.rlaif import people as human_agreement
from methods.rlaif import scores as completion_scores
from methods.rlaif.people import agree
from methods.rlaif.scores import CompletionScoreSettings, score_pairs
from methods.templates import template_path
from quality.evaluation import metrics
from quality.judges import ballots, certificate
from quality.judges import principles as principle_audit
from quality.judges.certificate import CertificateSettings, certify
from quality.judges.principles import audit


def judge_assets(
    profile: Profile, constitution: Constitution, backend: OpenBackend = open_local
) -> list[Built]:
    """``ai_scores``, ``judge_certificate``, ``principle_audit``, and ``human_agreement`` if named."""
    people = profile.human_agreement
    agreement = [] if people is None else [_agreement(profile, people, constitution, backend)]
    return [_scores(profile, backend), *agreement, _certificate(profile), _audit(profile, constitution)]


def _scores(profile: Profile, backend: OpenBackend) -> Built:
    judge = profile.scores.judge
    settings = CompletionScoreSettings(**dict(profile.scores.scoring), signals=profile.judge.signals)
    recipe = Recipe(
        "ai_scores",
        ("completion_pairs", judge),
        settings=settings.model_dump(mode="json"),
        texts=tuple(map(template_path, score_templates())),
        code=(completion_scores, conversation, quotation, score, templates),
    )

    def build(materials: Materials) -> list[CompletionScore]:
        pairs = materials.rows(CompletionPair)
        with materials.completer(judge) as complete:
            model = complete.backend.fingerprint
            return score_pairs(pairs, judge, complete, model, settings)

    def shown(scores: Sequence[CompletionScore]) -> dict[str, float]:
        found = [one.score for one in scores if one.score is not None]
        return {"mean_score": sum(found) / max(len(found), 1), "failures": len(scores) - len(found)}

    return recipe, dataset_asset(
        recipe, CompletionScore, build, profile, group="rlaif", generates=True, shown=shown, backend=backend
    )


def _agreement(
    profile: Profile, section: HumanAgreementSection, constitution: Constitution, backend: OpenBackend
) -> Built:
    judge = profile.judge.judges[0]
    settings = profile.agreement_settings(section, constitution)
    recipe = Recipe(
        "human_agreement",
        (section.dataset, judge),
        settings=settings.model_dump(mode="json"),
        texts=tuple(map(template_path, ("judge", "reasoning"))),
        code=(human_agreement, *JUDGING),
    )

    def build(materials: Materials) -> list[HumanAgreement]:
        preferences = materials.rows(HumanPreference, section.dataset)
        with materials.completer(judge) as complete:
            model = complete.backend.fingerprint
            return agree(preferences, judge, complete, model, settings)

    def shown(found: Sequence[HumanAgreement]) -> dict[str, float | int]:
        labelled = [one for one in found if one.agrees is not None]
        agreed = sum(one.agrees is True for one in labelled)
        return {"labelled": len(labelled), "accuracy": agreed / max(len(labelled), 1)}

    return recipe, dataset_asset(
        recipe, HumanAgreement, build, profile, group="judges", generates=True, shown=shown, backend=backend
    )


def _certificate(profile: Profile) -> Built:
    people = profile.human_agreement is not None
    settings = CertificateSettings(
        **dict(profile.certificate), judges=profile.judge.judges, policy="sft_policy"
    )
    inputs = ("completion_pairs", "ai_judgements", *(("human_agreement",) if people else ()))
    recipe = Recipe(
        "judge_certificate",
        inputs,
        code=(certificate, ballots, intervals, metrics),
        settings=settings.model_dump(mode="json"),
    )

    def build(materials: Materials) -> list[JudgeFigure]:
        with materials.views() as connection:
            return certify(connection, settings, people=people)

    def shown(figures: Sequence[JudgeFigure]) -> dict[str, object]:
        bounded = [one for one in figures if one.at_least is not None or one.at_most is not None]
        failed = [one.figure for one in bounded if not one.holds]
        return {"not_shown_to_hold": ", ".join(failed) or "none", "figures": figure_plot(figures)}

    return recipe, dataset_asset(recipe, JudgeFigure, build, profile, group="judges", shown=shown)


def _audit(profile: Profile, constitution: Constitution) -> Built:
    signals = {one.id: one.signal for one in constitution.principles}
    recipe = Recipe(
        "principle_audit",
        ("cai_revisions", "ai_judgements"),
        settings={"principles": signals},
        code=(principle_audit, ballots, metrics),
    )

    def build(materials: Materials) -> list[PrincipleFigure]:
        with materials.views() as connection:
            return audit(connection, signals)

    def shown(figures: Sequence[PrincipleFigure]) -> dict[str, object]:
        return {"principles": principle_plot(figures)}

    return recipe, dataset_asset(recipe, PrincipleFigure, build, profile, group="judges", shown=shown)
