"""A judge on each loopback dialect: verdicts read, calls made, and their cost against the least possible."""

import math
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.sides.figure import Figure, at_most, exactly
from benchmarks.sides.labels.planted_judges import BETTER, pairs
from datasets_registry.rows.rlaif import AiJudgement
from datasets_registry.state import State
from generation.completer import Completer
from generation.engine import EngineSettings
from generation.ledger.ledger import Ledger
from generation.loopback.dialects import CLAUDE, GPT4, GPT5, LLAMA_CPP, SILENT, VLLM, Dialect
from generation.loopback.limits import Fault
from generation.loopback.script import Asked, Said
from generation.loopback.server import LoopbackServer, Paid
from generation.openai_server.backend import OpenAIBackend
from generation.remote.stating import stated_folder
from generation.spending import Price
from methods.judging.comparison import ComparisonSettings
from methods.rlaif.judgements import JudgedPrinciple, JudgementSettings, judge_pairs

PAIRS, QUICK_PAIRS = 50, 5
PRICE = Price(prompt=1.0, completion=4.0)
# one short call asks which model the server states
HELLO = 1
WAYS: Mapping[str, ComparisonSettings] = {
    "text": ComparisonSettings(verdicts="text", begun=False),
    "schema": ComparisonSettings(verdicts="schema", begun=False),
    "probabilities": ComparisonSettings(verdicts="probabilities", begun=False),
    "samples": ComparisonSettings(verdicts="text", begun=False, samples=3),
}
# the ways in which each dialect gives a verdict; in the others it gives none. GPT-5's kind takes no
# temperature of 0, so that several replies are drawn at 1
SERVES: Sequence[tuple[Dialect, tuple[str, ...]]] = (
    (GPT4, tuple(WAYS)),
    (GPT5, ("samples",)),
    (CLAUDE, ("text", "samples")),
    (SILENT, ("text", "samples")),
    (VLLM, tuple(WAYS)),
    (LLAMA_CPP, tuple(WAYS)),
)


def dialects(quick: bool) -> Iterator[Figure]:
    """What each dialect's judge says of pairs whose better text is known, asked in each way."""
    for dialect, served in SERVES:
        for way, settings in WAYS.items():
            yield from judged(dialect, way, settings, way in served, QUICK_PAIRS if quick else PAIRS)


def judged(
    dialect: Dialect, way: str, settings: ComparisonSettings, serves: bool, count: int
) -> Iterator[Figure]:
    title, wanted = f"{dialect.name}, {way}", 2 * count * settings.samples
    with (
        tempfile.TemporaryDirectory(prefix="trimtab-dialects-") as folder,
        LoopbackServer(dialect, script, faults=_sometimes_busy) as server,
    ):
        state = State(Path(folder)).prepare()
        rows = _rows(server, state, settings, count)
        paid = list(server.paid)
        if not serves:
            yield exactly(f"{title}: verdicts guessed", sum(row.verdict is not None for row in rows), 0)
            return
        right = sum(row.verdict == _truth(row) for row in rows)
        yield exactly(f"{title}: verdicts read as they were said", right, 2 * count, "verdicts")
        yield exactly(f"{title}: calls", len(paid), wanted + HELLO, "calls")
        yield at_most(f"{title}: cost / least possible", _above_least(paid, wanted), "ratio", 1.1)
        _rows(server, state, settings, count)
        yield exactly(f"{title}: calls of a second run", len(server.paid) - len(paid) - HELLO, 0, "calls")


def _above_least(paid: Sequence[Paid], wanted: int) -> float:
    """The cost of all calls over that of as many judging calls as are wanted."""
    costs = [PRICE.usd(call.num_prompt_tokens, 0, call.num_tokens) for call in paid]
    judging = costs[HELLO:]
    return sum(costs) / (sum(judging) * wanted / len(judging)) if judging else math.inf


def _rows(
    server: LoopbackServer, state: State, settings: ComparisonSettings, count: int
) -> list[AiJudgement]:
    """The judgements of the server's judge, through a ledger."""
    engine = EngineSettings(base_url=server.url, served_model=server.dialect.model)
    backend = OpenAIBackend(stated_folder(state.models, server.url, engine, OpenAIBackend), engine)
    complete = Completer(backend, Ledger(state.ledger), asset="ai_judgements", report=lambda line: None)
    principle = JudgedPrinciple(signal="helpfulness", preference_question="Which response is right?")
    how = JudgementSettings(
        principles={"right": principle}, signals={"helpful": ("helpfulness",)}, **settings.model_dump()
    )
    return list(judge_pairs(pairs(count), "judge", complete, backend.fingerprint, how))


def script(asked: Asked) -> Said:
    """A judge that is right, and says so in the way that it is asked."""
    question = next(turn.content for turn in reversed(asked.turns) if turn.role == "user")
    responses = re.search(r"Response A:\n(.*)Response B:\n", question, re.DOTALL)
    if responses is None:
        return Said("Hello.")
    letter, other = ("A", "B") if BETTER in responses[1] else ("B", "A")
    words = f'{{"verdict": "{letter}"}}' if asked.schema else f"I compared them.\nVerdict: {letter}"
    return Said(words, probabilities={letter: 0.9, other: 0.1})


def _truth(row: AiJudgement) -> str:
    is_a = {pair.pair_id: BETTER in pair.completion_a for pair in pairs(PAIRS)}
    return "first" if is_a[row.pair_id] == (row.order == "ab") else "second"


def _sometimes_busy(number: int) -> Fault | None:
    """Each tenth call is refused and not paid, so that it has to be asked again."""
    return "503" if number % 10 == 9 else None
