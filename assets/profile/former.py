"""Sections of profiles of earlier releases, each with the one that took its place."""

from collections.abc import Mapping
from typing import Any

SECTIONS: Mapping[str, str] = {
    "policy": "[models.base_policy]",
    "judge_models": "[models.NAME], with `model` and `backend` as before",
    "red_team_prompts": "[prompts.red_team]",
    "helpful_prompts": "[prompts.helpful]",
    "revisions": "[cai], with `policy`",
    "sft_mix": "[cai.mix]",
    "sft": "[models.sft_policy], with trainer = 'sft', base, dataset and `training`",
    "pairs": "[rlaif.pairs], beside `policy` in [rlaif]",
    "judge": "[rlaif.judge]",
    "labels": "[rlaif.labels]",
    "dpo": "[models.dpo_policy], with trainer = 'dpo', base, dataset and `training`",
    "scores": "[judges.scores], with `judge`",
    "certificate": "[judges.certificate]",
    "human_agreement": "[judges.human_agreement]",
    "reasoning": "[problems], [rft] and [prm]; its policies and reward models are [models.NAME] now",
}
REASONING: Mapping[str, str] = {
    "problems": "[problems]",
    "verifier": "[problems.verifier]",
    "lab": "[models.lab_base]",
    "lab_policy": "[problems.gold.lab_solutions] and [models.lab_policy]",
    "cold_start_policy": "[problems.gold.cold_start_solutions] and [models.cold_start_policy]",
    "candidates": "[rft.candidates]",
    "selections": "[rft.selections]",
    "earlier": "`earlier` in [rft]",
    "pairs": "[rft.pairs]",
    "rft_policy": "[models.rft_policy]",
    "reward_model": "[models.reward_model]",
    "steps": "[prm]",
    "process_reward_model": "[models.process_reward_model]",
}


def successor(content: Mapping[str, Any]) -> str | None:
    """What to write in place of the first former section of a profile; None where it has none."""
    for name, section in content.items():
        if name == "reasoning" and isinstance(section, Mapping):
            for part in section:
                if part in REASONING:
                    return f"[reasoning.{part}] is now {REASONING[part]}"
        if name in SECTIONS:
            return f"[{name}] is now {SECTIONS[name]}"
    return None
