"""RLAIF: completion pairs of the SFT policy → AI judgements → preference pairs → the DPO policy."""

from collections import Counter
from collections.abc import Sequence
from functools import partial

import dagster as dg

from assets.building.dataset import dataset_asset
from assets.building.inputs import Materials, OpenBackend, open_local
from assets.building.model import trained_model
from assets.building.recipe import Recipe
from assets.building.roles import Roles
from assets.pipelines.cai import system_texts
from assets.profile.profile import Profile
from assets.ui.plots import margin_plot
from datasets_registry.rows.prompts import HelpfulPrompt, Prompt, RedTeamPrompt
from datasets_registry.rows.rlaif import AiJudgement, CompletionPair, PreferencePair
from datasets_registry.rows.words import Kind
from methods import templates
from methods.judging import comparison, conversation, preference, quotation, score, verdict
from methods.judging.constitution import Constitution
from methods.judging.conversation import conversation_of
from methods.judging.score import Scored, score_completions, score_templates
from methods.rlaif import judgements as judge
from methods.rlaif import labels, pairs
from methods.rlaif.judgements import judge_pairs
from methods.rlaif.labels import label_pairs
from methods.rlaif.pairs import Sample, pair_samples, sample_completions
from methods.templates import template_path
from training import dpo

JUDGING = (comparison, conversation, preference, quotation, templates, verdict)


def rlaif_assets(
    profile: Profile, constitution: Constitution, backend: OpenBackend = open_local
) -> list[tuple[Recipe, dg.AssetsDefinition]]:
    """``completion_pairs``, ``ai_judgements`` and ``preference_pairs``."""
    return [_pairs(profile, backend), _judgements(profile, constitution, backend), _preferences(profile)]


def prompts_of(materials: Materials, split: str) -> list[tuple[Kind, Prompt]]:
    """Both prompt sets' prompts of one split."""
    red_team: list[tuple[Kind, Prompt]] = [
        ("red_team", one) for one in materials.rows(RedTeamPrompt) if one.split == split
    ]
    return red_team + [("helpful", one) for one in materials.rows(HelpfulPrompt) if one.split == split]


def _pairs(profile: Profile, backend: OpenBackend) -> tuple[Recipe, dg.AssetsDefinition]:
    settings = profile.pair_settings
    scored = settings.selection == "best_worst"
    names = (*score_templates(), *system_texts(profile)) if scored else system_texts(profile)
    inputs = ("red_team_prompts", "helpful_prompts", "sft_policy")
    recipe = Recipe(
        "completion_pairs",
        (*inputs, profile.scores.judge) if scored else inputs,
        settings=settings.model_dump(mode="json"),
        texts=tuple(map(template_path, names)),
        code=(pairs, conversation, templates, *((quotation, score) if scored else ())),
    )

    def build(materials: Materials) -> list[CompletionPair]:
        prompts = prompts_of(materials, "train")
        with materials.completer("sft_policy") as complete:
            samples = sample_completions(prompts, complete, complete.backend.fingerprint, settings)
        return pair_samples(samples, settings, partial(_scores, materials=materials) if scored else None)

    def shown(rows: Sequence[CompletionPair]) -> dict[str, int]:
        return {"failures": sum(one.failure is not None for one in rows)}

    return recipe, dataset_asset(
        recipe,
        CompletionPair,
        build,
        profile,
        group="rlaif",
        generates=True,
        shown=shown,
        backend=backend,
    )


def _scores(samples: Sequence[Sample], materials: Materials) -> list[float | None]:
    """Each sample's score for the signal that weighs most for its kind of prompt."""
    profile = materials.profile
    signals = profile.pair_settings.signals
    asked = [Scored(conversation_of(one.prompt), one.text, signals[one.kind]) for one in samples]
    with materials.completer(profile.scores.judge) as complete:
        model = complete.backend.fingerprint
        found = score_completions("scores of samples", asked, complete, model, profile.scores.scoring)
    return [one.score for one in found]


def _judgements(
    profile: Profile, constitution: Constitution, backend: OpenBackend
) -> tuple[Recipe, dg.AssetsDefinition]:
    settings, names = profile.judgement_settings(constitution), profile.judge.judges
    recipe = Recipe(
        "ai_judgements",
        ("completion_pairs", *names),
        settings=settings.model_dump(mode="json"),
        texts=tuple(map(template_path, ("judge", "reasoning"))),
        code=(judge, comparison, conversation, quotation, templates, verdict),
    )

    def build(materials: Materials) -> list[AiJudgement]:
        usable = materials.rows(CompletionPair)
        found: list[AiJudgement] = []
        for name in names:
            with materials.completer(name) as complete:
                model = complete.backend.fingerprint
                found += judge_pairs(usable, name, complete, model, settings)
        return found

    def shown(verdicts: Sequence[AiJudgement]) -> dict[str, float]:
        crossed = [one for one in verdicts if one.order in ("ab", "ba")]
        parsed = [one for one in crossed if one.verdict is not None]
        first = sum(one.verdict == "first" for one in parsed)
        return {
            "parse_rate": len(parsed) / max(len(crossed), 1),
            "first_position_share": first / max(len(parsed), 1),
        }

    return recipe, dataset_asset(
        recipe,
        AiJudgement,
        build,
        profile,
        group="rlaif",
        generates=True,
        shown=shown,
        backend=backend,
    )


def _preferences(profile: Profile) -> tuple[Recipe, dg.AssetsDefinition]:
    recipe = Recipe(
        "preference_pairs",
        ("completion_pairs", "ai_judgements"),
        settings=profile.labels.model_dump(mode="json"),
        code=(labels, preference),
    )

    def build(materials: Materials) -> list[PreferencePair]:
        return label_pairs(materials.rows(CompletionPair), materials.rows(AiJudgement), profile.labels)

    def shown(labelled: Sequence[PreferencePair]) -> dict[str, object]:
        counts = Counter(one.label for one in labelled)
        margins = [abs(one.p_a - 0.5) for one in labelled if one.p_a is not None]
        return {
            "labelled": counts["a"] + counts["b"],
            "ties": counts["tie"],
            "unparsed": counts["unparsed"],
            "unjudged": counts["unjudged"],
            "mean_margin": sum(margins) / max(len(margins), 1),
            "margins": margin_plot(labelled),
        }

    return recipe, dataset_asset(recipe, PreferencePair, build, profile, group="rlaif", shown=shown)


def dpo_policy(profile: Profile) -> tuple[Recipe, dg.AssetsDefinition]:
    """``dpo_policy``, which waits for the judge's certificate where the profile requires one."""
    certified = ("judge_certificate",) if profile.certificate.required else ()
    roles = Roles("sft_policy", "preference_pairs", waited=certified)
    grain = "The SFT policy after direct preference optimisation on preference_pairs: one model directory."
    return trained_model(
        "dpo_policy",
        dpo,
        roles,
        profile.dpo,
        profile,
        grain=grain,
        system_prompt=profile.answers.system_prompt,
    )
