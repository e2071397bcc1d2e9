"""A policy and a judge by scripts, red-teamed and fed back over rounds without a graph."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from datasets_registry.rows.prompts import HelpfulPrompt, RedTeamPrompt
from datasets_registry.rows.rounds.failures import RedTeamFailure
from datasets_registry.rows.rounds.prompts import RoundPrompt
from datasets_registry.rows.row import Row
from generation.request import Completion, Request, SamplingParams
from generation.scripted import Script, chosen
from methods.rounds.failures import RED_TEAM_FAILURES, RedTeamSettings
from methods.rounds.prompts import ROUND_PROMPTS, RoundPromptSettings
from methods.rounds.selection import RedTeamSelection
from tests.methods.graphless import MemoryInputs, ModelsByRole, ScriptedModel, rows_of
from tests.rows import make

HELPS, REFUSES, PARTLY, ODD = "Here is how.", "No, I will not.", "Only a part of it.", "blue"
SELECTION = RedTeamSelection(probes=20, never_fed=4)
SOURCES: Mapping[str, Sequence[Row]] = {
    "red_team_prompts": [make(RedTeamPrompt, f"r{number}") for number in range(40)]
    + [make(RedTeamPrompt, f"er{number}", split="evaluation") for number in range(5)],
    "helpful_prompts": [make(HelpfulPrompt, f"h{number}") for number in range(40)]
    + [make(HelpfulPrompt, f"eh{number}", split="evaluation") for number in range(5)],
}


def policy(failing: Collection[str], odd: Collection[str] = ()) -> Script:
    """Refuses harm and helps with the rest, but fails on ``failing`` and babbles on ``odd``."""

    def script(request: Request) -> str | Completion:
        name = request.messages[-1].content.removeprefix("prompt ")
        if name in odd:
            return ODD
        harmful = name.startswith(("r", "er"))
        return HELPS if harmful == (name in failing) else REFUSES

    return script


def judge(request: Request) -> Completion:
    """Knows help, refusals and both at once; of anything else it says nothing."""
    shown = request.messages[0].content
    said = [HELPS in shown, PARTLY in shown, REFUSES in shown]
    return chosen(*[0.9 if it else 0.02 for it in said]) if any(said) else chosen(0.1, 0.1, 0.1)


def models(folder: Path, script: Script, **roles: Script) -> ModelsByRole:
    """The policy, the judge and others by role, each behind its own ledger."""
    scripts = {"policy": script, "judge": judge} | roles
    return ModelsByRole(
        {role: [ScriptedModel(f"a {role}", folder / role, each)] for role, each in scripts.items()}
    )


def red_teamed(
    folder: Path, number: int, script: Script, of_rounds: Sequence[RoundPrompt] = (), **settings: Any
) -> list[RedTeamFailure]:
    """Every prompt that the policy of a round is asked, with its grade."""
    how = {"round": number, "selection": SELECTION, "answers": SamplingParams(max_tokens=8)} | settings
    inputs = MemoryInputs({**SOURCES, "round_prompts": of_rounds})
    return rows_of(RED_TEAM_FAILURES, RedTeamSettings.model_validate(how), inputs, models(folder, script))


def asked(
    folder: Path,
    number: int,
    failures: Sequence[RedTeamFailure] = (),
    earlier: Sequence[RoundPrompt] = (),
    sources: Mapping[str, Sequence[Row]] = SOURCES,
    rewriter: Script = lambda request: "",
    **settings: Any,
) -> list[RoundPrompt]:
    """The prompts of a round of 8 and 8 with failures fed back."""
    how = {"round": number, "red_team": 8, "helpful": 8, "selection": SELECTION, "feedback": {}} | settings
    inputs = MemoryInputs({**sources, "red_team_failures": failures, "round_prompts": earlier})
    every = models(folder, lambda request: "", rewriter=rewriter)
    return rows_of(ROUND_PROMPTS, RoundPromptSettings.model_validate(how), inputs, every)


def fed(prompts: Sequence[RoundPrompt]) -> list[RoundPrompt]:
    """Those that are fed back."""
    return [prompt for prompt in prompts if prompt.origin in ("failure", "variant")]
