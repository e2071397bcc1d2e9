"""Code in a model's folder: configs that name some, program files and pickles; none of it is ever run."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import JsonValue

from datasets_registry.adapters import CONFIG, FOLDER
from datasets_registry.errors import BadInput

PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl", "*.pickle", "*.joblib", "*.dill")
PROGRAMS = ("*.py", "*.pyc", "*.pyd", "*.so", "*.dll", "*.dylib")
# large tables of tokens, which name no class
_TABLES = ("tokenizer.json", "vocab.json", "model.safetensors.index.json")
_NAMED = 3


def require_no_code(folder: Path) -> Path:
    """``folder`` itself; raises BadInput naming what of it would be code, before anything is loaded."""
    if what := code_in(folder):
        raise BadInput(
            f"model directory {folder} {what}: no model's code is run here, so give a copy without it, with "
            "safetensors, of an architecture that transformers has"
        )
    return folder


def code_in(folder: Path) -> str | None:
    """What in ``folder`` would be code, in words; None where there is nothing of the kind."""
    programs = _files(folder, PROGRAMS, deep=True)
    for path in _configs(folder):
        if name := code_named(_content(path)):
            beside = f", beside {_listed(programs)}" if programs else ""
            return f"names code of its own ({name} in {path.relative_to(folder)}{beside})"
    if programs:
        return f"has code ({_listed(programs)})"
    pickles = _files(folder, PICKLES, deep=False)
    return f"has pickles ({_listed(pickles)}), which can run code" if pickles else None


def code_named(content: JsonValue) -> str | None:
    """The key by which a config names code to load: ``auto_map``, or kernels of somebody's repository."""
    if isinstance(content, list):
        return next(filter(None, map(code_named, content)), None)
    if not isinstance(content, dict):
        return None
    for key, value in content.items():
        if (key == "auto_map" and value) or (key.endswith("attn_implementation") and "/" in str(value)):
            return key
    return next(filter(None, map(code_named, content.values())), None)


def _configs(folder: Path) -> Iterator[Path]:
    yield from (path for path in sorted(folder.glob("*.json")) if path.name not in _TABLES)
    if (adapter := folder / FOLDER / CONFIG).is_file():
        yield adapter


def _content(path: Path) -> JsonValue:
    try:
        content: JsonValue = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{path} is not JSON ({type(error).__name__}): give a whole model") from error
    return content


def _files(folder: Path, patterns: Sequence[str], *, deep: bool) -> list[str]:
    search = folder.rglob if deep else folder.glob
    return sorted({str(path.relative_to(folder)) for pattern in patterns for path in search(pattern)})


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"
