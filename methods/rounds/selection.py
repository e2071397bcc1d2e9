"""Which training prompts red-team a policy: those that may be fed back, and those that never are."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from pydantic import Field

from datasets_registry.errors import BadInput
from datasets_registry.rows.prompts import HelpfulPrompt, Prompt, RedTeamPrompt
from datasets_registry.rows.words import Kind
from datasets_registry.settings import Seed, Settings
from methods.method import Inputs
from methods.rounds.slices import groups_of, in_order, training_side

KINDS: tuple[Kind, ...] = ("red_team", "helpful")


class RedTeamSelection(Settings):
    """How many training prompts of each kind red-team every round's policy.

    ``probes`` may be fed back; None takes all that are left. ``never_fed`` are in no round's prompts, with
    their whole groups: what rounds learn by heart shows as the gap between the two.
    """

    probes: int | None = Field(None, ge=1)
    never_fed: int = Field(50, ge=1)
    seed: Seed = 0


@dataclass(frozen=True)
class Sources:
    """Every prompt of the prompt sets by kind, those that may be trained on, and the groups never fed."""

    every: Sequence[Prompt]
    train: dict[Kind, list[Prompt]]
    never_fed: Collection[str] = frozenset()

    def of_rounds(self, kind: Kind) -> list[Prompt]:
        """The training prompts that rounds may ask."""
        return [prompt for prompt in self.train[kind] if prompt.split_group not in self.never_fed]

    def unfed(self, kind: Kind) -> list[Prompt]:
        """The training prompts that no round asks."""
        return [prompt for prompt in self.train[kind] if prompt.split_group in self.never_fed]

    def probes(self, kind: Kind, selection: RedTeamSelection) -> list[Prompt]:
        """The prompts that red-team every round and may be fed back."""
        order = in_order(self.of_rounds(kind), lambda prompt: prompt.prompt_id, selection.seed, "probe")
        return order[: selection.probes]


def sources_of(inputs: Inputs, selection: RedTeamSelection | None) -> Sources:
    """The prompt sets that rounds draw from; raises BadInput as ``sources_in`` does."""
    return sources_in(inputs.rows(RedTeamPrompt), inputs.rows(HelpfulPrompt), selection)


def sources_in(
    red_team: Sequence[Prompt], helpful: Sequence[Prompt], selection: RedTeamSelection | None
) -> Sources:
    """The same, of these prompts.

    Raises BadInput where they are held out for evaluation, or what is never fed leaves none to ask.
    """
    every = [*red_team, *helpful]
    # a group may span both sets
    training_side(every, "prompts of rounds")
    train = {
        kind: training_side(rows, f"{kind} prompts of rounds")
        for kind, rows in zip(KINDS, (red_team, helpful), strict=True)
    }
    return Sources(every, train, _never_fed(train, selection) if selection else frozenset())


def _never_fed(train: dict[Kind, list[Prompt]], selection: RedTeamSelection) -> Collection[str]:
    groups = set[str]()
    for kind, prompts in train.items():
        groups |= set(groups_of(prompts, selection.never_fed, selection.seed, "never fed"))
        if prompts and all(prompt.split_group in groups for prompt in prompts):
            raise BadInput(
                f"never_fed = {selection.never_fed} takes all {len(prompts)} {kind} training prompts, and "
                "leaves none to ask: lower it, or add prompts"
            )
    return frozenset(groups)
