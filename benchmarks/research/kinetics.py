"""Where predicted kinetics are wrong: by phase of gait, by subject, by mechanics; and figures."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.folds import said_simulated
from locomotion_analysis.evaluation.kinetics import KineticsEvaluation
from locomotion_analysis.evaluation.metrics import Jackknife
from locomotion_analysis.features import stance_percent
from locomotion_analysis.plots.curves import class_curve
from locomotion_analysis.reporting import channel_title, shown_unit
from locomotion_analysis.reporting.style import INK, MUTED, axes_for, colour, light_grid
from locomotion_analysis.selection import subject_codes
from locomotion_analysis.standard import PHASE_PERCENT, Channel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MEASURED = "measured"
_FEET = ("grf_vertical_ipsi_BW", "grf_vertical_contra_BW")
_FEW_PERCENT = 0.05
# Sagittal power: the power channels of the standard are moment times velocity of this motion.
_POWER_MOTION = {"hip": "flexion", "knee": "flexion", "ankle": "dorsiflexion"}
_STYLES = ("--", ":", "-.", "-")
# Ends in % of a normal cycle with toe-off at 62 %: Perry and Burnfield 2010, Gait Analysis, 2nd ed.
_ENDS = {
    "loading response": 12.0,
    "mid stance": 31.0,
    "terminal stance": 50.0,
    "pre-swing": 62.0,
    "initial swing": 75.0,
    "mid swing": 87.0,
    "terminal swing": 100.0,
}
_TOE_OFF = 62.0
GAIT_PHASES = tuple(_ENDS)
UNKNOWN = -1


def curves_of(
    found: KineticsEvaluation, model: str, channel: str
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return measured and predicted curves of a channel, each of shape (n_cycles, 150)."""
    position = found.arrays.targets.index(channel)
    return found.arrays.Y[..., position], found.predicted[model][..., position]


def by_phase(found: KineticsEvaluation, model: str) -> pd.DataFrame:
    """Return a model's error in each phase of gait, with a 95 % interval over subjects.

    Returns
    -------
    DataFrame
        ``channel, unit, gait_phase, rmse, low, high``. The phases are those of Perry and
        Burnfield, moved with each cycle's toe-off; cycles without steps are left out.
    """
    inside = gait_phase_of_points(toe_off_of(found))[..., None] == np.arange(len(GAIT_PHASES))
    rows = []
    for channel in found.arrays.targets:
        squared, known = _squared_errors(found, model, channel)
        sums, points = (
            np.einsum("cp,cpw->cw", each, inside.astype(float)) for each in (squared, known)
        )
        rmse = _over_subjects(found, sums, points)
        unit = Channel.parse(channel).unit
        figures = zip(rmse.value, *rmse.intervals("error"), strict=True)
        rows += [
            (channel, unit, phase, *each) for phase, each in zip(GAIT_PHASES, figures, strict=True)
        ]
    columns = ["channel", "unit", "gait_phase", "rmse", "low", "high"]
    return said_simulated(pd.DataFrame(rows, columns=columns), found.data.is_simulated)


def by_subject(found: KineticsEvaluation, model: str) -> pd.DataFrame:
    """Return a model's error for each subject: rows subjects, columns channels and cycles."""
    cycles = pd.Series(found.arrays.groups, name="subject")
    table = pd.DataFrame(index=pd.Index(sorted(set(cycles)), name="subject"))
    for channel in found.arrays.targets:
        squared, known = (
            pd.Series(each.sum(axis=1)).groupby(cycles).sum()
            for each in _squared_errors(found, model, channel)
        )
        table[channel] = np.sqrt(squared / known)
    table["n_cycles"] = cycles.value_counts()
    return said_simulated(table, found.data.is_simulated)


def along_cycle(found: KineticsEvaluation, model: str, channel: str) -> pd.DataFrame:
    """Return a model's error at each point of the cycle, with a 95 % interval over subjects.

    Returns
    -------
    DataFrame
        ``phase_percent, rmse, low, high``, 150 rows.
    """
    rmse = _over_subjects(found, *_squared_errors(found, model, channel))
    low, high = rmse.intervals("error")
    table = {"phase_percent": PHASE_PERCENT, "rmse": rmse.value, "low": low, "high": high}
    return said_simulated(pd.DataFrame(table), found.data.is_simulated)


