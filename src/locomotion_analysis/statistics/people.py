"""From cycles to people: one curve a person and condition, and what was averaged or left out."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import LocomotionWarning, SchemaError
from locomotion_analysis.quality.norm_fit import out_of_phase
from locomotion_analysis.statistics.fields import Floats
from locomotion_analysis.statistics.formula import columns_of

PERSON = ("dataset", "subject")


@dataclass(frozen=True, slots=True)
class People:
    """Means of people in their conditions.

    Attributes
    ----------
    frame : DataFrame
        One row a person and condition: ``person`` (code) and the columns of the model.
    rows : ndarray, shape (n_rows, n_nodes, n_components)
        Their curves, or scalars where there is one node.
    phase : ndarray, shape (n_nodes,)
        Gait cycle of the nodes, percent; empty of scalars.
    n_cycles : int
        Cycles (rows of the data) that were averaged.
    history : tuple of str
        What was averaged and left out.
    simulated : bool
        Whether the data were simulated.
    names : tuple of str
        Who each code of a person is.
    """

    frame: pd.DataFrame
    rows: Floats
    phase: Floats
    n_cycles: int
    history: tuple[str, ...]
    simulated: bool
    names: tuple[str, ...]

    @property
    def n_people(self) -> int:
        """How many people there are."""
        return int(self.frame["person"].nunique())


def people_of(
    data: LocomotionData | pd.DataFrame,
    responses: Sequence[str],
    columns: Sequence[str],
    within: Sequence[str],
    roi: tuple[float, float] | None,
) -> People:
    """Average the cycles of each person and condition, each leg first.

    Parameters
    ----------
    data : LocomotionData or DataFrame
        Cycles; or a table of scalars with a column (or level of the index) ``subject``.
    responses : sequence of str
        Channels, or columns of numbers.
    columns : sequence of str
        Factors and covariates.
    within : sequence of str
        The factors that make conditions of a person.
    roi : tuple of float, optional
        Part of the gait cycle, percent.

    Raises
    ------
    SchemaError
        If names are unknown, or no cycle has all that is needed.
    """
    table = data.cycles if isinstance(data, LocomotionData) else data
    levels = [*map(str, table.columns), *(str(name) for name in table.index.names if name)]
    keys = [name for name in PERSON if name in levels]
    if "subject" not in keys:
        raise SchemaError(
            expected="a column subject: people are compared, not rows",
            got=", ".join(levels[:6]) or "no column",
            where="data",
            fix="name the person of each row",
        )
    legs = ["side"] if "side" in levels and "side" not in columns else []
    frame = columns_of(table, dict.fromkeys([*keys, *columns, *legs])).reset_index(drop=True)
    values, phase = responses_of(data, table, responses, roi)
    missing = {name: int(frame[name].isna().sum()) for name in [*keys, *columns]}
    known = frame[[*keys, *columns]].notna().all(axis=1).to_numpy()
    measured = np.isfinite(values).any(axis=(1, 2))
    history = [
        f"{n} of {len(frame)} cycles have no {name}: left out" for name, n in missing.items() if n
    ]
    if (~measured).any():
        history.append(
            f"{int((~measured).sum())} of {len(frame)} cycles were not measured: left out"
        )
    keep = known & measured
    if not keep.any():
        raise SchemaError(
            expected="cycles with " + ", ".join([*responses, *columns]),
            got="none: " + ("; ".join(history) or "no cycles"),
            where="data",
        )
    if isinstance(data, LocomotionData) and len(phase):
        history += _begun_half_a_cycle_late(data, keep)
    frame, values = frame[keep].reset_index(drop=True), values[keep]
    history += _mixed(table, keep, columns)
    for name in within:
        if not isinstance(frame[name].dtype, pd.CategoricalDtype):
            frame[name] = frame[name].astype(str)
    numbers = [
        name for name in columns if name not in within and pd.api.types.is_numeric_dtype(frame[name])
        and not pd.api.types.is_bool_dtype(frame[name])
    ]  # fmt: skip
    factors = [name for name in columns if name not in numbers]
    people = frame.groupby(keys, sort=True, observed=True)
    person, names = np.asarray(people.ngroup(), dtype=np.int64), people.size().index
    of_row = _codes(frame, person, [*factors, *legs])
    kept, means = _averaged(frame.assign(person=person), values, numbers, of_row)
    n_means = len(set(_codes(frame, person, factors)))
    who = f"{len(names)} {'person' if len(names) == 1 else 'people'}"
    history.append(
        f"{len(frame)} cycles of {who} averaged to {n_means} means: cycles are not people"
    )
    if legs:
        of_leg = _codes(kept, kept["person"].to_numpy(np.int64), factors)
        kept, means = _averaged(kept, means, numbers, of_leg)
        if both := int((np.bincount(of_leg) > 1).sum()):
            history.append(
                f"{both} means are of both legs, each leg averaged first: one person is one"
            )
    simulated = isinstance(data, LocomotionData) and data.is_simulated
    return People(
        kept[["person", *columns]], means, phase, int(keep.sum()), tuple(history),
        simulated or bool(table.attrs.get("simulated", False)), tuple(_name(key) for key in names),
    )  # fmt: skip


def _begun_half_a_cycle_late(data: LocomotionData, keep: NDArray[np.bool_]) -> list[str]:
    """Tell of cycles out of phase; none is left out, for the check knows curves by their norm."""
    n = int(out_of_phase(data)[keep].sum())
    told = (
        f"{n} of {int(keep.sum())} cycles seem to begin half a cycle after their own foot's "
        "contact (check GAIT108): means blend two kinds of curves; without them: "
        "locomotion validate DATA --write-clean FILE"
    )
    return [told] if n else []


def _name(key: object) -> str:
    return " ".join(map(str, key)) if isinstance(key, tuple) else str(key)


def _mixed(table: pd.DataFrame, keep: NDArray[np.bool_], columns: Sequence[str]) -> list[str]:
    """Tell where the means are over several tasks or sessions that the formula does not name."""
    told = []
    for name in ("task", "session"):
        if name in columns or name not in [*table.columns, *table.index.names]:
            continue
        values = columns_of(table, [name])[name].to_numpy()[keep]
        several = pd.unique(pd.Series(values).dropna())
        if len(several) > 1:
            shown = ", ".join(map(str, several[:5])) + (", ..." if len(several) > 5 else "")
            told.append(f"means are over {len(several)} values of {name}: {shown}")
            warnings.warn(
                f"{told[-1]}; keep one by data.select({name}=...), or name {name} in the formula",
                LocomotionWarning,
                stacklevel=5,
            )
    return told


def responses_of(
    data: LocomotionData | pd.DataFrame,
    table: pd.DataFrame,
    responses: Sequence[str],
    roi: tuple[float, float] | None,
) -> tuple[Floats, Floats]:
    """Return the responses of each row, (n_rows, n_nodes, n_components), and the nodes' phase."""
    from locomotion_analysis.standard import PHASE_PERCENT

    if isinstance(data, LocomotionData) and (
        any(name in data.channels for name in responses) or responses[0] not in table
    ):
        curves = [data.curves(name).astype(np.float64) for name in responses]
        phase = np.asarray(PHASE_PERCENT, dtype=np.float64)
        inside = np.ones(len(phase), dtype=bool)
        if roi is not None:
            inside = (phase >= roi[0]) & (phase <= roi[1])
            if inside.sum() < 3:
                raise SchemaError(
                    expected="a part of the gait cycle, percent, for example (0, 60)",
                    got=str(roi),
                    where="roi",
                )
        return np.stack([part[:, inside] for part in curves], axis=2), phase[inside]
    if roi is not None:
        raise SchemaError(expected="curves, for a part of them", got=responses[0], where="roi")
    numbers = columns_of(table, responses)
    wrong = [name for name in responses if not pd.api.types.is_numeric_dtype(numbers[name])]
    if wrong:
        raise SchemaError(
            expected="a channel or a column of numbers before ~", got=wrong[0], where="formula"
        )
    return numbers.to_numpy(float)[:, None, :], np.empty(0)


