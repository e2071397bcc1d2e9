"""Models of the Hugging Face Hub, kept in the state by repository and commit: whole or not at all."""

import errno
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

from datasets_registry.errors import BadInput, NoSpace, TrimtabError
from datasets_registry.inspecting.origins import hub_folder
from datasets_registry.state import durable, locked, sync
from datasets_registry.store.model_files import partial_mark
from generation.models.code import PICKLES, PROGRAMS, code_in
from generation.models.folder import missing_shards

BRANCH = "main"
# what Trimtab does not read: programs and pickles, which are code, and other engines' formats
LEFT_OUT = (*PROGRAMS, *PICKLES, "original/*", "*.gguf", "*.onnx", "*.h5", "*.msgpack", "*.tflite", "*.ot")
_COMMIT = re.compile(r"[0-9a-f]{40}")
Report = Callable[[str], None]


def downloaded(repository: str, revision: str | None, models: Path, report: Report) -> Path:
    """The folder with ``repository`` at the commit that ``revision`` names now, downloaded once.

    ``revision`` is a branch, a tag or a commit, by default the main branch. A download that was interrupted
    goes on where it was; what the Hub client's cache holds is not downloaded again. Raises BadInput where the
    hub does not give the model, and NoSpace where it does not fit on the disk.
    """
    place, wanted = hub_folder(models, repository), revision or BRANCH
    try:
        commit = _commit(repository, wanted, place, report)
        folder = place / commit
        with locked(place / ".lock"):
            if not folder.is_dir() or partial_mark(folder).exists():
                _download(repository, commit, folder, report)
    except TrimtabError:
        raise
    # the client's errors change with its HTTP library
    except Exception as error:
        raise _sentence(repository, wanted, models, error) from error
    if wanted != commit and _remembered(place, wanted) != commit:
        with durable(_reference(place, wanted)) as temporary:
            temporary.write_text(commit)
    return folder


def _commit(repository: str, revision: str, place: Path, report: Report) -> str:
    """The commit that ``revision`` names now; the one that it named last where the hub is out of reach."""
    from huggingface_hub import HfApi

    if _COMMIT.fullmatch(revision):
        return revision
    try:
        return str(HfApi().model_info(repository, revision=revision).sha)
    except Exception as error:
        known = _remembered(place, revision) or _cached_commit(repository, revision)
        if known is None or not _is_out_of_reach(error):
            raise
        report(f"the hub is out of reach: takes {repository} at {known[:12]}, which {revision!r} was before")
        return known


def _reference(place: Path, revision: str) -> Path:
    return place / "refs" / quote(revision, safe="")


def _remembered(place: Path, revision: str) -> str | None:
    """The commit that ``revision`` named when it was last downloaded, where that is still here."""
    path = _reference(place, revision)
    commit = path.read_text().strip() if path.is_file() else ""
    return commit if _COMMIT.fullmatch(commit) and (place / commit).is_dir() else None


def _cached_commit(repository: str, revision: str) -> str | None:
    from huggingface_hub.constants import HF_HUB_CACHE

    path = Path(HF_HUB_CACHE) / f"models--{repository.replace('/', '--')}" / "refs" / revision
    return path.read_text().strip() if path.is_file() else None


def _download(repository: str, commit: str, folder: Path, report: Report) -> None:
    """Bring the files into a folder beside ``folder``, and give it that name when all are on disk."""
    from huggingface_hub import snapshot_download

    partial = folder.with_name(f".partial-{commit}")
    if not _take_cached(repository, commit, partial, surely=True):
        report(f"downloads {repository} at {commit[:12]} to {folder}")
        try:
            # configs first: what is refused by them is not worth gigabytes
            for wanted in (["*.json"], None):
                snapshot_download(
                    repository,
                    revision=commit,
                    local_dir=partial,
                    allow_patterns=wanted,
                    ignore_patterns=[*LEFT_OUT],
                )
                _require_no_code(repository, partial)
        except Exception as error:
            if (
                isinstance(error, BadInput)
                or not _is_out_of_reach(error)
                or not _take_cached(repository, commit, partial, surely=False)
            ):
                raise
    _require_no_code(repository, partial)
    shutil.rmtree(partial / ".cache", ignore_errors=True)
    if missing := missing_shards(partial):
        raise BadInput(
            f"{repository} at {commit} has no {missing[0]}, which its index names: take another revision"
        )
    for path in partial.rglob("*"):
        sync(path)
    _placed(partial, folder)


