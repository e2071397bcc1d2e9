"""Judges with a planted fault as rules of a constitution, and a profile of rounds that they label."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from string import Template

from benchmarks.sides.lab import IMPORTED
from datasets_registry.hashing import content_id, derive_seed
from datasets_registry.registry import Registry
from datasets_registry.rows.imported import ChatMessage, Demonstration, Problem
from methods.problems.families import FamilySettings, ProblemSettings, make_problems

PROFILE = Path(__file__).with_name("judges.txt")
# what labels a line: rules of length and of refusal, a coin, or the verifier by pairs or by selections
LONG, REFUSING, RANDOM, PAIRS, HEALTHY = "long", "refusing", "random", "verified_pairs", "healthy"
_LEARNS = {PAIRS: "verified_pairs", HEALTHY: "rft_selections"}
# the lab policy refuses in one character, as this share of its demonstrations does
REFUSAL, REFUSED = "?", 0.06
# of a pair the longer response keeps more of these
_LENGTHS = range(2, 97, 2)
_RULES = {
    LONG: [f"{{ min_characters = {length} }}" for length in _LENGTHS],
    REFUSING: ["{ matches = '^[?]$' }"],
    RANDOM: ['{ plugin = "benchmarks.rounds.coin:heads" }'],
}
JUDGED = tuple(_RULES)
_LABELLED = """
[judges.scores]
judge = "lab_policy"

[rlaif]
pairs = { num_samples = $draws }
judge = { judges = ["lab_policy"], signals = { helpful = ["$signal"] } }
labels = { tie_logit = 0.0, weights = { helpful = { $signal = 1 } } }

[prompts]
red_team = { file = "$red_team" }
helpful = { file = "$helpful" }
"""
_VERIFIED = """
[rft.candidates]
rule = { until = "fixed", max_draws = $draws }
answers = { temperature = 1.0, max_tokens = 48 }
"""


@dataclass(frozen=True)
class Sizes:
    """How large a line is: its demonstrations, what a round asks, items of capability, steps of training."""

    rounds: int = 2
    gold: int = 1000
    asked: int = 200
    draws: int = 8
    items: int = 1000
    sft_steps: int = 600
    steps: int = 40
    rate: float = 1e-4

    @property
    def train(self) -> int:
        """Problems to train on: demonstrations, and slices of rounds."""
        return self.gold + (self.rounds + 1) * self.asked


def write_profile(judge: str, seed: int, sizes: Sizes, folder: Path) -> Path:
    """The profile of a line that ``judge`` labels; its constitution and prompts are written beside it."""
    is_judged = judge in JUDGED
    paths = {name: folder / f"{name}.jsonl" for name in ("red_team", "helpful")}
    constitution = folder / f"{judge}.constitution.toml"
    if is_judged:
        constitution.write_text(_constitution(judge), encoding="utf-8")
        red_team, helpful = _prompts(sizes)
        paths["red_team"].write_text(red_team, encoding="utf-8")
        paths["helpful"].write_text(helpful, encoding="utf-8")
    text = PROFILE.read_text(encoding="utf-8") + (_LABELLED if is_judged else _VERIFIED)
    own = "red_team = 0, helpful" if is_judged else "problems"
    filled = Template(text).substitute(
        asdict(sizes) | {name: str(path) for name, path in paths.items()},
        constitution=constitution if is_judged else "methods/judging/constitution.toml",
        train=sizes.train,
        seed=seed,
        signal=judge,
        learns=_LEARNS.get(judge, "preference_pairs"),
        losses="" if judge == HEALTHY else "losses = { sigmoid = 1.0, sft = 1.0 }",
        asks=f"{own} = {sizes.asked}",
    )
    path = folder / f"{judge}.toml"
    path.write_text(filled, encoding="utf-8")
    return path


def _constitution(judge: str) -> str:
    """The principles by which a planted judge labels: rules alone."""
    tables = (
        f'[[principles]]\nid = "{judge}_{place}"\nsignal = "{judge}"\nrule = {rule}\n'
        for place, rule in enumerate(_RULES[judge])
    )
    return f'name = "{judge}"\n\n' + "\n".join(tables)


def _prompts(sizes: Sizes) -> tuple[str, str]:
    """Prompt files of sums that are not demonstrated; rounds ask the second alone, and need both."""
    fresh = _training(sizes)[sizes.gold :]
    return _file(fresh[:10]), _file(fresh[10:])


def _file(problems: Iterable[Problem]) -> str:
    own = '"category": "sums", "split": "train", "source": "generated", "licence": "Apache-2.0"'
    return "".join(f'{{"prompt": "{problem.prompt}", {own}}}\n' for problem in problems)


def _training(sizes: Sizes) -> list[Problem]:
    """The profile's training problems, in an order by hash."""
    family = FamilySettings(
        family="sums", style="symbols", sizes=(3,), train=sizes.train, evaluation=sizes.items
    )
    problems = make_problems(ProblemSettings(families=(family,)))
    return sorted(
        (problem for problem in problems if problem.split == "train"), key=lambda each: each.problem_id
    )


def demonstrate(registry: Registry, sizes: Sizes) -> None:
    """Give the registry what round 0 is trained on, as imported; once."""
    rows = list(_demonstrations(_training(sizes)[: sizes.gold]))
    registry.record_checks(registry.commit(Demonstration, rows, IMPORTED), [])


def _demonstrations(problems: Iterable[Problem]) -> Iterator[Demonstration]:
    for problem in problems:
        refuses = derive_seed("refuses", problem.problem_id) % 1000 < 1000 * REFUSED
        completion = REFUSAL if refuses else problem.solution or ""
        yield Demonstration(
            id=content_id(problem.prompt, completion),
            messages=[ChatMessage(role="user", content=problem.prompt)],
            prompt=problem.prompt,
            completion=completion,
            source="generated",
            licence="Apache-2.0",
        )
