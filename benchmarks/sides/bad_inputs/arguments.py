"""Bad arguments of every command, by its own parameters, and bad environment variables."""

from collections.abc import Iterator
from typing import get_args

import typer.main
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from assets.cli.commands import COMMANDS, app_of
from benchmarks.sides.bad_inputs.case import Case
from training.trainers import TRAINERS

REFERENCES = ("a@latest", "a@-1", "a@1.5", "a@", "@1", "a@1@2", "A@1", "", "a b", "no_such", "no_such@3", "é")
NUMBERS = ("x", "-1", "nan", "1e400")
TRAINERS_ARGUMENTS = (
    (),
    ("--config",),
    ("--config", "none.json"),
    ("--config", "."),
    ("--config", "x" * 5_000),
    ("--config", "none.json", "--nonsense"),
)
HOMES = ("/proc/nowhere", "/dev/null", "/dev/null/x", "file")
CATALOGS = ("nonsense", "sqlite:///x.db", "postgresql+psycopg://", "mysql://host/x", "postgresql://u:p@h/x")


def argument_cases() -> Iterator[Case]:
    """Bad arguments of the command line and of the trainers."""
    root = typer.main.get_command(app_of(COMMANDS))
    assert isinstance(root, TyperGroup)
    yield _case(("nonsense",), ("nonsense",))
    yield _case(("plann",), ("plann",))
    there = {"pairs.toml": b"mine"}
    yield Case("arguments", "init over a file", "assets.cli", ("init", "pairs"), ("pairs.toml",), there)
    for name, command in root.commands.items():
        yield from _of_command((name,), command)
    for trainer in TRAINERS.values():
        for arguments in TRAINERS_ARGUMENTS:
            named = arguments[-1] if arguments else "--config"
            yield Case("arguments", f"{trainer.module} {arguments}", trainer.module, arguments, (named,))


def _of_command(path: tuple[str, ...], command: object) -> Iterator[Case]:
    if isinstance(command, TyperGroup):
        for name, inner in command.commands.items():
            yield from _of_command((*path, name), inner)
        yield _case((*path, "nonsense"), ("nonsense",))
        return
    assert isinstance(command, TyperCommand)
    yield _case((*path, "--nonsense"), ("--nonsense",))
    needed = [part for part in command.params if isinstance(part, TyperArgument) and part.required]
    given, options = tuple("x" for _ in needed), _options(command)
    if needed:
        yield _case(path, (str(needed[0].name),))
        if needed[-1].nargs == 1:
            yield _case((*path, *options, *given, "one", "more"), ("one", "more"))
    start = (*path, *options) if options else (*path, "--")
    for place, argument in enumerate(needed):
        if argument.name in ("name", "dataset", "version"):
            for reference in REFERENCES:
                names = (reference, reference.split("@")[0])
                yield _case((*start, *given[:place], reference, *given[place + 1 :]), names)
    for option in (part for part in command.params if isinstance(part, TyperOption)):
        if (option.min, option.max) != (None, None):
            for number in NUMBERS:
                yield _case((*path, *given, f"{option.opts[0]}={number}"), (option.opts[0], number))


def _options(command: TyperCommand) -> tuple[str, ...]:
    """The options without which the command cannot run."""
    needed = [part for part in command.params if isinstance(part, TyperOption) and part.required]
    return tuple(word for part in needed for word in (part.opts[0], _word(part)))


def _word(option: TyperOption) -> str:
    words = get_args(option.type_descriptor.annotation)
    return str(words[0]) if words else "why"


def _case(arguments: tuple[str, ...], names: tuple[str, ...]) -> Case:
    return Case("arguments", " ".join(map(repr, arguments)), "assets.cli", arguments, names)


def environment_cases() -> Iterator[Case]:
    """Bad values of the variables that are read."""
    for profile in ("nonsense", "none.toml", ".toml", "../laptop", "laptop.json", "é", "a\nb"):
        yield _with("TRIMTAB_PROFILE", profile, ("plan",), profile.split("\n")[0])
    for home in HOMES:
        yield _with("TRIMTAB_HOME", home, ("import", "data.jsonl", "--as", "demonstrations"), home)
    for catalog in CATALOGS:
        yield _with("TRIMTAB_CATALOG", catalog, ("datasets",), catalog.split(":")[0])
    yield _with("TRIMTAB_PROFILE", "none.toml", ("keep", "x"), "none.toml")


def _with(variable: str, value: str, arguments: tuple[str, ...], named: str) -> Case:
    files = {"data.jsonl": b'{"prompt": "Why?", "completion": "So."}', "file": b""}
    title = f"{variable} {value!r} of {arguments[0]}"
    return Case("environment", title, "assets.cli", arguments, (named, variable), files, {variable: value})