def _placed(partial: Path, folder: Path) -> None:
    """Let ``folder`` be the whole download; where links lead into it already, its files stay readable."""
    if folder.is_dir():
        for path in [path for path in partial.rglob("*") if path.is_file()]:
            place = folder / path.relative_to(partial)
            place.parent.mkdir(parents=True, exist_ok=True)
            path.replace(place)
            sync(place.parent)
        shutil.rmtree(partial)
    else:
        partial.rename(folder)
    sync(folder.parent)
    partial_mark(folder).unlink(missing_ok=True)


def _require_no_code(repository: str, partial: Path) -> None:
    if what := code_in(partial):
        shutil.rmtree(partial)
        raise BadInput(
            f"model {repository!r} {what}: no model's code is run here, so take a model of an architecture "
            "that transformers has, or give a copy without it"
        )


def _take_cached(repository: str, commit: str, partial: Path, *, surely: bool) -> bool:
    """Whether the Hub client's cache gave all files, as hard links where it is on the same disk.

    Not ``surely``, a cache suffices that does not know whether it has them all.
    """
    from huggingface_hub import get_cached_repo_tree, snapshot_download
    from huggingface_hub.errors import CachedRepoTreeNotFoundError, LocalEntryNotFoundError
    from huggingface_hub.utils import filter_repo_objects

    try:
        cached = Path(
            snapshot_download(repository, revision=commit, local_files_only=True, ignore_patterns=[*LEFT_OUT])
        )
        if surely:
            get_cached_repo_tree(repository, revision=commit)
    except (LocalEntryNotFoundError, CachedRepoTreeNotFoundError):
        return False
    files = [str(path.relative_to(cached)) for path in cached.rglob("*") if path.is_file()]
    for file in filter_repo_objects(files, ignore_patterns=[*LEFT_OUT]):
        _link(cached / file, partial / file)
    return True


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    try:
        os.link(source.resolve(), target)
    except OSError:
        # another disk, or one without hard links
        shutil.copyfile(source, target)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _status(error: BaseException) -> int | None:
    """The HTTP status that is behind ``error``, if any."""
    from huggingface_hub.errors import HfHubHTTPError

    statuses = (cause.response.status_code for cause in _causes(error) if isinstance(cause, HfHubHTTPError))
    return next(statuses, None)


def _is_out_of_reach(error: Exception) -> bool:
    status = _status(error)
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    return not full and (status is None or status >= 500)


def _sentence(repository: str, revision: str, models: Path, error: Exception) -> BadInput | NoSpace:
    """What went wrong and what to do, without the error's own words, which may quote what was sent."""
    from huggingface_hub import constants, errors, get_token

    page, status = f"{constants.ENDPOINT}/{repository}", _status(error)
    what = f"{type(error).__name__}, status {status}" if status else type(error).__name__
    kinds = {type(cause) for cause in _causes(error)}
    token = "the one that is set has no access" if get_token() else "none is set"
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return NoSpace(
            f"{models} is full amid the download of {repository}: free some space, or set TRIMTAB_HOME to a "
            "larger disk; the download goes on where it was"
        )
    if errors.RevisionNotFoundError in kinds:
        return BadInput(
            f"model {repository!r} has no revision {revision!r}: name a branch, tag or commit of {page}"
        )
    if errors.GatedRepoError in kinds or status == 403:
        return BadInput(
            f"model {repository!r} is gated: accept its licence at {page}, then set HF_TOKEN to a token of "
            f"that account ({token})"
        )
    if errors.RepositoryNotFoundError in kinds or status == 401:
        return BadInput(
            f"model {repository!r} is not on the hub, or is private or gated: check the name; if it is "
            f"right, accept its licence at {page} and set HF_TOKEN to a token with access ({token})"
        )
    if constants.HF_HUB_OFFLINE:
        return BadInput(
            f"model {repository!r} could not be downloaded from the hub, since HF_HUB_OFFLINE is set and the "
            "model is not on this disk: unset it, or give a local directory"
        )
    return BadInput(
        f"model {repository!r} could not be downloaded from the hub ({what}): check the "
        "name and the network and run it again, which goes on where it was; or give a local directory"
    )
