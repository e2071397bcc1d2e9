"""A trained adapter: kept by itself, and merged into its base in float32."""

import json
from pathlib import Path
from typing import Any

from training.run import Run


def save_adapter(run: Run, model: Any, folder: Path) -> Any:
    """Save the adapter of ``model`` to ``folder``; the base with it merged in, in float32.

    Sums in bfloat16 would lose what was learned: a base that was trained on in bfloat16 is read once more.
    """
    import torch

    model.save_pretrained(folder)
    _name_the_base(folder, run.base.data_version)
    inner = model.get_base_model()
    if inner.dtype == torch.float32:
        return model.merge_and_unload(safe_merge=True)
    from peft import PeftModel

    base = type(inner).from_pretrained(
        run.base_folder, config=inner.config, dtype=torch.float32, local_files_only=True, use_safetensors=True
    )
    return PeftModel.from_pretrained(base, folder).merge_and_unload(safe_merge=True)


def _name_the_base(adapter: Path, fingerprint: str) -> None:
    """The base is named by its content, not by where it lay."""
    path = adapter / "adapter_config.json"
    config = json.loads(path.read_text()) | {"base_model_name_or_path": fingerprint}
    path.write_text(json.dumps(config, indent=2, sort_keys=True))
    (adapter / "README.md").unlink(missing_ok=True)
