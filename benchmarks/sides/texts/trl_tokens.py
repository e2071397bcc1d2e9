"""What TRL's own trainers make of a conversation: their code for rows, on one row and without a model."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Self

from generation.request import Message
from generation.tokenizer import Tokenizer
from generation.turns import plain_tool, template_turn
from training.data.tokens import Conversation

Row = dict[str, Any]


class _Rows:
    """Rows that TRL's code maps over as it does over a dataset, but for Arrow."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = list(rows)

    @property
    def column_names(self) -> list[str]:
        return list(self.rows[0])

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def map(
        self,
        function: Callable[..., Row],
        fn_kwargs: Mapping[str, object] | None = None,
        remove_columns: Sequence[str] | str | None = None,
        **_: object,
    ) -> Self:
        left_out = {remove_columns} if isinstance(remove_columns, str) else set(remove_columns or ())
        made = ({**row, **function(dict(row), **(fn_kwargs or {}))} for row in self.rows)
        return type(self)([{name: row[name] for name in row if name not in left_out} for row in made])


def sft_labels(tokenizer: Tokenizer, asked: Conversation, answer: Message, *, all_turns: bool) -> Row:
    """``input_ids`` and ``labels``, of the completion alone or of all turns of the assistant's."""
    from trl import SFTTrainer

    prompt, completion, tools = _turns(asked, [answer])
    row = {"messages": prompt + completion} if all_turns else {"prompt": prompt, "completion": completion}
    attributes = {"chat_template": None, "completion_only_loss": not all_turns, "_tokenizer": tokenizer}
    return _prepared(
        SFTTrainer,
        "SFTConfig",
        attributes,
        {**row, **tools},
        tokenizer,
        packing=False,
        formatting_func=None,
        assistant_only_loss=all_turns,
    )


def dpo_ids(tokenizer: Tokenizer, asked: Conversation, chosen: Message, rejected: Message) -> Row:
    """``prompt_ids``, ``chosen_ids`` and ``rejected_ids``."""
    from trl import DPOTrainer

    return _prepared(DPOTrainer, "DPOConfig", {}, _pair(asked, chosen, rejected), tokenizer)


def kto_ids(tokenizer: Tokenizer, asked: Conversation, answer: Message) -> Row:
    """``prompt_ids`` and ``completion_ids``."""
    from trl import KTOTrainer

    prompt, completion, tools = _turns(asked, [answer])
    row = {"prompt": prompt, "completion": completion, "label": True, **tools}
    return _prepared(KTOTrainer, "KTOConfig", {"calculate_KL": False}, row, tokenizer)


def reward_ids(tokenizer: Tokenizer, asked: Conversation, chosen: Message, rejected: Message) -> Row:
    """``chosen_ids`` and ``rejected_ids``, each a whole conversation."""
    from trl import RewardTrainer

    return _prepared(RewardTrainer, "RewardConfig", {}, _pair(asked, chosen, rejected), tokenizer)


def _pair(asked: Conversation, chosen: Message, rejected: Message) -> Row:
    prompt, completion, tools = _turns(asked, [chosen])
    return {"prompt": prompt, "chosen": completion, "rejected": [template_turn(rejected, ())], **tools}


def _turns(asked: Conversation, answers: Sequence[Message]) -> tuple[list[Row], list[Row], Row]:
    """The prompt's turns, the answers', and the column of tools where there are any."""
    prompt = [template_turn(message, ()) for message in asked.messages]
    tools = [plain_tool(tool, ()) for tool in asked.tools]
    return prompt, [template_turn(answer, ()) for answer in answers], {"tools": tools} if tools else {}


def _prepared(kind: Any, config: str, attributes: Row, row: Row, tokenizer: Tokenizer, **more: Any) -> Row:
    trainer = object.__new__(kind)
    vars(trainer).update(attributes)
    marked = {"assistant_only_loss": more.pop("assistant_only_loss")} if "assistant_only_loss" in more else {}
    rows = trainer._prepare_dataset(
        _Rows([row]), tokenizer, _arguments(config, **marked), dataset_name="train", **more
    )
    return dict(next(iter(rows)))


@cache
def _arguments(config: str, **marked: bool) -> Any:
    import trl

    folder = tempfile.gettempdir()
    return getattr(trl, config)(output_dir=folder, max_length=None, use_cpu=True, bf16=False, **marked)
