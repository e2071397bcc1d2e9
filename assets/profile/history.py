"""Each profile's Dagster history, which no other shares: python -m assets.profile.history names it."""

from pathlib import Path

from assets.profile.chosen import DEFAULT, label_of, read_chosen
from assets.profile.profile import load_profile
from datasets_registry.boundary import run_command
from datasets_registry.state import REPOSITORY, durable

FOLDER = ".dagster"


def dagster_home(profile: str | None = None) -> Path:
    """The folder with the dagster.yaml of a profile, by default of TRIMTAB_PROFILE.

    In a shared history each profile's daemon would take the other's builds for its own, and rebuild after
    each of them. The default profile's is the checkout's. Raises BadInput where there is no such profile.
    """
    label = label_of(read_chosen(profile)[0])
    if label == DEFAULT:
        return REPOSITORY
    home = REPOSITORY / FOLDER / "profiles" / label
    settings = (REPOSITORY / "dagster.yaml").read_text(encoding="utf-8")
    with durable(home / "dagster.yaml") as temporary:
        moved = settings.replace(f"base_dir: {FOLDER}", f"base_dir: {home}")
        temporary.write_text(moved, encoding="utf-8")
    return home


def main() -> None:
    """Print the folder for `make dev`; nothing for the checkout's own, which Dagster finds by itself."""
    # a profile that cannot be read is said here, and not by Dagster, which would start without its graph
    load_profile()
    home = dagster_home()
    if home != REPOSITORY:
        print(home)


if __name__ == "__main__":
    run_command(main)