def toe_off_of(found: KineticsEvaluation) -> NDArray[np.float64]:
    """Return the end of stance of each cycle, % of it."""
    return stance_percent(found.data).percent


def _squared_errors(
    found: KineticsEvaluation, model: str, channel: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return squared errors, 0 where not measured, and 1 where measured: (n_cycles, 150)."""
    true, predicted = curves_of(found, model, channel)
    squared = (predicted.astype(np.float64) - true) ** 2
    known = np.isfinite(squared)
    return np.where(known, squared, 0.0), known.astype(np.float64)


def _over_subjects(
    found: KineticsEvaluation, sums: NDArray[np.float64], points: NDArray[np.float64]
) -> Jackknife:
    """Root mean square of each column over all cycles, and without each subject."""
    codes, names = subject_codes(found.arrays.groups)
    of_subjects = np.zeros((len(names), sums.shape[1], 2))
    np.add.at(of_subjects, codes, np.stack([sums, points], axis=-1))
    return Jackknife.of(
        lambda total: np.sqrt(total[..., 0] / total[..., 1]), of_subjects, of_subjects[..., 1:]
    )


def gait_phase_of_points(toe_off: NDArray[np.float64]) -> NDArray[np.int8]:
    """Return the gait phase of each point of each cycle.

    The phases of Perry and Burnfield (2010) are shares of stance and of swing: they move with
    the cycle's own toe-off, so that the pre-swing of a slow patient ends when his foot leaves.

    Parameters
    ----------
    toe_off : ndarray of float, shape (n_cycles,)
        End of stance, % of the cycle; NaN where there are no steps.

    Returns
    -------
    ndarray of int8, shape (n_cycles, 150)
        Position in :data:`GAIT_PHASES`; -1 where toe-off is unknown.

    Examples
    --------
    >>> phases = gait_phase_of_points(np.array([62.0, 70.0]))
    >>> [GAIT_PHASES[number] for number in phases[:, 100]]  # at 67 %
    ['initial swing', 'pre-swing']
    """
    ends = np.array(list(_ENDS.values()))
    off = toe_off[:, None]
    moved = np.where(
        ends <= _TOE_OFF,
        ends / _TOE_OFF * off,
        off + (ends - _TOE_OFF) / (100.0 - _TOE_OFF) * (100.0 - off),
    )
    # The last end is 100 %: rounding must not push the last point beyond it.
    passed = PHASE_PERCENT[None, :, None] >= moved[:, None, :-1]
    phases: NDArray[np.int8] = passed.sum(axis=-1).astype(np.int8)
    phases[np.isnan(toe_off)] = UNKNOWN
    return phases


def support_check(found: KineticsEvaluation) -> pd.DataFrame:
    """Compare the vertical impulse of both feet with that of body weight.

    Over a whole cycle the body neither gains nor loses vertical momentum, so the impulse of both
    feet is body weight times the cycle's duration: their mean force over the cycle is 1 BW.

    Parameters
    ----------
    found : KineticsEvaluation
        With the vertical forces of both feet among its targets.

    Returns
    -------
    DataFrame
        One row a model, and one of the measured forces: ``mean`` (BW, expected 1), ``rms_error``
        (BW, of a cycle from 1), ``within_5_percent`` (percent of cycles), ``n_cycles``. Cycles
        without steps or without measured forces are left out of all rows.

    Raises
    ------
    SchemaError
        If a foot is not among the targets.
    """
    missing = [name for name in _FEET if name not in found.arrays.targets]
    if missing:
        raise SchemaError(
            expected="the vertical force of both feet among the targets",
            got=f"no {', '.join(missing)}",
            where="targets",
            fix="evaluate with targets=None, or add them",
        )
    ipsi, contra = (curves_of(found, next(iter(found.predicted)), name)[0] for name in _FEET)
    measured = ipsi + contra
    usable = np.isfinite(measured).all(axis=1) & np.isfinite(toe_off_of(found))
    rows = []
    for model, force in [(MEASURED, measured), *_both_feet(found)]:
        support: NDArray[np.float64] = np.trapezoid(force[usable], PHASE_PERCENT / 100.0, axis=1)
        away = support - 1.0
        rows.append(
            {
                "model": model,
                "mean": support.mean(),
                "rms_error": np.sqrt((away**2).mean()),
                "within_5_percent": 100.0 * (np.abs(away) <= _FEW_PERCENT).mean(),
                "n_cycles": int(usable.sum()),
            }
        )
    return said_simulated(pd.DataFrame(rows).set_index("model"), found.data.is_simulated)


def swing_force_check(found: KineticsEvaluation) -> pd.DataFrame:
    """Return the vertical force under the foot while it swings, where there can be none.

    Returns
    -------
    DataFrame
        One row a model, and one of the measured forces: ``rms`` and ``largest`` absolute force
        (BW) of the ipsilateral foot from 3 % of the cycle after toe-off to 3 % before contact.

    Raises
    ------
    SchemaError
        If the force is not among the targets.
    """
    measured, _ = curves_of(found, next(iter(found.predicted)), _FEET[0])
    after = toe_off_of(found)[:, None] + 3.0 < PHASE_PERCENT
    swing = after & (PHASE_PERCENT < 97.0) & np.isfinite(measured)
    forces = [(MEASURED, measured)]
    forces += [(model, curves_of(found, model, _FEET[0])[1]) for model in found.predicted]
    rows = [
        {
            "model": model,
            "rms": np.sqrt(np.mean(force[swing].astype(float) ** 2)),
            "largest": np.abs(force[swing]).max(),
        }
        for model, force in forces
    ]
    return said_simulated(pd.DataFrame(rows).set_index("model"), found.data.is_simulated)


def power_check(found: KineticsEvaluation) -> pd.DataFrame:
    r"""Compare predicted moment times measured angular velocity with the measured power.

    A moment may be right on average and wrong where the joint moves fast: :math:`P = M \omega`
    weighs its error by the velocity. The row of the measured moment shows what is left where the
    laboratory's power is not sagittal moment times velocity (a hip's power of three planes).

    Returns
    -------
    DataFrame
        ``channel`` (of the power), ``model``, ``rmse`` (W/kg), ``correlation``; one row a joint
        and model, for the joints whose power and velocity were measured, over the points whose
        moment was. Empty if there are none.
    """
    rows = []
    for power, moment, velocity in _powered_joints(found):
        measured, speed = found.data.curves(power), found.data.curves(velocity)
        true_moment = curves_of(found, next(iter(found.predicted)), moment)[0]
        known = np.isfinite(measured) & np.isfinite(speed) & np.isfinite(true_moment)
        moments = [(MEASURED, true_moment)]
        moments += [(model, curves_of(found, model, moment)[1]) for model in found.predicted]
        for model, values in moments:
            product = (values * speed)[known].astype(np.float64)
            rows.append(
                {
                    "channel": power,
                    "model": model,
                    "rmse": np.sqrt(np.mean((product - measured[known]) ** 2)),
                    "correlation": np.corrcoef(product, measured[known])[0, 1],
                }
            )
    columns = ["channel", "model", "rmse", "correlation"]
    return said_simulated(pd.DataFrame(rows, columns=columns), found.data.is_simulated)


def _both_feet(found: KineticsEvaluation) -> Iterator[tuple[str, NDArray[np.float32]]]:
    for model in found.predicted:
        ipsi, contra = (curves_of(found, model, name)[1] for name in _FEET)
        yield model, ipsi + contra


def _powered_joints(found: KineticsEvaluation) -> Iterator[tuple[str, str, str]]:
    """Yield the channels of power, moment and velocity of each joint that has all three."""
    known = set(found.data.channels)
    for target in found.arrays.targets:
        channel = Channel.parse(target)
        if channel.measurement != "moment" or _POWER_MOTION.get(channel.joint) != channel.motion:
            continue
        power = f"{channel.joint}_power_{channel.side}_W_kg"
        velocity = f"{channel.joint}_{channel.motion}_velocity_{channel.side}_rad_s"
        if {power, velocity} <= known:
            yield power, target, velocity


def plot_predicted_kinetics(
    found: KineticsEvaluation,
    channel: str,
    model: str = "network",
    rows: NDArray[np.bool_] | None = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw measured and predicted curves: means of subjects, mean ± 1 SD between them.

    Parameters
    ----------
    found : KineticsEvaluation
        From :func:`evaluate_kinetics`.
    channel : str
        A target.
    model : str
        A model.
    rows : ndarray of bool, shape (n_cycles,), optional
        Cycles to draw, for example those of one task; all where None.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default: a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, in ``ax.figure``. A predicted band narrower than the measured one means that
        the model does not tell people apart as much as they differ.
    """
    ax = axes_for(ax, 5.6, 3.6, found.data)
    unit, factor = shown_unit(channel)
    true, predicted = curves_of(found, model, channel)
    drawn = np.isfinite(true).all(axis=1) & (True if rows is None else rows)
    for position, (name, curves) in enumerate(
        (("Measured", true), (f"Predicted: {model}", predicted))
    ):
        band = class_curve(curves[drawn], found.data.groups[drawn], factor)
        shade = (MUTED, colour(0))[position]
        low, high = band.mean - band.deviation, band.mean + band.deviation
        ax.fill_between(PHASE_PERCENT, low, high, color=shade, alpha=0.22, linewidth=0)
        ax.plot(
            PHASE_PERCENT,
            band.mean,
            color=shade,
            linestyle=("-", "--")[position],
            linewidth=1.8,
            label=f"{name} (n = {band.n_subjects} subjects)",
        )
    _finish(ax, channel, f"{_quantity(channel)} ({unit})")
    return ax


