"""A mark of thought that completions leave out is refused before anything is asked."""

import json
import shutil
from contextlib import nullcontext
from pathlib import Path

import pytest

from datasets_registry.errors import BadInput
from generation.models.marks import require_written


@pytest.mark.parametrize("special", [True, False])
def test_a_mark_must_not_be_a_special_token(special: bool, tiny_model: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_model, tmp_path / "thinks"))
    path = folder / "tokenizer.json"
    tokenizer = json.loads(path.read_text())
    tokenizer["added_tokens"].append(
        {**tokenizer["added_tokens"][0], "content": "[THINK]", "special": special}
    )
    path.write_text(json.dumps(tokenizer))
    require_written("policy", folder, [("<think>", "</think>")])
    refusal = pytest.raises(BadInput, match=r"policy marks its thought by '\[THINK\]', a special token")
    with refusal if special else nullcontext():
        require_written("policy", folder, [("[THINK]", "[/THINK]")])


def test_a_model_behind_a_server_has_no_tokenizer_here(tmp_path: Path) -> None:
    require_written("judge", tmp_path, [("<think>", "</think>")])
