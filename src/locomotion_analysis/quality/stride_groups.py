"""Robust mean curves and distances of groups of strides, compiled."""

import numpy as np
import pandas as pd
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.intp]

_SMALL = 48


def group_codes(cycles: pd.DataFrame, columns: list[str]) -> tuple[Ints, pd.DataFrame]:
    """Give each combination of some columns a number.

    Parameters
    ----------
    cycles : DataFrame
    columns : list of str
        Columns of `cycles`; those it lacks are taken as empty.

    Returns
    -------
    codes : ndarray of int, shape (n_cycles,)
    groups : DataFrame
        One row a code.
    """
    named = cycles.reindex(columns=columns).astype("str").fillna("")
    numbers = named.groupby(columns, sort=False, dropna=False).ngroup()
    codes: Ints = numbers.to_numpy().astype(np.intp)
    firsts = np.unique(codes, return_index=True)[1]
    return codes, named.iloc[firsts].reset_index(drop=True)


def sorted_groups(codes: Ints) -> tuple[Ints, Ints]:
    """Return the order that brings groups together, and where each begins and the last ends."""
    order = np.argsort(codes, kind="stable")
    n_groups = int(codes.max()) + 1 if len(codes) else 0
    return order, np.searchsorted(codes[order], np.arange(n_groups + 1))


def group_medians(curves: Floats, codes: Ints) -> Floats:
    """Pointwise median curve of every group.

    Parameters
    ----------
    curves : ndarray, shape (n_channels, n_cycles, n_phases)
        NaN is left out.
    codes : ndarray, shape (n_cycles,)
        Group of each cycle, 0 to n_groups - 1.

    Returns
    -------
    ndarray, shape (n_channels, n_groups, n_phases)
    """
    order, starts = sorted_groups(codes)
    out = np.empty((len(curves), len(starts) - 1, curves.shape[2]), dtype=np.float32)
    _medians(curves, order, starts, out)
    return out


def stride_distances(curves: Floats, codes: Ints, centre: Floats) -> Floats:
    """Root-mean-square distance of every stride to its group's centre.

    Returns
    -------
    ndarray, shape (n_channels, n_cycles)
        In the channel's own unit; NaN where a sample is missing.
    """
    out = np.empty(curves.shape[:2], dtype=np.float32)
    _distances(curves, codes, centre, out)
    return out


def distance_limits(distances: Floats, codes: Ints, floor: Floats, spreads: float) -> Floats:
    """Largest usual distance of each group: median + `spreads` scaled median deviations.

    Parameters
    ----------
    distances : ndarray, shape (n_channels, n_cycles)
    codes : ndarray, shape (n_cycles,)
    floor : ndarray, shape (n_channels,)
        The limit is never below it.
    spreads : float
        Times ``1.4826 MAD``, the standard deviation of a normal sample.

    Returns
    -------
    ndarray, shape (n_channels, n_groups)
    """
    middle = group_medians(distances[:, :, None], codes)
    off = np.abs(distances[:, :, None] - middle[:, codes])
    spread = group_medians(off, codes)
    limits: Floats = (middle + np.float32(spreads * 1.4826) * spread)[:, :, 0]
    return np.fmax(limits, floor[:, None])


def _median_kernel(curves, order, starts, out):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Median of each channel, group and phase; insertion sort, as groups are small."""
    n_channels, n_groups, n_phases = out.shape
    buffer = np.empty(len(order), dtype=np.float32)
    for channel in range(n_channels):
        for group in range(n_groups):
            first, last = starts[group], starts[group + 1]
            for phase in range(n_phases):
                count = 0
                for at in range(first, last):
                    value = curves[channel, order[at], phase]
                    if value == value:
                        place = count
                        if last - first <= _SMALL:
                            while place > 0 and buffer[place - 1] > value:
                                buffer[place] = buffer[place - 1]
                                place -= 1
                        buffer[place] = value
                        count += 1
                if count == 0:
                    out[channel, group, phase] = np.nan
                    continue
                if last - first > _SMALL:
                    buffer[:count].sort()
                middle = count // 2
                if count % 2:
                    out[channel, group, phase] = buffer[middle]
                else:
                    out[channel, group, phase] = (buffer[middle - 1] + buffer[middle]) / 2


def _distance_kernel(curves, codes, centre, out):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """RMS distance to the centre of the stride's own group."""
    n_channels, n_cycles, n_phases = curves.shape
    for channel in range(n_channels):
        for cycle in range(n_cycles):
            total = 0.0
            for phase in range(n_phases):
                off = curves[channel, cycle, phase] - centre[channel, codes[cycle], phase]
                total += off * off
            out[channel, cycle] = np.sqrt(total / n_phases)


_medians = njit(cache=True, nogil=True)(_median_kernel)
_distances = njit(cache=True, nogil=True)(_distance_kernel)
