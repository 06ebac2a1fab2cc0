"""Tables as CSV that a spreadsheet opens as what it is: a name that begins like a formula is text."""

from typing import Any

import pandas as pd

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
"""First characters by which spreadsheets take a cell for a formula, and the one that stops them."""


def csv_text(table: pd.DataFrame) -> str:
    """Return a table as CSV; an apostrophe stands before text that a spreadsheet would compute.

    Numbers are left alone. :func:`plain_text` takes the apostrophe away again.

    Examples
    --------
    >>> print(csv_text(pd.DataFrame({"subject": ["=1+1", "S1"], "x": [-1, 2]})), end="")
    subject,x
    '=1+1,-1
    S1,2
    """
    columns = [
        column.map(_escaped) if _holds_text(column) else column for _, column in table.items()
    ]
    safe = pd.concat(columns, axis=1) if columns else table
    return safe.to_csv(index=False, header=[str(_escaped(name)) for name in table.columns])


def plain_text(cell: str) -> str:
    """Return the text that :func:`csv_text` wrote as a cell.

    Examples
    --------
    >>> plain_text("'=1+1"), plain_text("S1")
    ('=1+1', 'S1')
    """
    return cell.removeprefix("'")


def _holds_text(column: "pd.Series[Any]") -> bool:
    return column.dtype == object or isinstance(column.dtype, pd.StringDtype | pd.CategoricalDtype)


def _escaped(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
