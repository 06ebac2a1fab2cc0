"""What a spreadsheet opens is text where it was text, and comes back as it was."""

import io

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from locomotion_analysis.production.retraining import subjects_of_run
from locomotion_analysis.reporting.spreadsheets import csv_text, plain_text

FORMULAS = ["=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "\t=1", "'=1", "007", "NA"]


def test_no_cell_of_text_begins_like_a_formula_and_numbers_stay():
    table = pd.DataFrame({"subject": FORMULAS, "=name": -1.5})
    read = pd.read_csv(io.StringIO(csv_text(table)), dtype={"subject": str}, keep_default_na=False)
    assert not read["subject"].str[0].isin(list("=+-@\t\r")).any()
    assert read["'=name"].tolist() == [-1.5] * len(FORMULAS)


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"))), min_size=1))
def test_text_comes_back(texts):
    written = csv_text(pd.DataFrame({"name": texts, "other": 1}))
    read = pd.read_csv(io.StringIO(written), dtype=str, keep_default_na=False)
    assert read["name"].map(plain_text).tolist() == texts


def test_subjects_of_a_run_are_named_as_they_were(tmp_path):
    (tmp_path / "folds.csv").write_text(csv_text(pd.DataFrame({"subject": FORMULAS, "fold": 1})))
    assert subjects_of_run(tmp_path) == sorted(FORMULAS)


def test_a_table_without_such_text_is_what_pandas_writes():
    table = pd.DataFrame(
        {
            "text": ["x", None],
            "number": [0.1 + 0.2, None],
            "count": pd.array([1, None], "Int64"),
            "class": pd.Categorical(["u", None]),
            "truth": pd.array([True, None], "boolean"),
            "day": pd.to_datetime(["2026-01-01", None]),
        }
    )
    for each in (table, table.head(0)):
        assert csv_text(each) == each.to_csv(index=False)
