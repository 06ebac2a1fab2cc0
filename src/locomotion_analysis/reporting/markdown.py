"""Markdown of cards: names, notes and labels are text in it, never tags, links or further cells."""

from html import escape
from typing import Any

import pandas as pd

from locomotion_analysis.reporting.names import number_text


class Markdown(str):
    """Text that is Markdown already: what comes from data in it has been made text."""

    __slots__ = ()


def markdown_text(value: object) -> str:
    r"""Return a value as one line that Markdown shows as it is.

    Markdown lets HTML through to the page it becomes.

    Examples
    --------
    >>> markdown_text("<img src=x> of [S1](javascript:alert())")
    '&lt;img src=x&gt; of [S1]\\(javascript:alert())'
    """
    if isinstance(value, Markdown):
        return value
    return escape(" ".join(str(value).split()), quote=False).replace("](", "]\\(")


def markdown_table(frame: pd.DataFrame) -> Markdown:
    """Return a frame as a Markdown table; numbers with three significant digits, nothing where unknown.

    Examples
    --------
    >>> print(markdown_table(pd.DataFrame({"task": ["level_walking"], "cycles": [12000]})))
    | task | cycles |
    |---|---|
    | level_walking | 12,000 |
    """
    rows = [tuple(frame.columns), *frame.itertuples(index=False)]
    lines = [f"| {' | '.join(map(_cell, row))} |" for row in rows]
    lines.insert(1, "|" + "---|" * frame.shape[1])
    return Markdown("\n".join(lines))


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and pd.isna(value)):
        return ""
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return markdown_text(value).replace("|", "\\|")
