"""Public suites by their own columns: each row of a file as an item, or the reason why it is none."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from datasets_registry.importing.forms.steps import labelled, prmbench
from datasets_registry.importing.forms.values import require_text, text
from datasets_registry.importing.records import Columns, Value
from datasets_registry.importing.rejection import Rejected
from datasets_registry.rows.imported import ChatMessage
from datasets_registry.rows.judge_benchmark import ItemKind, Suite

# how JudgeBench's own tables name the sources of its questions
_JUDGEBENCH = {
    "mmlu-pro": "knowledge",
    "livebench-reasoning": "reasoning",
    "livebench-math": "math",
    "livecodebench": "coding",
}
_NUM_STYLES = 3


@dataclass(frozen=True)
class Posed:
    """An item: a conversation with right and wrong responses, or with steps and the first wrong one.

    ``subset`` is None where the file names it.
    """

    kind: ItemKind
    messages: tuple[ChatMessage, ...]
    subset: str | None = None
    right: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    first_error: int | None = None

    def __post_init__(self) -> None:
        if set(self.right) & set(self.wrong):
            raise Rejected("a right response is also a wrong one")
        said = (turn.content for turn in self.messages)
        require_text("".join((*said, self.subset or "", *self.right, *self.wrong, *self.steps)))


@dataclass(frozen=True)
class Published:
    """Who made a suite, its licence (SPDX), and how its rows are read."""

    maker: str
    spdx: str
    read: Callable[[Columns], Posed]


def llmbar(columns: Columns) -> Posed:
    """An instruction, two outputs, and the number of the better one (Zeng et al. 2024)."""
    outputs = text(columns, "output_1"), text(columns, "output_2")
    label = columns.get("label")
    if isinstance(label, bool) or label not in (1, 2):
        raise Rejected("label is not 1 or 2", f"label is {str(label)[:40]!r}, and not 1 or 2")
    return _pair(text(columns, "input"), *(outputs if label == 1 else outputs[::-1]))


def judgebench(columns: Columns) -> Posed:
    """A question, two responses of one model, and which of them is right (Tan et al. 2025)."""
    responses = text(columns, "response_A"), text(columns, "response_B")
    label = columns.get("label")
    if label not in ("A>B", "B>A"):
        raise Rejected("label is not A>B or B>A", f"label is {str(label)[:40]!r}, and not A>B or B>A")
    source = text(columns, "source")
    subset = next((name for prefix, name in _JUDGEBENCH.items() if source.startswith(prefix)), source)
    right, wrong = responses if label == "A>B" else responses[::-1]
    return _pair(text(columns, "question"), right, wrong, subset)


def rm_bench(columns: Columns) -> Posed:
    """Right and wrong responses, each concise, detailed, and so with Markdown (Liu et al. 2025)."""
    right, wrong = _texts(columns, "chosen"), _texts(columns, "rejected")
    if (len(right), len(wrong)) != (_NUM_STYLES, _NUM_STYLES):
        raise Rejected("chosen and rejected are not three styles each")
    domain = text(columns, "domain")
    return Posed("styles", _asked(text(columns, "prompt")), domain, right, wrong)


def reward_bench_2(columns: Columns) -> Posed:
    """One right response among four, and several in the subset Ties (Malik et al. 2025)."""
    right, wrong = _texts(columns, "chosen"), _texts(columns, "rejected")
    return Posed("best_of", _asked(text(columns, "prompt")), text(columns, "subset"), right, wrong)


def processbench(columns: Columns) -> Posed:
    """A solution in steps with the first wrong one, from 0; -1 where none is (Zheng et al. 2025)."""
    steps, label = columns.get("steps"), columns.get("label")
    if not isinstance(steps, list) or isinstance(label, bool) or label not in range(-1, len(steps)):
        raise Rejected("label is not that of a step", f"label is {str(label)[:40]!r}, and no step has it")
    solution = labelled(text(columns, "problem"), steps, [place != label for place in range(len(steps))])
    return _steps(solution, None)


def prm_bench(columns: Columns) -> Posed:
    """A solution with the numbers of its wrong steps, of which the first counts (Song et al. 2025)."""
    solution = prmbench(columns)
    return _steps(solution, str(solution.get("family", "")) or None)


PUBLISHED: Mapping[Suite, Published] = {
    "llmbar": Published("princeton-nlp/LLMBar", "MIT", llmbar),
    "judgebench": Published("ScalerLab/JudgeBench", "MIT", judgebench),
    "rm_bench": Published("THU-KEG/RM-Bench", "ODC-By-1.0", rm_bench),
    "reward_bench_2": Published("allenai/reward-bench-2", "ODC-By-1.0", reward_bench_2),
    "prmbench": Published("ssmisya/PRMBench", "Apache-2.0", prm_bench),
    "processbench": Published("Qwen/ProcessBench", "Apache-2.0", processbench),
}


def _pair(prompt: str, right: str, wrong: str, subset: str | None = None) -> Posed:
    return Posed("pair", _asked(prompt), subset, (right,), (wrong,))


def _steps(solution: Mapping[str, Value], subset: str | None) -> Posed:
    steps, first_error = tuple(solution["completions"]), solution["first_error"]
    return Posed("steps", _asked(solution["prompt"]), subset, steps=steps, first_error=first_error)


def _asked(prompt: str) -> tuple[ChatMessage, ...]:
    return (ChatMessage(role="user", content=prompt),)


def _texts(columns: Columns, name: str) -> tuple[str, ...]:
    values: Sequence[Value] = columns.get(name) or ()
    if not isinstance(values, list) or any(
        not isinstance(value, str) or not value.strip() for value in values
    ):
        raise Rejected(f"{name} is no list of texts, or has an empty one")
    return tuple(values)
