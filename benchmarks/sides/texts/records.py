"""Records in the published schemas of public datasets, made by number."""

from typing import Any

Record = dict[str, Any]


def said(*texts: str) -> list[Record]:
    """Messages of the user and the assistant in turn."""
    return [{"role": ("user", "assistant")[place % 2], "content": text} for place, text in enumerate(texts)]


def hh(number: int) -> Record:
    """HH-RLHF's transcripts."""
    asked = f"\n\nHuman: What is {number}?\n\nAssistant:"
    return {"chosen": f"{asked} A number.", "rejected": f"{asked} Nothing."}


def tulu(number: int) -> Record:
    """Tulu 3's preference mixture."""
    question = f"What is {number}?"
    return {
        "id": str(number),
        "prompt": question,
        "chosen": said(question, "A number."),
        "rejected": said(question, "Nothing."),
        "chosen_rating": 5.0,
        "rejected_rating": 1.0,
        "source": "mixture",
    }


def binarized(number: int) -> Record:
    """UltraFeedback binarized."""
    question = f"What is {number}?"
    return {
        "prompt": question,
        "prompt_id": str(number),
        "chosen": said(question, "A number."),
        "rejected": said(question, "Nothing."),
        "messages": said(question, "A number."),
        "score_chosen": 8.0,
        "score_rejected": 3.0,
    }


def ultrafeedback(number: int) -> Record:
    """UltraFeedback."""
    answers = [
        {"response": text, "annotations": {"helpfulness": {"Rating": rating}}}
        for text, rating in (("A number.", "5"), ("Nothing.", "1"))
    ]
    return {"source": "own", "instruction": f"What is {number}?", "completions": answers}


def helpsteer2(number: int) -> Record:
    """HelpSteer2, whose two answers to a prompt follow one another."""
    ratings = {
        "helpfulness": 1 + number % 2,
        "correctness": 3,
        "coherence": 4,
        "complexity": 1,
        "verbosity": 1,
    }
    return {"prompt": f"What is {number // 2}?", "response": f"It is {number}.", **ratings}


def safe(number: int) -> Record:
    """PKU-SafeRLHF."""
    return {
        "prompt": f"What is {number}?",
        "response_0": "A number.",
        "response_1": "Nothing.",
        "is_response_0_safe": True,
        "is_response_1_safe": True,
        "better_response_id": 0,
        "safer_response_id": 0,
    }


def mt_bench(number: int) -> Record:
    """MT-Bench's human judgments."""
    question = f"What is {number}?"
    return {
        "question_id": number,
        "model_a": "a",
        "model_b": "b",
        "winner": "model_a",
        "judge": "expert_0",
        "conversation_a": said(question, "A number.", "Sure?", "Yes."),
        "conversation_b": said(question, "Nothing.", "Sure?", "No."),
        "turn": 1,
    }


def message(number: int, text: str, rank: int | None = None, **more: Any) -> Record:
    """A message of OASST; those with a rank are answers."""
    role = "prompter" if rank is None else "assistant"
    return {"message_id": f"{number}-{rank}", "text": text, "role": role, "rank": rank, "lang": "en"} | more


def tree(number: int) -> Record:
    """OASST's trees."""
    replies = [message(number, text, rank) for rank, text in enumerate(("A number.", "Nothing."))]
    prompt = message(number, f"What is {number}?", replies=replies)
    return {"message_tree_id": str(number), "tree_state": "ready_for_export", "prompt": prompt}


def flat(number: int) -> Record:
    """OASST's messages, four of each tree, the first of which is neither best nor worst."""
    tree, place = divmod(number, 4)
    if place == 3:
        return message(tree, f"What is {tree}?", parent_id=None)
    rank, text = ((1, "Perhaps."), (0, "A number."), (2, "Nothing."))[place]
    return message(tree, text, rank, parent_id=f"{tree}-None")


def shepherd(number: int) -> Record:
    """Math-Shepherd."""
    marked = (
        f"What is {number}? Step 1: It is one more than {number - 1}. ки\nStep 2: The answer is: {number} ки"
    )
    return {"input": marked, "label": marked.replace("ки", "+"), "task": "GSM8K"}


def prm800k(number: int) -> Record:
    """PRM800K."""
    steps = [
        {
            "completions": [{"text": text, "rating": rating, "flagged": False}],
            "human_completion": None,
            "chosen_completion": 0,
        }
        for text, rating in ((f"{number} is one.", 1), ("So it is.", 0), ("It is none.", -1))
    ]
    return {
        "labeler": "own",
        "is_quality_control_question": False,
        "is_initial_screening_question": False,
        "question": {"problem": f"What is {number}?", "ground_truth_answer": str(number)},
        "label": {"steps": steps, "finish_reason": "found_error"},
    }


def prmbench(number: int) -> Record:
    """PRMBench."""
    return {
        "original_question": f"What is {number}?",
        "modified_question": f"What is {number}?",
        "original_process": ["One.", "Two."],
        "modified_process": ["One.", "Three."],
        "error_steps": [2],
        "classification": "confidence",
    }


def humaneval(number: int) -> Record:
    """HumanEval."""
    return {
        "task_id": f"Own/{number}",
        "prompt": f"def add(x):\n    return x\n\n\ndef add_{number}(x):\n",
        "canonical_solution": f"    return x + {number}\n",
        "entry_point": f"add_{number}",
        "test": f"def check(candidate):\n    assert candidate(1) == {number + 1}\n",
    }


def mbpp(number: int) -> Record:
    """MBPP."""
    return {
        "task_id": number,
        "text": f"Write a function that adds {number}.",
        "code": f"def add(x):\n    return x + {number}\n",
        "test_list": [f"assert add(1) == {number + 1}"],
        "test_setup_code": "",
        "challenge_test_list": [],
    }


def math(number: int) -> Record:
    """MATH."""
    solution = f"It is $\\boxed{{{number}}}$."
    return {"problem": f"What is {number}?", "level": "Level 2", "type": "Algebra", "solution": solution}


def asked(number: int) -> str:
    """What is asked."""
    return f"What is {number}?"


def in_blocks(number: int) -> Record:
    """A log of messages in Anthropic's blocks: a thought, a call of a tool and its result."""
    call = {"type": "tool_use", "id": "c", "name": "count", "input": {"to": number}}
    result = {"type": "tool_result", "tool_use_id": "c", "content": [{"type": "text", "text": "Done."}]}
    thought = {"type": "thinking", "thinking": "I count.", "signature": "own"}
    return {
        "tools": [{"name": "count", "input_schema": {"type": "object"}}],
        "messages": [
            *said(asked(number)),
            {"role": "assistant", "content": [thought, call]},
            {"role": "user", "content": [result]},
            *said("", "A number.")[1:],
        ],
    }


def sample(number: int) -> Record:
    """A sample of a log of Inspect, as its reader tells it."""
    return {
        "id": number,
        "epoch": 1,
        "source": "own/model",
        "messages": said(asked(number), "A number."),
        "scores": {"own": "C"},
        "stop_reason": "stop",
    }
