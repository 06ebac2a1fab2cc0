"""Names and notes in cards: shown as they are, whatever they are."""

import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locomotion_analysis.reporting.markdown import Markdown, markdown_table, markdown_text

TAG = "<img src=x onerror=alert(1)>"


def test_numbers_and_gaps_of_a_table():
    table = pd.DataFrame({"a": ["x | y"], "b": [1234], "c": [0.12345], "d": [None], "e": [True]})
    assert markdown_table(table).splitlines()[2] == r"| x \| y | 1,234 | 0.123 |  | True |"


@given(st.lists(st.text(), min_size=1, max_size=4), st.text())
def test_a_table_has_its_cells_and_nothing_else(cells, name):
    table = markdown_table(pd.DataFrame({name: cells}))
    assert len(table.split("\n")) == len(cells) + 2
    for line in table.split("\n"):
        assert len(re.findall(r"(?<!\\)\|", line)) == 2
    assert not set("<>") & set(table)


@pytest.mark.parametrize("text", [TAG, f"a\n\n{TAG}", f"`{TAG}", f"[x]({TAG})", "![p](http://x)"])
def test_no_tag_and_no_link_is_left(text):
    found = markdown_text(text)
    assert "<" not in found
    assert "](" not in found
    assert "\n" not in found


def test_what_is_markdown_already_stays():
    table = markdown_table(pd.DataFrame({TAG: [TAG]}))
    assert markdown_text(table) is table
    assert isinstance(table, Markdown)
    assert table.count("&lt;img") == 2
