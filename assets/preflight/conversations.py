"""Whether models under evaluation can hold the conversations of the suites, known from their files alone."""

from collections.abc import Iterable
from pathlib import Path

from assets.profile.models import GivenModel
from assets.profile.profile import Profile
from datasets_registry.errors import BadInput
from generation.models.lab import WINDOW
from generation.models.limits import read_table, window_of
from generation.models.sources import LAB, local_folder
from methods.evaluation.suites.named import SUITES

# what the shortest prompt takes with its template
PROMPT = 64
_TEMPLATES = ("chat_template.jinja", "chat_template.json")
_MORE_TEMPLATES = "additional_chat_templates"


def require_conversations(
    profile: Profile, models: Iterable[str], suites: Iterable[str], tokens: int
) -> None:
    """Return where each model has a chat template, and a window for all turns of ``tokens`` each.

    Models whose files are elsewhere are looked at when they are opened. Raises BadInput.
    """
    turns, suite = max((SUITES[name].num_turns, name) for name in suites)
    for model in models:
        given = profile.given(model)
        _require_template(model, given)
        window = _window(given)
        if turns > 1 and window is not None and turns * tokens + PROMPT > window:
            raise BadInput(
                f"evaluation.answers.max_tokens: {turns} turns of {tokens} tokens and a prompt, as in "
                f"{suite!r}, are more than the window of {model!r}, {window} tokens: lower max_tokens, or "
                "leave suites of several turns out"
            )


def _require_template(model: str, given: GivenModel) -> None:
    folder = _folder(given)
    if folder is None or (folder / _MORE_TEMPLATES).is_dir():
        return
    if any(_is_written(folder / name) for name in _TEMPLATES):
        return
    if not str(read_table(folder / "tokenizer_config.json").get("chat_template") or "").strip():
        raise BadInput(
            f"evaluation: {model!r} goes back to {folder}, which has no chat template, so that it cannot be "
            "asked: give an instruct model, or leave it out"
        )


def _is_written(path: Path) -> bool:
    """Whether there is a file with anything in it: of an empty template every conversation is empty."""
    return path.is_file() and bool(path.read_text(encoding="utf-8", errors="replace").strip())


def _window(given: GivenModel) -> int | None:
    """The most tokens that the model reads; None where no file here says."""
    folder = _folder(given)
    window = window_of(read_table(folder / "config.json")) if folder else None
    served = given.engine.max_model_len if given.runs_on == "vllm" else None
    known = [WINDOW if given.model == LAB else window, served]
    return min((limit for limit in known if limit is not None), default=None)


def _folder(given: GivenModel) -> Path | None:
    return None if given.hosted else local_folder(given.model)
