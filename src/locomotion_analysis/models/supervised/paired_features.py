"""Rows for treatment: each leg once, with its features before and their change."""

from typing import Any

import numpy as np
import pandas as pd

from locomotion_analysis.errors import SchemaError

BEFORE = "_before"
CHANGE = "_change"
KNOWN_SESSIONS = (("pre", "post"), ("M0", "M6"))
"""Pairs of session names that are recognised: before, after."""

_PERSON = ("dataset", "subject", "task", "side")


def paired_features(
    X: pd.DataFrame, cycles: pd.DataFrame, sessions: tuple[str, str] | None = None
) -> tuple[pd.DataFrame, list[str]]:
    """Return the features of each leg before treatment, and how they changed.

    Parameters
    ----------
    X : DataFrame, shape (n_cycles, n_features)
        Features, row by row as `cycles`.
    cycles : DataFrame, shape (n_cycles, ...)
        Has ``subject`` and ``session``, and ``dataset``, ``task`` and ``side`` where known.
    sessions : tuple of two str, optional
        Names of the sessions before and after; those of :data:`KNOWN_SESSIONS` are found.

    Returns
    -------
    paired : DataFrame, shape (n_legs, 2 n_features)
        ``<feature>_before``: mean of the cycles before, in the feature's unit;
        ``<feature>_change``: mean after minus mean before. Indexed by dataset, subject, task and
        side, as far as known.
    notes : list of str
        How many legs were left out because one session is missing.

    Raises
    ------
    SchemaError
        If there is no column ``session``, its sessions are not known, or no leg has both.

    Examples
    --------
    >>> cycles = pd.DataFrame({"subject": ["S1"] * 3, "session": ["pre", "post", "post"]})
    >>> paired, _ = paired_features(pd.DataFrame({"speed_m_s": [1.0, 1.1, 1.3]}), cycles)
    >>> paired.round(2).to_dict("records")
    [{'speed_m_s_before': 1.0, 'speed_m_s_change': 0.2}]
    """
    before, after = known_sessions(cycles, sessions)
    keys = [name for name in _PERSON if name in cycles]
    session = cycles["session"].astype(str).to_numpy()
    people = pd.MultiIndex.from_frame(cycles[keys].astype(str))
    first, second = (_means(X, people, session == name) for name in (before, after))
    both = first.index.intersection(second.index).sort_values()
    if both.empty:
        raise SchemaError(
            expected=f"legs with cycles of both sessions, {before} and {after}",
            got=f"{len(first)} legs in {before}, {len(second)} in {after}, none in both",
            where="column session",
            fix="give a person the same subject name in both sessions",
        )
    alone = len(first.index.union(second.index)) - len(both)
    notes = [f"{alone} legs left out: seen in one session only"] if alone else []
    baseline, later = first.loc[both], second.loc[both]
    return (
        pd.concat([baseline.add_suffix(BEFORE), (later - baseline).add_suffix(CHANGE)], axis=1),
        notes,
    )


def paired_target(
    y: "pd.Series[Any]", cycles: pd.DataFrame, paired: pd.DataFrame
) -> "pd.Series[Any]":
    """Return the outcome of each row of :func:`paired_features`.

    Raises
    ------
    SchemaError
        If a leg has cycles of two outcomes.
    """
    people = pd.MultiIndex.from_frame(cycles[list(paired.index.names)].astype(str))
    of_leg = pd.Series(y.to_numpy(), index=people, name=y.name).groupby(
        level=list(range(people.nlevels))
    )
    n_outcomes = of_leg.nunique()
    if n_outcomes.max() > 1:
        mixed = n_outcomes.idxmax()
        raise SchemaError(
            expected="one outcome for each leg, before and after treatment alike",
            got=f"several for {mixed}",
            where=f"column {y.name}",
            fix="name a column that tells the outcome, not the session",
        )
    return of_leg.first().loc[paired.index]


def _means(X: pd.DataFrame, people: pd.MultiIndex, chosen: np.ndarray[Any, Any]) -> pd.DataFrame:
    rows = np.flatnonzero(chosen)
    table = X.iloc[rows].set_axis(people[rows], axis=0)
    return table.groupby(level=list(range(people.nlevels))).mean()


def known_sessions(cycles: pd.DataFrame, asked: tuple[str, str] | None) -> tuple[str, str]:
    """Return the names of the sessions before and after.

    Raises
    ------
    SchemaError
        If there is no column ``session``, or its sessions are not known.
    """
    if "session" not in cycles:
        raise SchemaError(
            expected="a column session that tells cycles before treatment from those after",
            got="no such column",
            fix="add it, or use another task",
        )
    found = set(cycles["session"].dropna().astype(str))
    pairs = KNOWN_SESSIONS if asked is None else (asked,)
    known = [pair for pair in pairs if set(pair) <= found]
    if not known:
        raise SchemaError(
            expected="sessions " + " or ".join(f"{a} and {b}" for a, b in pairs),
            got=", ".join(sorted(found)) or "no session",
            where="column session",
            fix="name the two: sessions=(before, after)",
        )
    return known[0]
