"""Real and generated cycles side by side: what mechanics and published norms say, and figures."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.folds import said_simulated
from locomotion_analysis.evaluation.generation import Memorisation
from locomotion_analysis.plots.curves import main_channels
from locomotion_analysis.quality import validate
from locomotion_analysis.reporting import channel_title, shown_unit, value_title
from locomotion_analysis.reporting.style import INK, PALETTE, axes_for, figure, light_grid
from locomotion_analysis.standard import PHASE_PERCENT, TASKS, normative_curves
from locomotion_analysis.standard.norms import NOT_CYCLIC

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_VERTICAL = ("grf_vertical_ipsi_BW", "grf_vertical_contra_BW")
_NORM_SD = 2.0
_PER_STRIDE = ("GAIT301", "GAIT302", "GAIT003")
_PANEL = (3.1, 2.0)
_CHANNELS = 3
_GROUPS = 4


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


def plot_generated_band(
    real: LocomotionData, generated: LocomotionData, channel: str, ax: "Axes | None" = None
) -> "Axes":
    """Draw mean ± 1 SD of real and of generated cycles of a channel.

    Parameters
    ----------
    real, generated : LocomotionData
        Cycles of the same conditions.
    channel : str
        A channel of both.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default: a new figure. Grey and solid is real, coloured and dashed is
        generated; the spread is between cycles.
    """
    ax = axes_for(ax, 4.6, 3.2, real if ax is None else ())
    unit, factor = shown_unit(channel)
    for data, name, shade, line in (
        (real, "real", INK, "-"),
        (generated, "generated", PALETTE[1], "--"),
    ):
        curves = data.curves(channel).astype(np.float64) * factor
        curves = curves[np.isfinite(curves).all(axis=1)]
        mean, spread = curves.mean(axis=0), curves.std(axis=0)
        ax.fill_between(
            PHASE_PERCENT, mean - spread, mean + spread, color=shade, alpha=0.17, linewidth=0
        )
        label = f"{name} (n = {len(curves)} cycles)"
        ax.plot(PHASE_PERCENT, mean, color=shade, linestyle=line, linewidth=1.7, label=label)
    ax.set(xlim=(0, 100), xlabel="Gait cycle (%)", ylabel=f"{channel_title(channel)} ({unit})")
    ax.legend(loc="best")
    light_grid(ax)
    return ax


def generated_bands_figure(
    real: LocomotionData,
    generated: LocomotionData,
    by: str = "pathology",
    channels: Sequence[str] | None = None,
    most: int = _GROUPS,
) -> "Figure":
    """Draw one row a group and one column a channel.

    Parameters
    ----------
    real, generated : LocomotionData
        One generated cycle for each real one, in their order.
    by : str
        Column of groups, one row each; the first `most` in order of the alphabet.
    channels : sequence of str, optional
        Default: the first three of the ipsilateral leg.
    most : int
        Rows at most.

    Returns
    -------
    matplotlib.figure.Figure
        Channels across, groups down.

    Raises
    ------
    SchemaError
        If there is no such column, or the cycles are not in pairs.
    """
    groups = real.cycles[by].astype(str).to_numpy() if by in real.cycles else None
    if groups is None or len(real) != len(generated):
        raise SchemaError(
            expected=f"real cycles with a column {by}, and one generated cycle for each",
            got=f"{len(generated)} generated for {len(real)} real cycles",
            where="by" if groups is None else "generated",
        )
    channels = list(channels or main_channels(generated, _CHANNELS))
    names = sorted(set(groups))[:most]
    width, height = _PANEL[0] * len(channels), _PANEL[1] * len(names) + 0.8
    with figure(max(width, 6.0), height, real) as made:
        grid = made.subplots(len(names), len(channels), squeeze=False, sharex=True, sharey="col")
        for (row, column), ax in np.ndenumerate(grid):
            rows = np.flatnonzero(groups == names[row])
            plot_generated_band(real.take(rows), generated.take(rows), channels[column], ax)
            ax.get_legend().remove()
            # A label a panel would be longer than the panel is high.
            ax.set_title(ax.get_ylabel() if row == 0 else "", fontsize=8)
            ax.set_ylabel(value_title(names[row]) if column == 0 else "")
            if row < len(names) - 1:
                ax.set_xlabel("")
        handles, _ = grid[0, 0].get_legend_handles_labels()
        words = ["real (mean ± SD of cycles)", "generated (mean ± SD of cycles)"]
        made.legend(handles, words, loc="outside lower left", ncols=2)
    return made


def plot_nearest_distances(
    found: Memorisation, ax: "Axes | None" = None, *, simulated: bool = False
) -> "Axes":
    """Draw how near generated and held-out cycles come to a training cycle.

    Parameters
    ----------
    found : Memorisation
        From :func:`memorisation`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default: a new figure. Left of the dotted line lie strides of one person.
    simulated : bool
        Whether the "real" cycles are simulated; marked above the axes.
    """
    ax = axes_for(ax, 5.2, 3.4, {"simulated": simulated})
    pairs = (
        (found.held_out_distance, "real cycles of other people", INK, "-"),
        (found.generated_distance, "generated cycles", PALETTE[1], "--"),
    )
    top = max(float(values.max()) for values, *_ in pairs)
    edges = np.linspace(0.0, top * 1.02, 41)
    for values, name, shade, line in pairs:
        share = 100 * np.histogram(values, edges)[0] / len(values)
        ax.stairs(share, edges, color=shade, linestyle=line, linewidth=1.7, label=name)
    if np.isfinite(found.stride_distance):
        ax.axvline(
            found.stride_distance,
            color=PALETTE[0],
            linestyle=":",
            label="next stride of the same person (median)",
        )
    ax.set(xlabel="Distance to the nearest training cycle (SD of channels)", ylabel="Cycles (%)")
    ax.set_xlim(0, edges[-1])
    ax.set_ylim(top=1.45 * ax.get_ylim()[1])  # room for the legend
    ax.legend(loc="upper right", fontsize=8, frameon=False)
    light_grid(ax)
    return ax
