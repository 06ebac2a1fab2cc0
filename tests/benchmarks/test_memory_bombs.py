"""Small files that unpack to much: refused with one error of four parts, in bounded memory."""

import sys

import pytest
from benchmarks.reliability.memory_bombs import BOMBS, MEBIBYTE, measure
from benchmarks.reliability.section import written_into

MOST = 256 * MEBIBYTE
MOST_OF_A_CHILD = 1536 * MEBIBYTE
"""The child process that parses MATLAB files and workbooks counts with all its libraries."""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="peak memory is told by getrusage")
@pytest.mark.parametrize("name", BOMBS)
def test_a_small_file_does_not_fill_the_memory(name, tmp_path):
    found = measure(name, tmp_path)
    assert found.size < 8 * MEBIBYTE
    assert found.parts is not None, found.error
    assert all(found.parts), found.parts
    assert found.peak < (MOST_OF_A_CHILD if name in ("mat", "xlsx") else MOST)


def test_a_section_of_the_page_is_replaced_and_the_others_stay():
    part = "## Small files that unpack to much\n\nnew\n"
    page = f"# Reliability\n\n{part.replace('new', 'old')}\n## Next\n\ntext\n"
    assert written_into(page, part) == page.replace("old", "new")
    assert written_into("# Reliability\n", part) == f"# Reliability\n\n{part}"