def plot_error_along_cycle(
    found: KineticsEvaluation,
    channel: str,
    models: Sequence[str] | None = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw the error of each model along the cycle, with its 95 % interval over subjects.

    Parameters
    ----------
    found : KineticsEvaluation
        From :func:`evaluate_kinetics`.
    channel : str
        A target.
    models : sequence of str, optional
        Models to draw; all where None.
    ax : matplotlib.axes.Axes, optional
        Where to draw; default: a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes, in ``ax.figure``.
    """
    ax = axes_for(ax, 5.6, 3.6, found.data)
    unit, factor = shown_unit(channel)
    chosen = list(found.predicted) if models is None else models
    for position, model in enumerate(chosen):
        table = along_cycle(found, model, channel)
        shade = colour(position)
        ax.fill_between(
            PHASE_PERCENT,
            table["low"] * factor,
            table["high"] * factor,
            color=shade,
            alpha=0.18,
            linewidth=0,
        )
        style = "-" if position == len(chosen) - 1 else _STYLES[position % len(_STYLES)]
        ax.plot(
            PHASE_PERCENT, table["rmse"] * factor, style, color=shade, linewidth=1.8, label=model
        )
    ax.set_ylim(bottom=0.0)
    toe_off = toe_off_of(found)
    if np.isfinite(toe_off).any():
        off = float(np.nanmean(toe_off))
        ax.axvline(off, color=MUTED, linestyle=":", linewidth=1.2, label="mean toe-off")
    _finish(ax, channel, f"Root mean square error ({unit})")
    return ax


def _quantity(channel: str) -> str:
    return "Moment" if Channel.parse(channel).measurement == "moment" else "Force"


def _finish(ax: "Axes", channel: str, label: str) -> None:
    ax.axhline(0.0, color=INK, linewidth=0.5, alpha=0.5, zorder=0)
    ax.set_title(channel_title(channel), loc="left", fontsize=9.5, fontweight="bold")
    ax.set(xlim=(0, 100), xlabel="Gait cycle (%)", ylabel=label)
    light_grid(ax)
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=4, fontsize=8, frameon=False)