def _codes(
    frame: pd.DataFrame, person: NDArray[np.int64], columns: Sequence[str]
) -> NDArray[np.int64]:
    keyed = frame[list(columns)].assign(_person=person)
    found = keyed.groupby(["_person", *columns], sort=True, observed=True, dropna=False)
    return np.asarray(found.ngroup(), dtype=np.int64)


def _averaged(
    frame: pd.DataFrame, values: Floats, numbers: Sequence[str], codes: NDArray[np.int64]
) -> tuple[pd.DataFrame, Floats]:
    """Return one row a code: its first, with the means of the columns `numbers`; and of values."""
    means, first = _means(values, codes)
    kept = frame.iloc[first].reset_index(drop=True)
    kept[list(numbers)] = _means(frame[list(numbers)].to_numpy(float)[:, :, None], codes)[0][..., 0]
    return kept, means


def _means(values: Floats, codes: NDArray[np.int64]) -> tuple[Floats, NDArray[np.int64]]:
    """Return the means over rows of one code, NaN left out, and the first row of each."""
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    known = np.isfinite(values)
    total = np.add.reduceat(np.where(known, values, 0.0)[order], starts, axis=0)
    count = np.add.reduceat(known[order].astype(np.float64), starts, axis=0)
    means = np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
    return means, order[starts]
