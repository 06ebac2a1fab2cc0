"""What mechanics and published norms say of real and of generated cycles."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.evaluation.inputs import said_simulated
from locomotion_analysis.quality import validate
from locomotion_analysis.standard import TASKS, normative_curves
from locomotion_analysis.standard.normative import NOT_CYCLIC

_VERTICAL = ("grf_vertical_ipsi_BW", "grf_vertical_contra_BW")
_NORM_SD = 2.0
_PER_STRIDE = ("GAIT301", "GAIT302", "GAIT003")


def realism(real: LocomotionData, generated: LocomotionData) -> pd.DataFrame:
    """Return the same checks of real and of generated cycles, side by side.

    Parameters
    ----------
    real, generated : LocomotionData
        Cycles of the same conditions; channels of `generated` are compared.

    Returns
    -------
    DataFrame
        Indexed by ``check``, columns ``unit``, ``real``, ``generated``: cycles with an error of
        :func:`~locomotion_analysis.quality.validate`; samples of healthy cycles within 2 SD of the
        published mean for their task and speed; mean and SD of the vertical force of both legs
        over the cycle (1 BW by mechanics); how far the last sample is from the first; roughness.
        A check that the data do not allow is left out.
    """
    same = _with_channels(real, generated.channels)
    rows = []
    for name, unit, check in (
        ("cycles with an error", "%", _errors),
        ("healthy samples within 2 SD of the norm", "%", _within_norm),
        ("mean vertical force of both legs", "BW", _body_weight),
        ("SD of that between cycles", "BW", _body_weight_spread),
        ("gap between last and first sample", "SD", _gap),
        ("roughness (second difference)", "SD", _roughness),
    ):
        values = check(same), check(generated)
        if np.isfinite(values).all():
            rows.append((name, unit, *values))
    table = pd.DataFrame(rows, columns=["check", "unit", "real", "generated"])
    return said_simulated(table.set_index("check"), simulated=True)


def _with_channels(data: LocomotionData, channels: tuple[str, ...]) -> LocomotionData:
    block = np.stack([data.curves(name) for name in channels])
    return LocomotionData(data.cycles, block, channels, data.history)


def _errors(data: LocomotionData) -> float:
    # Strides are not compared with each other: a generated cycle has no others.
    return 100 * float(validate(data, ignore=_PER_STRIDE).error_cycles.mean())


def _within_norm(data: LocomotionData) -> float:
    cycles = data.cycles
    inside, counted = 0, 0
    healthy = cycles["pathology"].eq("healthy").to_numpy() if "pathology" in cycles else None
    for row in np.flatnonzero(np.ones(len(data), bool) if healthy is None else healthy):
        task = str(cycles["task"].iloc[row])
        if task not in TASKS:
            continue
        norm = normative_curves(
            task, *(_near(cycles, row, n) for n in ("speed_m_s", "incline_deg"))
        )
        for position, name in enumerate(data.channels):
            published = norm.of(name)
            if published is not None:
                mean, sd = published
                off = np.abs(data.block[position, row] - mean) <= _NORM_SD * sd
                inside, counted = inside + int(off.sum()), counted + off.size
    return 100 * inside / counted if counted else float("nan")


def _near(cycles: pd.DataFrame, row: int, name: str) -> float | None:
    """Round so that few different norms are asked for; None where not known."""
    value = cycles[name].iloc[row] if name in cycles else None
    return None if value is None or pd.isna(value) else round(float(value), 1)


def _carried(data: LocomotionData) -> NDArray[np.float64]:
    if not set(_VERTICAL) <= set(data.channels):
        return np.array([np.nan])
    steps = ~data.cycles["task"].isin(NOT_CYCLIC).to_numpy()
    both = sum(np.trapezoid(data.curves(name)[steps], axis=1) for name in _VERTICAL)
    carried = np.asarray(both, dtype=np.float64) / (data.block.shape[2] - 1)
    return carried if carried.size else np.array([np.nan])


def _body_weight(data: LocomotionData) -> float:
    return float(_carried(data).mean())


def _body_weight_spread(data: LocomotionData) -> float:
    return float(_carried(data).std())


def _scaled(data: LocomotionData) -> NDArray[np.float32]:
    spread = data.block.std(axis=(1, 2), keepdims=True)
    scaled: NDArray[np.float32] = data.block / np.where(spread > 0, spread, 1)
    return scaled


def _gap(data: LocomotionData) -> float:
    cyclic = ~data.cycles["task"].isin(NOT_CYCLIC).to_numpy()
    curves = _scaled(data)[:, cyclic]
    return float(np.abs(curves[:, :, -1] - curves[:, :, 0]).mean()) if cyclic.any() else np.nan


def _roughness(data: LocomotionData) -> float:
    return float(np.sqrt((np.diff(_scaled(data), n=2, axis=2) ** 2).mean()))
