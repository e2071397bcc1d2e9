"""trimtab init PURPOSE: a short profile to begin with, each of its lines explained."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from assets.cli.printing import Json, print_json, say
from datasets_registry.documents import meant
from datasets_registry.errors import BadInput

FOLDER = Path(__file__).with_name("purposes")


@dataclass(frozen=True)
class Purpose:
    """What a profile is for, and how the data that it names are imported."""

    what: str
    imported: str


PURPOSES: Mapping[str, Purpose] = {
    "pairs": Purpose(
        "my preference pairs → a DPO model", "trimtab import FILE --as my_pairs --licence SPDX-ID"
    ),
    "problems": Purpose(
        "my problems with known answers → rejection sampling",
        "trimtab import FILE --as my_problems --licence SPDX-ID",
    ),
    "prompts": Purpose(
        "my prompts → Constitutional AI",
        "trimtab import FILE --as red_team_prompts --like red_team_prompts --licence SPDX-ID",
    ),
}


def init(
    purpose: Annotated[
        str, typer.Argument(help="; ".join(f"{name}: {each.what}" for name, each in PURPOSES.items()))
    ],
    out: Annotated[str, typer.Option(help="The file to write; PURPOSE.toml unless named.")] = "",
    as_json: Json = False,
) -> None:
    """Write a short, commented profile for a purpose.

    It says which commands to run next. A file that is there already is left as it is.
    """
    if purpose not in PURPOSES:
        raise BadInput(f"no purpose {purpose!r}{meant(purpose, PURPOSES)}: use one of {', '.join(PURPOSES)}")
    path = Path(out or f"{purpose}.toml")
    _write(path, template(purpose))
    chosen = f"TRIMTAB_PROFILE={quote(str(path))}"
    following = [PURPOSES[purpose].imported, *(f"{chosen} {command}" for command in _COMMANDS)]
    if as_json:
        print_json({"file": str(path), "purpose": PURPOSES[purpose].what, "next": following})
        return
    say(f"{path}: {PURPOSES[purpose].what}. Next:")
    for command in following:
        say(f"  {command}")


_COMMANDS = ("trimtab plan", "trimtab build")


def template(purpose: str) -> str:
    """The profile for ``purpose``."""
    return (FOLDER / f"{purpose}.toml").read_text(encoding="utf-8")


def _write(path: Path, text: str) -> None:
    """Write a new file; raises BadInput where there is one, or it cannot be written."""
    if path.suffix != ".toml":
        raise BadInput(f"--out {str(path)!r} is no name of a profile: end it in .toml")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise BadInput(f"{path} is there already: name another file by --out, or remove it") from error
    except (OSError, ValueError) as error:
        raise BadInput(f"{path} cannot be written ({error}): name another file by --out") from error
