"""Data hygiene: what a person should know about the texts before a model learns from them."""

from collections import Counter
from collections.abc import Sequence

import dagster as dg

from assets.building.dataset import dataset_asset
from assets.building.inputs import Materials
from assets.building.recipe import Recipe
from assets.profile.profile import Profile
from datasets_registry.rows.hygiene import HygieneFinding
from datasets_registry.rows.prompts import PROMPT_SETS
from methods.evaluation import refusals
from methods.evaluation.refusals import PHRASES
from quality.hygiene import (
    boilerplate,
    clusters,
    contamination,
    duplicates,
    findings,
    hygiene,
    languages,
    lengths,
    minhash,
    personal_data,
    texts,
    words,
)
from quality.hygiene.texts import LABELS

FINDERS = (boilerplate, clusters, contamination, duplicates, languages, lengths, minhash, personal_data)


def hygiene_assets(profile: Profile) -> list[tuple[Recipe, dg.AssetsDefinition]]:
    """``data_hygiene``."""
    recipe = Recipe(
        "data_hygiene",
        (*(one.name for one in LABELS), *PROMPT_SETS),
        texts=(PHRASES,),
        code=(*FINDERS, findings, hygiene, texts, words, refusals),
    )

    def build(materials: Materials) -> list[HygieneFinding]:
        with materials.views() as connection:
            return hygiene.hygiene(connection)

    def shown(found: Sequence[HygieneFinding]) -> dict[str, int]:
        return dict(Counter(one.kind for one in found))

    return [(recipe, dataset_asset(recipe, HygieneFinding, build, profile, group="quality", shown=shown))]
