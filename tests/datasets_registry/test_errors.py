"""What a library's error says is told in a line, whatever it says."""

import duckdb
import pytest

from datasets_registry.errors import BrokenObject, first_line
from datasets_registry.views.scanning import reading


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (("cause",), "cause"),
        (("cause\nmore\nand more",), "cause"),
        (("\n  cause\r\nmore",), "cause"),
        (("",), "OSError"),
        ((" \n\n",), "OSError"),
        ((), "OSError"),
        ((2, "No such file"), "[Errno 2] No such file"),
    ],
)
def test_an_error_is_told_in_a_line(said: tuple[object, ...], line: str) -> None:
    assert first_line(OSError(*said)) == line


def test_an_error_of_duckdb_that_says_nothing_is_still_a_sentence() -> None:
    with pytest.raises(BrokenObject, match=r"cannot be read \(IOException\): `trimtab verify`"), reading():
        raise duckdb.IOException
