"""docs/gpu.md says of each profile what `trimtab plan` says."""

from assets.cli.planning.documented import PAGE, page


def test_the_table_of_the_gpu_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m assets.cli.planning.documented"
