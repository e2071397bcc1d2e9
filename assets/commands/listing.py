"""trimtab datasets | versions: what there is."""

from assets.printing import Json, open_state, print_rows
from datasets_registry.inspecting.listing import list_datasets, list_versions


def datasets(as_json: Json = False) -> None:
    """Show the newest version of every dataset, with its checks."""
    columns = ("name", "version", "rows", "status", "checks_passed", "checks", "warnings")
    print_rows(list_datasets(open_state()), as_json, columns)


def versions(dataset: str, as_json: Json = False) -> None:
    """Show every version of a dataset or model, oldest first."""
    columns = (
        "name",
        "version",
        "rows",
        "status",
        "checks_passed",
        "checks",
        "data_version",
        "created_at",
    )
    print_rows(list_versions(open_state(), dataset), as_json, columns)
