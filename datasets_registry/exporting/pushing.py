"""Upload of an exported folder to a repository of the Hugging Face Hub."""

import os
from pathlib import Path
from typing import Literal

from datasets_registry.errors import BadInput, TrimtabError, first_line

# the Arrow copies are for this machine
LOCAL_FILES = ["*.arrow", "*/state.json", "*/dataset_info.json", "dataset_dict.json"]


def require_pushable(repository: str) -> str:
    """The token; raises BadInput where there is none or ``repository`` is not a repository's name."""
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils._validators import validate_repo_id

    try:
        validate_repo_id(repository)
    except HFValidationError as error:
        raise BadInput(f"{repository[:80]!r} is not a repository: write owner/name ({error})") from error
    token = os.environ.get("HF_TOKEN")
    if not token:
        raise BadInput(
            "HF_TOKEN is not set: set it in the environment to a token with write access to the Hub"
        )
    return token


def push(
    folder: Path, repository: str, kind: Literal["dataset", "model"] = "dataset", endpoint: str | None = None
) -> str:
    """Upload the folder, into a new private repository where there is none; returns its address.

    Raises BadInput as ``require_pushable`` does, and TrimtabError where the upload fails.
    """
    from huggingface_hub import HfApi

    token = require_pushable(repository)
    try:
        api = HfApi(endpoint=endpoint, token=token)
        address = api.create_repo(repository, repo_type=kind, private=True, exist_ok=True)
        api.upload_folder(
            repo_id=repository,
            folder_path=folder,
            repo_type=kind,
            ignore_patterns=LOCAL_FILES,
            commit_message="Export from Trimtab",
        )
    # the client's errors change with its HTTP library; whatever fails there, the export is whole
    except Exception as error:
        first = first_line(error).replace(token, "(token)")
        raise TrimtabError(
            f"{repository!r} cannot be pushed: {first} (check the network and that HF_TOKEN may write "
            f"there; the export itself is whole in {folder})"
        ) from error
    return str(address)
