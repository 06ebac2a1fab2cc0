"""What is clustered: the mean cycle of each subject, or single cycles; gaps left out and named."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry, LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.models.unsupervised.curve_arrays import Floats
from locomotion_analysis.standard import KEY, TASKS, Channel

By = Literal["subject", "cycle"]
_MOST_MISSING_PERCENT = 50.0
_JOINTS = ("hip", "knee", "ankle", "pelvis")


@dataclass(frozen=True, slots=True)
class CurveUnits:
    """Curves to find groups among, and what is known of each.

    Attributes
    ----------
    by : {"subject", "cycle"}
        What a unit is.
    channels : tuple of str
        Channels, in the order of the last axis of `curves`.
    curves : ndarray, shape (n_units, 150, n_channels)
        Mean cycle of a subject, or a cycle; in the channels' units.
    subjects : ndarray of str, shape (n_units,)
        Subject of each unit, with its dataset where there are several.
    table : DataFrame, shape (n_units, ...)
        What is known of each unit: numbers averaged over a subject's cycles; a text that
        differs between them is missing.
    data : LocomotionData
        The cycles that were used.
    unit_of_cycle : ndarray of int, shape (n_cycles,)
        Unit each cycle of `data` belongs to.
    left_out : DataFrame
        Key of each cycle that was left out, with the reason.
    history : tuple of HistoryEntry
        What was chosen and left out.
    """

    by: By
    channels: tuple[str, ...]
    curves: Floats
    subjects: NDArray[np.str_]
    table: pd.DataFrame
    data: LocomotionData
    unit_of_cycle: NDArray[np.int64]
    left_out: pd.DataFrame
    history: tuple[HistoryEntry, ...]

    @property
    def n_subjects(self) -> int:
        """Number of subjects."""
        return len(np.unique(self.subjects))


def curve_units(
    data: LocomotionData,
    channels: Sequence[str] | None = None,
    by: By = "subject",
    task: str | None = None,
) -> CurveUnits:
    """Return the units to find groups among.

    Parameters
    ----------
    data : LocomotionData
        Cycles.
    channels : sequence of str, optional
        Channels; where None, the angles of hip, knee, ankle and pelvis of the ipsilateral leg
        (all channels where there are none) that differ between cycles and were measured in
        half of the cycles or more.
    by : {"subject", "cycle"}
        One unit a subject (the mean of its cycles), or one a cycle.
    task : str, optional
        Keep this task only. Where None, subjects are compared in the task most of them do (a
        mean over tasks is nobody's gait), and cycles over all tasks.

    Raises
    ------
    SchemaError
        If a channel or task is unknown, `by` is neither, no cycle is without gaps, or fewer
        than three subjects are left.

    Examples
    --------
    >>> cycles = pd.DataFrame({"subject": list("AABC"), "task": "run", "step": [0, 1, 0, 0]})
    >>> curves = np.random.default_rng(0).normal(size=(1, 4, 150))
    >>> data = LocomotionData(cycles, curves, ["knee_flexion_angle_ipsi_rad"])
    >>> curve_units(data).curves.shape
    (3, 150, 1)
    """
    if by not in ("subject", "cycle"):
        raise SchemaError(expected="by 'subject' or 'cycle'", got=repr(by), where="by")
    chosen, notes = _of_one_task(data, task) if task or by == "subject" else (data, [])
    names, why = _channels(chosen, channels)
    block = chosen.array(names)
    measured: NDArray[np.bool_] = np.asarray(np.isfinite(block).all(axis=(1, 2)))
    left_out, gaps = _left_out(chosen, block, names, measured)
    if not measured.any():
        raise SchemaError(
            expected="a cycle in which every channel was measured",
            got="none",
            where=", ".join(names),
            fix="leave out the channel with the most gaps: see data.missing()",
        )
    kept = chosen.take(np.flatnonzero(measured))
    subjects = subject_names(kept)
    if len(np.unique(subjects)) < 3:
        raise SchemaError(
            expected="at least three subjects to find groups among",
            got=f"{len(np.unique(subjects))}",
            where=f"{len(kept)} cycles without gaps",
        )
    codes = np.unique(subjects, return_inverse=True)[1] if by == "subject" else np.arange(len(kept))
    return CurveUnits(
        by=by,
        channels=names,
        curves=_averages(block[measured].astype(np.float64), codes),
        subjects=_first(subjects, codes),
        table=_table(kept.cycles, codes) if by == "subject" else kept.cycles.reset_index(drop=True),
        data=kept,
        unit_of_cycle=codes,
        left_out=left_out,
        history=(*notes, *why, *gaps),
    )


def subject_names(data: LocomotionData) -> NDArray[np.str_]:
    """Return the subject of each cycle, with its dataset before it where there are several."""
    cycles = data.cycles
    names = cycles["subject"].astype(str)
    if len(cycles["dataset"].unique()) > 1:
        names = cycles["dataset"].astype(str) + "/" + names
    return np.asarray(names, dtype=str)


def _of_one_task(
    data: LocomotionData, task: str | None
) -> tuple[LocomotionData, list[HistoryEntry]]:
    each = pd.Series(subject_names(data)).groupby(data.cycles["task"].to_numpy()).nunique()
    if each.empty:
        raise SchemaError(expected="at least one gait cycle", got="none")
    order = [name for name in TASKS if name in each.index]
    order += [name for name in each.index if name not in order]
    wanted = task or str(each.loc[order].idxmax())
    if wanted not in each.index:
        raise SchemaError(
            expected=f"a task of the data ({', '.join(map(str, each.index))})",
            got=repr(wanted),
            where="task",
        )
    if len(each) == 1:
        return data, []
    others = ", ".join(name for name in order if name != wanted)
    kept = data.select(task=wanted)
    detail = f"cycles of tasks other than {wanted} ({others})"
    return kept, [HistoryEntry("dropped", detail, len(data) - len(kept))]


def _channels(
    data: LocomotionData, asked: Sequence[str] | None
) -> tuple[tuple[str, ...], list[HistoryEntry]]:
    if asked is not None:
        if isinstance(asked, str) or not asked:
            raise SchemaError(expected="a list of channels", got=repr(asked), where="channels")
        return tuple(dict.fromkeys(_known(data, name) for name in asked)), []
    angles = [name for name in data.channels if _is_own_joint_angle(name)]
    notes = []
    kept = []
    missing = data.missing()
    for name in angles or data.channels:
        if missing[name] > _MOST_MISSING_PERCENT:
            notes.append(
                HistoryEntry("dropped", f"{name}: gaps in {missing[name]:.0f} % of the cycles")
            )
        elif np.nanstd(data.curves(name), axis=0).max() == 0.0:
            notes.append(HistoryEntry("dropped", f"{name}: the same curve in every cycle"))
        else:
            kept.append(name)
    if not kept:
        raise SchemaError(
            expected="a channel that was measured and differs between cycles",
            got="; ".join(entry.detail for entry in notes),
            fix="name channels with channels=",
        )
    return tuple(kept), [HistoryEntry("assumed", f"channels {', '.join(kept)}"), *notes]


def _known(data: LocomotionData, name: str) -> str:
    """Return the channel that a name or an alias means; the data names its like if none."""
    from locomotion_analysis.standard import canonical_name

    data.curves(name)
    return name if name in data.channels else canonical_name(name)


def _is_own_joint_angle(name: str) -> bool:
    channel = Channel.parse(name)
    own = channel.joint in _JOINTS and channel.side != "contra"
    return own and channel.measurement == "angle"


def _left_out(
    data: LocomotionData, block: NDArray[Any], names: Sequence[str], measured: NDArray[np.bool_]
) -> tuple[pd.DataFrame, list[HistoryEntry]]:
    rows = np.flatnonzero(~measured)
    table = data.cycles.iloc[rows][list(KEY)].reset_index(drop=True)
    gap = ~np.isfinite(block[rows]).all(axis=1)
    table["reason"] = ["gaps in " + ", ".join(np.array(names, dtype=object)[row]) for row in gap]
    if not len(rows):
        return table, []
    subjects = subject_names(data)
    lost = sorted(set(subjects) - set(subjects[measured]))
    whole = f"; no cycle is left of {', '.join(lost[:5])}{', …' * (len(lost) > 5)}" if lost else ""
    by_channel = ", ".join(
        f"{name} {count:,}" for name, count in zip(names, gap.sum(axis=0), strict=True) if count
    )
    return table, [HistoryEntry("dropped", f"cycles with gaps ({by_channel}){whole}", len(rows))]


def _averages(curves: Floats, codes: NDArray[np.int64]) -> Floats:
    count = np.bincount(codes)
    if len(count) == len(codes):
        return curves
    sums = np.zeros((len(count), *curves.shape[1:]))
    np.add.at(sums, codes, curves)
    return sums / count[:, None, None]


def _first(values: NDArray[np.str_], codes: NDArray[np.int64]) -> NDArray[np.str_]:
    return values[np.unique(codes, return_index=True)[1]]


def _table(cycles: pd.DataFrame, codes: NDArray[np.int64]) -> pd.DataFrame:
    columns = [str(name) for name in cycles if name not in ("task_id", "step")]
    numbers = [name for name in columns if pd.api.types.is_float_dtype(cycles[name])]
    groups = cycles.groupby(codes)
    distinct = groups[columns].nunique()
    table = groups[columns].first().where(distinct <= 1)
    table[numbers] = groups[numbers].mean()
    table["cycles"] = groups.size()
    return table
