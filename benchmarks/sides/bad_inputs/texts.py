"""Bad constitutions, prompt files and imported files."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.sides.bad_inputs.case import Case
from benchmarks.sides.bad_inputs.contents import damaged, toml, with_fault
from benchmarks.sides.bad_inputs.faults import faults
from benchmarks.sides.bad_inputs.profiles import plan_of, shipped
from datasets_registry.rows.imported import Demonstration, Problem
from datasets_registry.rows.prompts import HelpfulPrompt
from datasets_registry.rows.row import Row
from datasets_registry.state import REPOSITORY
from methods.judging.constitution import Constitution, Principle

PROMPT = {"prompt": "Why?", "category": "why", "split": "train", "source": "own", "licence": "MIT"}
RECORDS: Mapping[type[Row], Mapping[str, Any]] = {
    HelpfulPrompt: PROMPT,
    Demonstration: {"prompt": "Why?", "completion": "So.", "source": "own", "licence": "MIT"},
    Problem: {"prompt": "1+1=?", "answer": "2", "family": "sums", "source": "own", "licence": "MIT"},
}
WRONG: Mapping[str, object] = {"number": 7, "empty": " ", "list": [[]], "table": {"a": 1}, "null": None}


def constitution_cases() -> Iterator[Case]:
    """Every bad constitution."""
    text = (REPOSITORY / "methods/judging/constitution.toml").read_text(encoding="utf-8")
    content = tomllib.loads(text)
    first = content["principles"][0]
    for fault in faults(Constitution, content):
        names = (str(fault.place[-1]),)
        yield _constitution(fault.name, toml(with_fault(content, fault)).encode(), names)
    for fault in faults(Principle, first):
        principles = [with_fault(first, fault), *content["principles"][1:]]
        written = toml({**content, "principles": principles}).encode()
        yield _constitution(f"principle {fault.name}", written, (str(fault.place[-1]),))
    for kind, written in damaged(text, "# café"):
        yield _constitution(f"file {kind}", written, ("constitution.toml",))
    yield _constitution("no principle", b"name = 'x'\nprinciples = []", ("constitution",))
    twice = toml({**content, "principles": [first, *content["principles"]]}).encode()
    yield _constitution("a principle twice", twice, (first["id"],))
    absent = toml({**shipped(), "constitution": "no-such.toml"}).encode()
    yield plan_of("constitution", "not there", absent, ("no-such.toml",))


def _constitution(name: str, written: bytes, names: tuple[str, ...]) -> Case:
    profile = toml({**shipped(), "constitution": "{folder}/constitution.toml"}).encode()
    return plan_of("constitution", name, profile, names, **{"constitution.toml": written})


def prompt_cases() -> Iterator[Case]:
    """Every bad prompt file."""
    text = "".join(f"{json.dumps({**PROMPT, 'prompt': f'Why {number}?'})}\n" for number in range(4))
    for kind, written in damaged(text, '{"prompt": "café"}'):
        if kind != "half of it":
            yield _prompts(f"file {kind}", written)
    for column in PROMPT:
        for kind, value in WRONG.items():
            line = json.dumps({**PROMPT, column: value})
            yield _prompts(f"{column} {kind}", f"{text}{line}\n".encode(), (column,))
    for column in ("prompt", "category"):
        line = json.dumps({name: value for name, value in PROMPT.items() if name != column})
        yield _prompts(f"{column} missing", f"{text}{line}\n".encode(), (column,))
    for kind, line in (("half", '{"prompt": "'), ("a list", "[]"), ("a number", "7"), ("NaN", "NaN")):
        yield _prompts(f"a line that is {kind}", f"{text}{line}\n".encode())
    yield _prompts("a column that no prompt has", text.replace('"prompt"', '"promt"').encode(), ("prompt",))
    yield _prompts("the same prompt twice", f"{text}{text}".encode())


def _prompts(name: str, written: bytes, names: tuple[str, ...] = ()) -> Case:
    content = shipped()
    content["prompts"] = {**content["prompts"], "helpful": {"file": "{folder}/prompts.jsonl"}}
    profile = toml(content).encode()
    return plan_of("prompts", name, profile, (*names, "prompts.jsonl"), **{"prompts.jsonl": written})


def import_cases() -> Iterator[Case]:
    """Every bad file to import, and every bad word about it."""
    for row, record in RECORDS.items():
        text = f"{json.dumps(dict(record))}\n"
        for column in record:
            for kind, value in WRONG.items():
                written = json.dumps({**record, column: value}).encode()
                yield _import(f"{row.dataset} {column} {kind}", written, row.dataset, (column,))
        for kind, written in damaged(text, '{"prompt": "café"}'):
            if kind in ("Latin-1", "bytes of zero"):
                # one bad line of two: the import is red as a whole, and its good row is there to be looked at
                continue
            yield _import(f"{row.dataset} file {kind}", written, row.dataset)
    for ending in ("parquet", "csv", "json", "jsonl.gz", "jsonl.zst", "xlsx", "arrow"):
        yield _import(f"a text as .{ending}", b"no such thing\0", "demonstrations", file=f"data.{ending}")
    whole = json.dumps(dict(RECORDS[Demonstration])).encode()
    for options in (
        ("--like", "nonsense"),
        ("--split", "nonsense"),
        ("--map", "nonsense"),
        ("--map", "=x"),
        ("--map", "nonsense=prompt"),
        ("--most-rejected", "2"),
        ("--most-rejected", "nan"),
    ):
        names = (options[0], options[1].split("=")[0])
        yield _import(f"with {' '.join(options)}", whole, "demonstrations", names, options=options)
    for name in ("A b", "", "models", "a@1", "a" * 101, "a/b/c/d/e", "../x"):
        yield _import(f"as {name[:20]!r}", whole, name, (name[:20],))
    yield Case("import", "no such file", "assets.cli", ("import", "none.jsonl", "--as", "x"), ("none.jsonl",))


def _import(
    name: str,
    written: bytes,
    dataset: str,
    names: tuple[str, ...] = (),
    file: str = "data.jsonl",
    options: tuple[str, ...] = (),
) -> Case:
    like = () if "--like" in options else ("--like", dataset)
    arguments = ("import", file, "--as", dataset, *like, *options)
    return Case("import", name, "assets.cli", arguments, (*names, file), {file: written})
