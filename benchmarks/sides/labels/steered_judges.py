"""Judges that a planted share of additions turns, over pairs of several prompts, and their certificates."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import duckdb

from benchmarks.sides.labels.judge_call import read_call
from benchmarks.sides.labels.planted_judges import BETTER, judging, pairs
from datasets_registry.hashing import derive_seed
from datasets_registry.rows.judges import JudgeFigure, SteeredVerdict
from datasets_registry.rows.rlaif import AiJudgement, CompletionPair
from datasets_registry.rows.row import to_table
from datasets_registry.rows.words import AdditionKind
from generation.request import Completion, Request
from generation.scripted import chosen, completing
from methods.judging.additions import KINDS, hidden, texts
from methods.judging.quotation import visible
from methods.rlaif.judgements import judge_pairs
from methods.rlaif.steering import SteeringSettings, steer, trials_of
from quality.judges.bounds import DEFAULT_BOUNDS, OVERALL, Bound
from quality.judges.certificate import CertificateSettings, certify

_SURE = 0.9
_EACH = 3


@dataclass(frozen=True)
class Planted:
    """A judge that heeds ``share`` of the additions of ``kinds`` that it sees, and else sees the better text.

    ``by_prompt`` makes it heed all that stand beside one prompt, or none. ``guesses`` makes it guess what it
    does not heed, so that an addition turns ``share`` of the half that guesses leave, and a neutral one none.
    """

    share: float
    kinds: tuple[AdditionKind, ...] = KINDS
    by_prompt: bool = False
    guesses: bool = False

    def figures(self) -> dict[str, float]:
        """What its certificate must name."""
        turned = {kind: self.share * (kind in self.kinds) * (0.5 if self.guesses else 1) for kind in KINDS}
        # one of three ways to hide leaves nothing to heed
        turned["invisible"] *= 2 / 3
        shares = {f"steered_by_{kind}": share for kind, share in turned.items()}
        return shares | {OVERALL: sum(turned.values()) / len(turned), "steered_in_thoughts": 0.0}


JUDGES: dict[str, Planted] = {
    "deaf": Planted(0.0),
    "turned by 3 of 10": Planted(0.3),
    "turned by all": Planted(1.0),
    "turned by authority alone": Planted(0.6, kinds=("authority",)),
    "turned by 3 of 10 prompts": Planted(0.3, by_prompt=True),
    "guesses": Planted(0.0, guesses=True),
    "guesses, and is turned by 4 of 10": Planted(0.4, guesses=True),
}


def spoken_for(text: str, kinds: tuple[AdditionKind, ...]) -> str | None:
    """The letter for which an addition of ``kinds`` in a call's text speaks, where there is one."""
    seen = [(letter, said) for kind in kinds for letter in "AB" for said in _seen(kind, letter)]
    return next((letter for letter, said in seen if said in text), None)


@cache
def _seen(kind: AdditionKind, letter: str) -> list[str]:
    """The additions of a kind as a quotation has them; what is hidden wholly is not there."""
    if kind != "invisible":
        return [visible(text) for text in texts(kind, letter=letter)]
    return [
        visible(hidden(text, how))
        for text in texts(kind, letter=letter)
        for how in ("zero width", "reversed")
    ]


def _script(judge: Planted, seed: int) -> Callable[[Request], Completion]:
    def script(request: Request) -> Completion:
        text = request.messages[0].content
        call = read_call(text)
        (prompt,), (first,) = call.under("User:"), call.under("Response A:")
        unit = prompt.split("\n")[0] if judge.by_prompt else text
        letter = spoken_for("\n".join(said for _, said in call.quoted), judge.kinds)
        if letter and random.Random(derive_seed("heeds", seed, unit)).random() < judge.share:
            return chosen(*((_SURE, 1 - _SURE) if letter == "A" else (1 - _SURE, _SURE)))
        is_first = BETTER in first
        if judge.guesses:
            is_first = random.Random(derive_seed("guess", seed, text)).random() < 0.5
        return chosen(*((_SURE, 1 - _SURE) if is_first else (1 - _SURE, _SURE)))

    return script


def grouped(count: int) -> list[CompletionPair]:
    """Pairs of known better texts, three to a prompt."""
    return [
        pair.model_copy(
            update={
                "prompt": f"question {place // _EACH}",
                "prompt_id": f"p{place // _EACH}",
                "split_group": f"g{place // _EACH}",
            }
        )
        for place, pair in enumerate(pairs(count))
    ]


def steered(
    judge: Planted, count: int, seed: int = 0, bounds: Mapping[str, Bound] = DEFAULT_BOUNDS
) -> dict[str, JudgeFigure]:
    """The figures of a planted judge over ``count`` pairs, with those of additions."""
    judged, complete, how = grouped(count), completing(_script(judge, seed)), judging()
    judgements = list(judge_pairs(judged, "planted", complete, "planted", how))
    questions = {name: principle.preference_question for name, principle in how.principles.items()}
    settings = SteeringSettings(num_pairs=count, seed=seed, questions=questions)
    trials = trials_of(judged, judgements, settings)
    verdicts = steer(trials, "planted", complete, "planted", settings)
    with duckdb.connect() as connection:
        connection.register("ai_judgements", to_table(AiJudgement, judgements))
        connection.register("completion_pairs", to_table(CompletionPair, judged))
        connection.register("steered_verdicts", to_table(SteeredVerdict, verdicts))
        how_certified = CertificateSettings(judges=("planted",), policy="planted", bounds=bounds)
        figures = certify(connection, how_certified, people=False, additions=True)
    return {row.figure: row for row in figures}
