"""Replay: rows of another SFT dataset, mixed in until they are a set share of all tokens."""

from collections.abc import Sequence

from datasets_registry.errors import ModelFailed
from datasets_registry.hashing import digest
from generation.tokenizer import Tokenizer
from training.data.rows import CompletionRow
from training.data.selection import examples_of, tolerate
from training.data.supervised import TokenExample, learnables, num_tokens, token_example
from training.running.run import Run, rows_of
from training.settings.learning import ReplayingSettings


def read_replay(
    run: Run[ReplayingSettings], tokenizer: Tokenizer, tokens: int, *, all_turns: bool = False
) -> tuple[list[TokenExample], dict[str, int]]:
    """The rows of the run's replay dataset that go with ``tokens`` of its own, and counts; often none.

    Raises ModelFailed where the dataset has no row that is short enough, and Unrenderable where the chat
    template refuses too many.
    """
    if not run.config.replay:
        return [], {}
    settings, rows = run.settings, rows_of(run, CompletionRow, role="replay")
    parts = learnables(tokenizer, rows, run.config.system_text, all_turns=all_turns)
    others, refusals = examples_of(parts, lambda part: token_example(tokenizer, part))
    tolerate(run, refusals, len(rows))
    short = [made for made in others if len(made["input_ids"]) <= settings.max_length]
    if not short:
        raise ModelFailed(
            f"{run.datasets['replay']} has no row of at most max_length {settings.max_length} tokens to "
            "replay: raise max_length, or set replay_share to 0 and name no dataset to replay"
        )
    added = replayed(tokens, short, settings.replay_share, settings.seed)
    return added, {
        "replay_given": len(rows),
        "replay_trained": len(added),
        **({"replay_unrenderable": len(refusals)} if refusals else {}),
        "tokens": tokens,
        "replay_tokens": num_tokens(added),
    }


def replayed(tokens: int, others: Sequence[TokenExample], share: float, seed: int) -> list[TokenExample]:
    """As many of ``others``, in an order drawn by ``seed``, as with ``tokens`` make ``share``; each once.

    All of them where they are too few. The last one taken is that which reaches the share.
    """
    target = share / (1 - share) * tokens
    taken: list[TokenExample] = []
    total = 0
    for example in sorted(others, key=lambda example: digest(["replay", seed, example])):
        if total >= target:
            break
        taken.append(example)
        total += len(example["input_ids"])
    return taken
