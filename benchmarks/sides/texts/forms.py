"""Records in the published schema of every public form that import recognises, made by number."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.sides.texts import records


@dataclass(frozen=True)
class Form:
    """A form's records by number; ``rows`` come of 200, of which every fortieth is damaged.

    ``column`` is one that a record cannot do without, ``fault`` what its source would not say, ``unused`` the
    columns that no row has anything of. Where a row takes several records, ``others`` are whole but lost.
    """

    name: str
    make: Callable[[int], records.Record]
    column: str
    fault: Mapping[str, Any]
    unused: tuple[str, ...] = ()
    rows: int = 195
    others: int = 0


FORMS = (
    Form("hh-rlhf", records.hh, "chosen", {"rejected": "\n\nHuman: Other?\n\nAssistant: Nothing."}),
    Form(
        "preference",
        lambda n: {
            "prompt": records.said(records.asked(n)),
            "chosen": records.said(records.asked(n), "A.")[1:],
            "rejected": records.said("", "B.")[1:],
        },
        "chosen",
        {"rejected": records.said("", "A.")[1:]},
    ),
    Form(
        "preference (implicit prompt)",
        lambda n: {
            "chosen": records.said(records.asked(n), "A."),
            "rejected": records.said(records.asked(n), "B."),
        },
        "chosen",
        {"rejected": records.said("Other?", "B.")},
    ),
    Form("preference (Tulu 3)", records.tulu, "chosen", {"chosen_rating": 0.5}, ("id", "source")),
    Form(
        "preference (UltraFeedback binarized)",
        records.binarized,
        "rejected",
        {"score_chosen": 3.0},
        ("messages", "prompt_id"),
    ),
    Form(
        "preference-text",
        lambda n: {"prompt": records.asked(n), "chosen": "A.", "rejected": "B."},
        "prompt",
        {"rejected": "A."},
    ),
    Form(
        "preference-text (implicit prompt)",
        lambda n: {"chosen": f"{n} is one.", "rejected": f"{n} is two."},
        "chosen",
        {"rejected": "It"},
    ),
    Form(
        "orca-dpo",
        lambda n: {"system": "Be brief.", "question": records.asked(n), "chosen": "A.", "rejected": "B."},
        "question",
        {"system": ["a", "b"]},
    ),
    Form("ultrafeedback", records.ultrafeedback, "instruction", {"completions": []}, ("source",)),
    Form(
        "helpsteer2",
        records.helpsteer2,
        "response",
        {"helpfulness": float("nan")},
        ("coherence", "complexity", "correctness", "verbosity"),
        95,
        5,
    ),
    Form(
        "helpsteer2-preference",
        lambda n: {
            "split": "train",
            "prompt": records.asked(n),
            "response_1": "A.",
            "response_2": "B.",
            "preference_strength": -2,
        },
        "response_1",
        {"preference_strength": 0},
        ("split",),
    ),
    Form(
        "helpsteer3",
        lambda n: {
            "domain": "general",
            "context": records.said(records.asked(n)),
            "response1": "A.",
            "response2": "B.",
            "overall_preference": 2,
        },
        "context",
        {"overall_preference": 9},
        ("domain",),
    ),
    Form(
        "pku-saferlhf",
        records.safe,
        "response_1",
        {"safer_response_id": 1},
        ("is_response_0_safe", "is_response_1_safe"),
    ),
    Form(
        "mt-bench",
        records.mt_bench,
        "conversation_a",
        {"winner": "tie"},
        ("model_a", "model_b", "question_id"),
    ),
    Form(
        "oasst-trees",
        records.tree,
        "prompt",
        {"prompt": records.message(0, "?", replies=[records.message(0, "A", 0), records.message(0, "B", 0)])},
        ("message_tree_id", "tree_state"),
    ),
    Form("oasst-messages", records.flat, "text", {"parent_id": "gone"}, ("lang",), 50),
    Form(
        "stepwise",
        lambda n: {"prompt": records.asked(n), "completions": ["One.", "Two."], "labels": [True, False]},
        "completions",
        {"labels": [True]},
    ),
    Form(
        "stepwise-ratings",
        lambda n: {"prompt": records.asked(n), "completions": ["One.", "Two."], "labels": [0, -1]},
        "prompt",
        {"labels": [0, 2]},
    ),
    Form("math-shepherd", records.shepherd, "input", {"label": "What?"}),
    Form("prm800k", records.prm800k, "question", {"is_quality_control_question": True}, ("labeler",)),
    Form(
        "prmbench",
        records.prmbench,
        "modified_process",
        {"error_steps": [3]},
        ("original_process", "original_question"),
    ),
    Form(
        "gsm8k",
        lambda n: {"question": records.asked(n), "answer": f"It is one more.\n#### {n}"},
        "question",
        {"answer": "7"},
    ),
    Form(
        "svamp",
        lambda n: {
            "Body": f"I have {n} pens",
            "Question": "How many?",
            "Equation": f"( {n}.0 + 0.0 )",
            "Answer": float(n),
        },
        "Body",
        {"Answer": "many"},
    ),
    Form("math", records.math, "problem", {"solution": "It is so."}),
    Form(
        "math (MATH-500)",
        lambda n: {
            "problem": records.asked(n),
            "solution": "So.",
            "answer": str(n),
            "subject": "Algebra",
            "level": 1,
            "unique_id": str(n),
        },
        "problem",
        {"answer": ""},
        ("unique_id",),
    ),
    Form("humaneval", records.humaneval, "prompt", {"entry_point": "other"}, ("task_id",)),
    Form("mbpp", records.mbpp, "text", {"test_list": ["assert ("]}, ("task_id",)),
    Form(
        "unpaired",
        lambda n: {"prompt": records.asked(n), "completion": "A.", "label": bool(n % 2)},
        "completion",
        {"label": "bad"},
    ),
    Form(
        "unpaired (messages)",
        lambda n: {
            "prompt": records.said(records.asked(n)),
            "completion": records.said("", "A.")[1:],
            "label": True,
        },
        "completion",
        {"label": 0.5},
    ),
    Form(
        "prompt-completion",
        lambda n: {"prompt": records.asked(n), "completion": "A."},
        "completion",
        {"weight": 0},
        ("weight",),
    ),
    Form(
        "prompt-completion (messages)",
        lambda n: {"prompt": records.said(records.asked(n)), "completion": records.said("", "A.")[1:]},
        "prompt",
        {"completion": records.said("A.")},
    ),
    Form(
        "alpaca",
        lambda n: {"instruction": records.asked(n), "input": "", "output": "A."},
        "output",
        {"history": ["a"]},
    ),
    Form(
        "chat",
        lambda n: {"messages": records.said(records.asked(n), "A.")},
        "messages",
        {"messages": [*records.said(records.asked(0)), {"role": "assistant", "content": "A.", "weight": 0}]},
    ),
    Form(
        "chat (conversations)",
        lambda n: {
            "conversations": [{"from": "human", "value": records.asked(n)}, {"from": "gpt", "value": "A."}]
        },
        "conversations",
        {"tools": "{"},
    ),
    Form("chat (blocks)", records.in_blocks, "messages", {"tools": "{"}, ("messages.content.signature",)),
    Form("inspect", records.sample, "messages", {"scores": {"own": "I"}}, ("id",)),
    Form("prompt-only", lambda n: {"prompt": records.asked(n)}, "prompt", {"prompt": records.said("a", "b")}),
)
