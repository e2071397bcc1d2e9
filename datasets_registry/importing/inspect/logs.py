"""Samples of Inspect's logs, read by Inspect itself: messages, the tools that were offered, scores."""

import re
from collections.abc import Iterator
from pathlib import Path

from datasets_registry.errors import BadInput, first_line
from datasets_registry.importing.records import Record, Value, Values

# how Inspect begins a log that it writes as JSON
_BEGINNING = re.compile(rb'\s*\{\s*"version":\s*\d+,\s*"status":\s*"\w+",\s*"eval":')
_INSTALL = "`pip install -c constraints.txt -e '.[inspect]'`"
# media and long texts of samples stand apart in a log; requests to servers, which need them too, are not read
_ATTACHMENTS = "core"


def is_inspect_log(path: Path) -> bool:
    """Whether a JSON file is a log of Inspect."""
    with path.open("rb") as file:
        return bool(_BEGINNING.match(file.read(4096)))


def inspect_records(path: Path) -> Iterator[Record]:
    """A record for each sample of an ``.eval`` or ``.json`` log; one that cannot be read says why.

    Raises BadInput where inspect_ai is not installed, or cannot read the log.
    """
    try:
        # four seconds to import, so only where it is used
        from inspect_ai.log import read_eval_log
    except ImportError as error:
        raise BadInput(f"{path.name} is a log of Inspect, which its library reads: {_INSTALL}") from error
    is_zip = path.suffix == ".eval"
    try:
        log = read_eval_log(str(path.absolute()), header_only=is_zip, resolve_attachments=_ATTACHMENTS)
        samples = _one_by_one(path) if is_zip else iter(log.samples or ())
    # the library raises whatever its zip and JSON readers do
    except Exception as error:
        raise BadInput(
            f"{path} cannot be read as a log of Inspect: {first_line(error)} (try `inspect log dump` on it)"
        ) from error
    for number, sample in enumerate(samples, 1):
        if isinstance(sample, str):
            yield Record(path.name, number, failure=sample)
        else:
            yield Record(path.name, number, _columns(log, sample))


def _one_by_one(path: Path) -> Iterator[Value]:
    """Each sample of an ``.eval`` log, or why it cannot be read; no two are in memory at once."""
    from inspect_ai.log import read_eval_log_sample, read_eval_log_sample_summaries

    name = str(path.absolute())
    return (_sample(read_eval_log_sample, name, summary) for summary in read_eval_log_sample_summaries(name))


def _sample(read: Value, name: str, summary: Value) -> Value:
    try:
        return read(name, id=summary.id, epoch=summary.epoch, resolve_attachments=_ATTACHMENTS)
    except Exception:
        return "a sample that Inspect cannot read"


def _columns(log: Value, sample: Value) -> Values:
    """The sample as columns, with messages as public files write them; only those that say something."""
    columns = {
        "id": sample.id,
        "task": log.eval.task,
        "target": sample.target,
        "metadata": sample.metadata,
        "tools": _tools(sample),
        "error": sample.error and sample.error.message,
        "limit": sample.limit and sample.limit.type,
    }
    always = {
        "epoch": sample.epoch,
        "source": log.eval.model,
        "messages": [_message(message) for message in sample.messages],
        "scores": {name: score.value for name, score in (sample.scores or {}).items()},
        "stop_reason": sample.output.stop_reason if sample.output.choices else "unknown",
    }
    return {name: value for name, value in columns.items() if value} | always


def _message(message: Value) -> Values:
    turn: Values = {"role": message.role, "content": message.content}
    if isinstance(message.content, list):
        turn["content"] = [_block(block) for block in message.content]
        if any(getattr(block, "refusal", None) for block in message.content):
            turn["refusal"] = message.text
    if message.role == "assistant" and message.tool_calls:
        turn["tool_calls"] = [_call(call) for call in message.tool_calls]
    if message.role == "tool":
        turn |= {"tool_call_id": message.tool_call_id, "name": message.function}
        if message.error:
            # as Inspect says it to the model
            turn["content"] = f"Error: {message.error.message}"
    return turn


def _block(block: Value) -> Values:
    if block.type == "text":
        return {"type": "text", "text": block.text}
    if block.type == "reasoning":
        return (
            {"type": "redacted_thinking"}
            if block.redacted
            else {"type": "thinking", "thinking": block.reasoning}
        )
    # what a server's own tools did is no call of ours
    return {"type": f"{block.type} of Inspect"}


def _call(call: Value) -> Values:
    columns = {"id": call.id, "name": call.function, "arguments": call.arguments}
    return columns | {"parse_error": call.parse_error} if call.parse_error else columns


def _tools(sample: Value) -> list[Values]:
    """The tools that were offered for the assistant's turns; those of other models are not."""
    turns = {message.id for message in sample.messages if message.role == "assistant"}
    offered = {
        tool.name: tool
        for event in sample.events
        if event.event == "model" and any(choice.message.id in turns for choice in event.output.choices)
        for tool in event.tools
    }
    return [
        {
            "name": tool.name,
            "description": tool.description,
            "parameters": tool.parameters.model_dump(exclude_none=True),
        }
        for tool in offered.values()
    ]
