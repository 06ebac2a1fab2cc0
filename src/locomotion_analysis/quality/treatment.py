"""Carrying out what the doctor prescribed."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry, LocomotionData
from locomotion_analysis.quality.prescription import KINDS, Diagnosis, Prescription
from locomotion_analysis.standard import N_PHASES, STANDARD_GRAVITY_M_S2, Channel, resample_curves

Floats = NDArray[np.float32]

_PER_MASS = {"Nm": 1.0, "W": 1.0, "N": STANDARD_GRAVITY_M_S2}


def stretched(curves: Floats, keep: int) -> Floats:
    """Spread the first `keep` samples over the whole grid (linear)."""
    return resample_curves(curves[..., :keep]).astype(np.float32)


def unstepped(curves: Floats, n_values: int) -> Floats:
    """Undo nearest-neighbour repetition of `n_values` samples (linear between them)."""
    nearest = np.round(np.linspace(0, n_values - 1, N_PHASES)).astype(np.intp)
    firsts = np.unique(nearest, return_index=True)[1]
    return resample_curves(curves[..., firsts]).astype(np.float32)


def shifted(curves: Floats, percent: float) -> Floats:
    """Let the cycle begin `percent` later; it is taken as periodic, and ends where it begins."""
    lag = round(percent / 100 * (N_PHASES - 1))
    own = np.roll(curves[..., :-1], -lag, axis=-1)
    return np.concatenate([own, own[..., :1]], axis=-1)


def mass_factor(unit: str, mass_kg: NDArray[np.float64]) -> NDArray[np.float64]:
    """Factor that turns Nm, W or N into the same per kilogram, or body weights."""
    return 1.0 / (mass_kg * _PER_MASS[unit])


def apply(data: LocomotionData, diagnosis: Diagnosis) -> LocomotionData:
    """Return the data with the prescriptions carried out, and the history saying so.

    A prescription that stands in the history already, or lacks the body mass it needs, is left
    out; so applying twice changes nothing.

    Parameters
    ----------
    data : LocomotionData
    diagnosis : Diagnosis
        Of this data, or of the larger dataset it is part of.

    Returns
    -------
    LocomotionData
        `data` itself where there is nothing to do.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> from locomotion_analysis.quality import diagnose
    >>> data = simulate(n_subjects=3, n_cycles=4)
    >>> apply(data, diagnose(data)) is data
    True
    """
    done = " ".join(entry.detail for entry in data.history if entry.action == "treated")
    todo = [p for p in diagnosis.prescriptions if p.is_applicable and p.id not in done]
    cycles = data.cycles
    indices = cycles.groupby(["dataset", "subject"], sort=False).indices
    rows_of = {name: np.asarray(rows, dtype=np.intp) for name, rows in indices.items()}
    todo = [p for p in todo if (p.dataset, p.subject) in rows_of]
    if not todo:
        return data
    block = data.block.copy()
    order = list(KINDS)
    for each in sorted(todo, key=lambda p: order.index(p.kind)):
        rows = rows_of[each.dataset, each.subject]
        for name in ("task", "task_id", "side"):
            wanted = getattr(each, name)
            if wanted is not None:
                rows = rows[(cycles[name].iloc[rows].astype("str") == wanted).to_numpy()]
        _treat(block, data, each, rows)
    return LocomotionData(cycles, block, data.channels, (*data.history, *_entries(todo)))


def treatment_entries(diagnosis: Diagnosis) -> list[HistoryEntry]:
    """Return what the history says once a diagnosis has been carried out."""
    return _entries([each for each in diagnosis.prescriptions if each.is_applicable])


def _treat(block: Floats, data: LocomotionData, each: Prescription, rows: NDArray[np.intp]) -> None:
    channels = [data.channels.index(name) for name in each.channels if name in data.channels]
    if each.kind in ("swap_axes", "swap_sides"):
        for first, second in _pairs(each, data.channels):
            block[first, rows], block[second, rows] = block[second, rows], block[first, rows]
        return
    at = np.ix_(np.array(channels, dtype=np.intp), rows)
    simple: dict[str, Callable[[Floats], Floats]] = {
        "stretch": lambda c: stretched(c, int(each.amount)),
        "unstep": lambda c: unstepped(c, int(each.amount)),
        "shift": lambda c: shifted(c, each.amount),
        "flip": lambda c: -c,
        "scale": lambda c: c * _factor(data, each, rows),
    }
    block[at] = simple[each.kind](block[at])


def _factor(data: LocomotionData, each: Prescription, rows: NDArray[np.intp]) -> Floats:
    factor = np.full(len(rows), each.amount)
    if each.unit in _PER_MASS:
        mass = data.cycles["mass_kg"].iloc[rows].to_numpy(dtype=np.float64)
        factor = factor * mass_factor(each.unit, mass)
    return factor.astype(np.float32)[:, None]


def _pairs(each: Prescription, channels: tuple[str, ...]) -> list[tuple[int, int]]:
    """Positions of the channels to exchange."""
    pairs = []
    for name in each.channels:
        if each.kind == "swap_axes":
            other = name.replace("_anterior_", "_lateral_")
        else:
            opposite = Channel.parse(name).opposite()
            other = name if opposite is None else opposite.name
        if name in channels and other in channels and other != name:
            pairs.append((channels.index(name), channels.index(other)))
    return pairs


def _entries(done: list[Prescription]) -> list[HistoryEntry]:
    """One history entry a kind and channel set, with the ids that mark it as done."""
    groups: dict[tuple[str, str, str], list[Prescription]] = {}
    for each in done:
        groups.setdefault((each.dataset, ", ".join(each.channels), each.explanation), []).append(
            each
        )
    return [
        HistoryEntry(
            "treated",
            f"{dataset}: {channels}: {what}; {len({p.subject for p in group})} subjects "
            f"[{' '.join(p.id for p in group)}]",
            sum(p.n_cycles for p in group),
        )
        for (dataset, channels, what), group in groups.items()
    ]
