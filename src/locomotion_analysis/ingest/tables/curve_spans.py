"""What part of a stride the curves of a table run over: padding behind them, or stance alone.

A row of a table is as wide as its longest stride; shorter ones are filled up with missing values,
zeros or their last value. Force plates are often exported from contact to toe-off. Taken for whole
strides, such curves are squeezed or stretched in time, so both are found here and either placed
or refused.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.errors import CycleShapeError, SchemaError
from locomotion_analysis.ingest.tables.column_map import ChannelSpec, ColumnMap
from locomotion_analysis.standard import (
    PHASE_PERCENT,
    Channel,
    resample_curves,
    toe_off_percent,
)

Array = NDArray[np.float64]
Places = NDArray[np.intp]

_SETTLE = (
    "state how many points each curve has with `length: {column: ...}`, or the same number for all "
    "with `length: 101`; what stands after them is then padding, and missing values within are gaps"
)


# Curves that end before the width of their table.


def stride_ends(
    curves: Mapping[str, Array],
    points: int | None,
    length: Array | None,
    stance: Collection[str] = (),
) -> tuple[dict[str, tuple[Places, Places]], list[HistoryEntry]]:
    """Find the first and the last point of every stride in curves of one width.

    Parameters
    ----------
    curves : mapping of str to ndarray, shape (n_cycles, n_points)
        Channel -> curves; channels of one width and span share their ends.
    points : int or None
        Points that the map states for every curve.
    length : ndarray, shape (n_cycles,), or None
        Points of each curve, stated by the map.
    stance : collection of str
        Channels that the map states to run over the stance.

    Returns
    -------
    dict of str to (first, last)
        Channel -> places of the first and last point, each of shape (n_cycles,).
    list of HistoryEntry

    Raises
    ------
    CycleShapeError
        If curves end before the width and it is open whether what follows is padding or a gap.
    """
    groups: dict[tuple[int, bool], list[str]] = {}
    for name, array in curves.items():
        groups.setdefault((array.shape[1], name in stance), []).append(name)
    widths = sorted({width for width, _ in groups})
    ends: dict[str, tuple[Places, Places]] = {}
    history: list[HistoryEntry] = []
    if length is not None and len(widths) > 1:
        raise CycleShapeError(
            expected="curves of one width, for a stated length",
            got=f"widths of {', '.join(map(str, widths))} points",
            fix="use channels of one width, or two maps",
        )
    for (width, of_stance), names in groups.items():
        group = {name: curves[name] for name in names}
        if length is not None:
            last = _stated_last(length, width)
            shorter = last < width - 1
            if shorter.any():
                history.append(_padded(last[shorter] + 1, len(last), "the map's length"))
            pair = np.zeros_like(last), last
        else:
            pair, entries = _found_ends(group, points, of_stance)
            history += entries
            _refuse_repeated_ends(group)
        ends.update(dict.fromkeys(names, pair))
    return ends, history


def _stated_last(length: Array, width: int) -> Places:
    wrong = ~((length >= 2) & (length <= width) & (length % 1 == 0))
    if wrong.any():
        row = int(wrong.argmax())
        raise CycleShapeError(
            expected=f"a length of 2 to {width} points for every curve",
            got=f"{length[row]:g}",
            where=f"length of cycle {row}",
        )
    return length.astype(np.intp) - 1


def _padded(lengths: NDArray[np.intp], n_cycles: int, source: str) -> HistoryEntry:
    shortest, longest = int(lengths.min()), int(lengths.max())
    told = f"{shortest} to {longest}" if shortest != longest else f"{shortest}"
    detail = f"curves of {told} points in wider rows, each over its own length ({source})"
    return HistoryEntry("resampled", f"{detail}, of {n_cycles}", len(lengths))


def _found_ends(
    curves: Mapping[str, Array], points: int | None, of_stance: bool
) -> tuple[tuple[Places, Places], list[HistoryEntry]]:
    """Return where the measured values of each row begin and end, the same in every channel."""
    n_cycles, width = next(iter(curves.values())).shape
    begins, stops = [], []
    for array in curves.values():
        measured = np.isfinite(array)
        none = ~measured.any(axis=1)
        begins.append(np.where(none, width, measured.argmax(axis=1)))
        stops.append(np.where(none, -1, width - 1 - measured[:, ::-1].argmax(axis=1)))
    first, last = np.min(begins, axis=0), np.max(stops, axis=0)
    empty = last < 0
    first[empty], last[empty] = 0, width - 1
    short = (first > 0) | (last < width - 1)
    if not short.any():
        return (first, last), []
    row = int(short.argmax())
    place = f"cycle {row}: points {first[row] + 1} to {last[row] + 1} of {width}"
    apart = np.zeros(n_cycles, dtype=bool)
    for begin, stop in zip(begins, stops, strict=True):
        apart |= (stop >= 0) & ((begin != first) | (stop != last))
    if (apart & short).any():
        row = int((apart & short).argmax())
        told = ", ".join(
            f"{name} {begin[row] + 1} to {stop[row] + 1}"
            for name, begin, stop in zip(curves, begins, stops, strict=True)
            if stop[row] >= 0
        )
        problem, place = "channels whose measured points differ in length", f"cycle {row}: {told}"
    elif points is not None:
        problem = f"{int(short.sum())} curves that begin or end in missing values (NaN)"
    elif not of_stance and all(name.startswith(("grf_", "cop_")) for name in curves):
        problem = "forces alone that end in missing values: padding, or the swing phase"
    elif short.mean() < 0.5:
        problem = f"missing values (NaN) at the ends of {int(short.sum())} of {n_cycles} curves"
    else:
        if (last - first < 1).any():
            raise CycleShapeError(
                expected="at least two measured points a curve", got="one", where=place
            )
        return (first, last), [_padded((last - first + 1)[short], n_cycles, "the rest is missing")]
    raise CycleShapeError(
        expected="curves that fill their rows, or rows whose padding can be told from gaps",
        got=problem,
        where=place,
        fix=_SETTLE,
    )


_LEAST_WIDTH, _LEAST_RUN, _LEAST_SHARE, _TIMES_OTHERS = 20, 5, 0.05, 3


def _refuse_repeated_ends(curves: Mapping[str, Array]) -> None:
    """Raise where all angles of a row end (or begin) in one repeated value: zeros, or the last.

    Forces, and moments in swing, may stay at zero; a moving joint does not stay at one value to
    the last digit, unless numbers were rounded, which repeats values elsewhere in the row too.
    """
    moving = {name: array for name, array in curves.items() if "_angle_" in name}
    moving = moving or {k: a for k, a in curves.items() if not k.startswith(("grf_", "cop_"))}
    if not moving:
        return
    n_cycles, width = next(iter(moving.values())).shape
    if width < _LEAST_WIDTH:
        return
    least = max(_LEAST_RUN, round(_LEAST_SHARE * width))
    for end, step in (("end", -1), ("begin", 1)):
        runs = np.full(n_cycles, width)
        for array in moving.values():
            outward = array[:, ::step]
            differs = outward != outward[:, :1]
            run = np.where(differs.any(axis=1), differs.argmax(axis=1), width)
            runs = np.minimum(runs, run)
        for row in np.flatnonzero((runs >= least) & (runs < width)):
            own = next(
                array[row, ::step]
                for array in moving.values()
                if (array[row] != array[row, 0]).any()
            )
            if runs[row] >= _TIMES_OTHERS * _longest_run(own[runs[row] :]):
                raise CycleShapeError(
                    expected="curves that fill their rows",
                    got=f"rows that {end} in one repeated value: {own[0]:g} over {runs[row]} of "
                    f"{width} points, which looks like padding ({int((runs >= least).sum())} "
                    f"such curves)",
                    where=f"cycle {row}",
                    fix=_SETTLE,
                )


def _longest_run(values: Array) -> int:
    """Return how many equal values stand side by side at most."""
    changes = np.flatnonzero(np.diff(values) != 0)
    edges = np.concatenate([[-1], changes, [len(values) - 1]])
    return int(np.diff(edges).max())


# Curves on the grid of the gait cycle.


def on_cycle(curves: Array, first: Places, last: Places, end_percent: Array | None) -> Array:
    """Bring curves to 150 points of the cycle, linearly.

    Parameters
    ----------
    curves : ndarray, shape (n_cycles, n_points)
    first, last : ndarray of int, shape (n_cycles,)
        Places of the points at 0 % and at the end.
    end_percent : ndarray, shape (n_cycles,), or None
        Percent of the cycle at which each curve ends; None: 100.

    Returns
    -------
    ndarray, shape (n_cycles, 150)
        NaN after the end.

    Examples
    --------
    >>> ramp = np.array([[0.0, 1.0, 2.0, np.nan]])
    >>> whole = on_cycle(ramp, np.array([0]), np.array([2]), None)
    >>> whole[0, [0, -1]].tolist(), float(np.ptp(np.diff(whole)).round(12))
    ([0.0, 2.0], 0.0)
    """
    width = curves.shape[1]
    if end_percent is None and not first.any() and (last == width - 1).all():
        return np.asarray(resample_curves(curves), dtype=np.float64)
    end = 100.0 if end_percent is None else end_percent[:, np.newaxis]
    share = PHASE_PERCENT / end
    after = share > 1.0 + 1e-9
    share = np.broadcast_to(np.minimum(share, 1.0), (len(curves), len(PHASE_PERCENT)))
    position = first[:, np.newaxis] + share * (last - first)[:, np.newaxis]
    before = position.astype(np.intp)
    following = np.minimum(before + 1, last[:, np.newaxis])
    start = np.take_along_axis(curves, before, axis=1)
    step = np.take_along_axis(curves, following, axis=1) - start
    part = position - before
    found = np.where(part == 0, start, start + part * step)
    return np.where(after, np.nan, found)


# Curves of the stance phase.

_STANCE_RANGE = (15.0, 95.0)
_STRIDING = ("walk", "gait", "run", "stair")
_IN_AIR = {"walk": (80.0, 0.2, 0.5), "run": (50.0, 0.2, 0.25)}
"""Task -> percent from which the foot is in the air, and the shares of the peak force between
there and `_LATEST_PERCENT` that are said and refused."""
_LATEST_PERCENT, _UNLOADED = 88.0, 0.3
_PARTS = {"stance": "stance", "st": "stance", "swing": "swing"}
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


def toe_off(
    cycles: pd.DataFrame, stated: Array | None, where: str
) -> tuple[Array, list[HistoryEntry]]:
    """Return the percent of each cycle at which its stance ends.

    Parameters
    ----------
    cycles : DataFrame
        With ``stance_percent``, else ``task`` and ``speed_m_s``, as far as known.
    stated : ndarray, shape (n_cycles,), or None
        By the map, percent.
    where : str
        The map, for messages.

    Raises
    ------
    SchemaError
        If a cycle has none, or one that cannot be.
    """
    history = []
    if stated is None and "stance_percent" in cycles:
        stated = cycles["stance_percent"].to_numpy(dtype=np.float64)
    if stated is None:
        speed = cycles.get("speed_m_s")
        found = np.full(len(cycles), np.nan)
        for task in cycles["task"].unique():
            rows = (cycles["task"] == task).to_numpy()
            given = None if speed is None else speed.to_numpy(dtype=np.float64)[rows]
            found[rows] = toe_off_percent(str(task), given)
        stated = found
        span = f"{np.nanmin(found):.4g} to {np.nanmax(found):.4g}" if (found == found).any() else ""
        detail = f"toe-off at {span} % of the cycle, the published value of the task and speed"
        history.append(HistoryEntry("assumed", detail, len(cycles)))
    low, high = _STANCE_RANGE
    wrong = ~((stated >= low) & (stated <= high))
    if wrong.any():
        row = int(wrong.argmax())
        raise SchemaError(
            expected=f"a toe-off between {low:g} and {high:g} % of every cycle",
            got=f"{stated[row]:g} ({int(wrong.sum())} of {len(stated)} cycles)",
            where=f"{where}, toe_off of cycle {row}",
            fix="state it: `toe_off: 62`, or `toe_off: {column: ..., unit: fraction}`",
        )
    return stated, history


_CONTRA_ADVICE = (
    "give that leg's curves as cycles of their own, with `side` and `span: stance`; "
    "`span: stride` in the map if the curves are whole strides"
)


def after_toe_off(name: str, curves: Array, end_percent: Array) -> Array:
    """Return placed curves of the stance with no force after toe-off; all else stays missing."""
    if not name.startswith("grf_"):
        return curves
    return np.where(end_percent[:, np.newaxis] < PHASE_PERCENT, 0.0, curves)


def refuse_parts_of_a_stride(column_map: ColumnMap, file: str) -> None:
    """Raise where a name says that curves are of the stance or swing alone and the map does not.

    Raises
    ------
    SchemaError
        Also for the other leg's channels over the own leg's stance.
    """
    named_by_file = next(
        (word for word in ("stance", "swing") if word in _words(Path(file).stem)), ""
    )
    for spec in column_map.channels:
        if spec.span == "stance" and Channel.parse(spec.name).side == "contra":
            raise SchemaError(
                expected="channels of the own leg (ipsi) over its stance",
                got=spec.name,
                where=spec.where,
                fix=_CONTRA_ADVICE,
            )
        if spec.span is not None:
            continue
        own = _words(f"{spec.source} {spec.entry or ''}")
        part = next((_PARTS[word] for word in own if word in _PARTS), named_by_file)
        if part:
            raise SchemaError(
                expected="curves over whole strides, or what they run over",
                got=f"a name that says {part}: {spec.source if own & set(_PARTS) else Path(file).name}",
                where=spec.where,
                fix=_span_advice(part),
            )


def _words(name: str) -> set[str]:
    return {word.lower() for word in _WORDS.findall(name)}


def _span_advice(part: str) -> str:
    whole = "`span: stride` in the map if the curves are whole strides"
    if part == "swing":
        return f"state {whole}; curves of the swing alone cannot be placed"
    return (
        "state `span: stance` in the map, with `toe_off: {column: ...}` or a percent, to place the "
        f"curves between contact and toe-off; {whole}"
    )


def strides_among(tasks: "pd.Series[str]") -> NDArray[np.bool_]:
    """Return which cycles are strides: walks, runs and stairs, by the word for their task."""
    words = tasks.astype(str).str.lower()
    found: NDArray[np.bool_] = words.str.contains("|".join(_STRIDING)).to_numpy(dtype=bool)
    return found


def refuse_stance_forces(
    channels: Sequence[ChannelSpec], block: Array, tasks: "pd.Series[str]", where: str
) -> list[HistoryEntry]:
    """Raise where a foot is loaded late in its cycle, when it is in the air.

    At 80 to 88 % of the stance a walker's vertical force is 0.64 to 0.99 of its peak (14 stances
    of two laboratories), at 80 to 88 % of the stride zero. A force between the two is said. Of the
    other foot, where the own has no force, it is half a cycle earlier.

    Parameters
    ----------
    channels : sequence of ChannelSpec
    block : ndarray, shape (n_channels, n_cycles, 150)
    tasks : Series of str, shape (n_cycles,)
        Only walks, runs and stairs are looked at.
    where : str
        The file.

    Returns
    -------
    list of HistoryEntry

    Raises
    ------
    SchemaError
        If at least half of the cycles with a force are so.
    """
    starts = [
        f"grf_{axis}_{leg}" for leg in ("ipsi", "contra") for axis in ("vertical", "anterior")
    ]
    place = next(
        (k for start in starts for k, spec in enumerate(channels) if spec.name.startswith(start)),
        None,
    )
    if place is None or channels[place].span is not None:
        return []
    force = np.abs(np.nan_to_num(block[place]))
    peak, late = force.max(axis=1), np.zeros(len(force))
    saying, refusing = np.zeros(len(force)), np.zeros(len(force))
    earlier = 50.0 if (contra := Channel.parse(channels[place].name).side == "contra") else 0.0
    striding = strides_among(tasks)
    for task in tasks.unique():
        begin, *shares = _IN_AIR["run" if "run" in str(task).lower() else "walk"]
        rows = (tasks == task).to_numpy() & striding
        phase = PHASE_PERCENT + earlier
        window = (begin <= phase) & (phase <= _LATEST_PERCENT)
        late[rows] = force[rows][:, window].min(axis=1)
        saying[rows], refusing[rows] = shares
    ends = np.maximum(force[:, 0], force[:, -1])
    loaded = (peak > 0) & (ends < _UNLOADED * peak)
    said, refused = loaded & (late > peak * saying), loaded & (late > peak * refusing)
    told = f"of {int((peak > 0).sum())} cycles, which looks like the stance phase only"
    told = f"{channels[place].source} loaded when the foot is in the air in COUNT {told}"
    if refused.any() and refused.sum() >= 0.5 * (peak > 0).sum():
        raise SchemaError(
            expected="forces over whole strides, which end in the air",
            got=told.replace("COUNT", str(int(refused.sum()))),
            where=f"{where}, {channels[place].where}",
            fix=_CONTRA_ADVICE if contra else _span_advice("stance"),
        )
    if not said.any():
        return []
    told = told.replace("COUNT", str(int(said.sum())))
    return [HistoryEntry("suspect", f"{told}; `span: stance` in the map would place it")]
