"""Joint curves that stand in a file against those a model computes from its markers."""

import os
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.files import output_folder, write_all
from locomotion_analysis.plots.curves import finish
from locomotion_analysis.reporting.names import channel_title, shown_unit
from locomotion_analysis.reporting.page import Page, Picture, Section, Table
from locomotion_analysis.reporting.provenance import provenance
from locomotion_analysis.reporting.spreadsheets import csv_text
from locomotion_analysis.reporting.style import colour, panels
from locomotion_analysis.standard import N_PHASES, Channel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FILES = ("report.html", "differences.csv")
_JOINTS = ("angle", "moment", "power")
_READING = (
    "A constant difference is one of definition, or of the static trial.",
    "One that changes over the cycle is one of markers, of filters, or of the model.",
)
_LABELS = ("in the file", "computed")


def joint_differences(of_file: LocomotionData, computed: LocomotionData) -> pd.DataFrame:
    """Return how far joint curves of the same cycles are apart.

    Parameters
    ----------
    of_file, computed : LocomotionData
        The same recordings, converted with the file's joints and with a model's. Cycles are matched
        by their key; those in one alone are left out.

    Returns
    -------
    DataFrame
        One row a channel that both have, in page order: ``channel, unit, cycles, mean`` (computed
        less the file's), ``rms`` and ``largest`` over all points, ``percent`` (rms of the peak of
        the file's curves). Angles are in degrees; a whole turn is no difference.

    Raises
    ------
    SchemaError
        If they share no cycle or no joint curve.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(2, 2, ["level_walking"])
    >>> float(joint_differences(data, data)["rms"].max())
    0.0
    """
    first, second = _matched(of_file, computed)
    rows = []
    for name in _shared(first, second):
        unit, factor = shown_unit(name)
        given = np.asarray(first.curves(name), np.float64)
        apart = np.asarray(second.curves(name), np.float64) - given
        if "_angle_" in name:
            apart = np.angle(np.exp(1j * apart))
        known = np.isfinite(apart).any(axis=1)
        apart *= factor
        peak = factor * float(np.nanmax(np.abs(given)))
        rms = float(np.sqrt(np.nanmean(apart**2)))
        rows.append(
            (name, unit, int(known.sum()), float(np.nanmean(apart)), rms,
             float(np.nanmax(np.abs(apart))), 100.0 * rms / peak if peak else np.nan)
        )  # fmt: skip
    return pd.DataFrame(
        rows, columns=["channel", "unit", "cycles", "mean", "rms", "largest", "percent"]
    )


def _matched(
    of_file: LocomotionData, computed: LocomotionData
) -> tuple[LocomotionData, LocomotionData]:
    """Return the cycles of both, in one order."""
    both = of_file.key.intersection(computed.key)
    if not len(both):
        raise SchemaError(
            expected="cycles that the file's joints and the model's are both of",
            got=f"{len(of_file)} and {len(computed)} cycles, none in common",
            fix="compare recordings whose files hold joint angles beside the markers",
        )
    return (
        of_file.take(of_file.key.get_indexer(both)),
        computed.take(computed.key.get_indexer(both)),
    )


def _shared(first: LocomotionData, second: LocomotionData) -> list[str]:
    """Return the joint curves of this leg and of the trunk that both have measured."""
    names = [
        name
        for name in first.channels
        if name in second.channels
        and Channel.parse(name).measurement in _JOINTS
        and Channel.parse(name).side != "contra"
        and np.isfinite(first.curves(name) + second.curves(name)).any()
    ]
    if not names:
        raise SchemaError(
            expected="joint curves that stand in the file and can be computed from its markers",
            got="none in common",
            fix="compare recordings whose files hold joint angles beside the markers",
        )
    return names


def _small(value: float) -> str:
    return f"{value:.2g}" if value >= 0.001 else "less than 0.001"


def write_joint_comparison(
    of_file: LocomotionData,
    computed: LocomotionData,
    out: str | os.PathLike[str],
    model: str,
) -> pd.DataFrame:
    """Write a page on how far a model's joint curves are from the file's, and the table as CSV.

    Parameters
    ----------
    of_file, computed : LocomotionData
        As for :func:`joint_differences`.
    out : path-like
        Folder for ``report.html`` and ``differences.csv``.
    model : str
        What computed them, for the page.

    Returns
    -------
    DataFrame
        Of :func:`joint_differences`.

    Raises
    ------
    SchemaError
        If they share no cycle or no joint curve.
    FileReadError
        If `out` is a file, or holds files of these names that no earlier run wrote.
    """
    folder = output_folder(out, FILES, FILES[1])
    table = joint_differences(of_file, computed)
    first, second = _matched(of_file, computed)

    def draw(ax: "Axes", name: str) -> None:
        factor = shown_unit(name)[1]
        percent = np.linspace(0.0, 100.0, N_PHASES)
        for position, (label, data) in enumerate(zip(_LABELS, (first, second), strict=True)):
            curves = factor * np.asarray(data.curves(name), np.float64)
            known = np.isfinite(curves).sum(axis=0)
            total = np.where(known > 0, np.nansum(curves, axis=0), np.nan)
            mean, shade = total / np.maximum(known, 1), colour(position)
            ax.plot(percent, mean, color=shade, label=label, linestyle=("-", "--")[position])
            if position == 0 and known.max() > 1:
                squares = np.nansum((curves - mean) ** 2, axis=0)
                spread = np.sqrt(np.where(known > 1, squares, np.nan) / np.maximum(known - 1, 1))
                ax.fill_between(
                    percent, mean - spread, mean + spread, color=shade, alpha=0.15, lw=0
                )
        finish(ax, name, legend=False)

    pictures = Picture.of(
        panels(draw, table["channel"], (of_file, computed)),
        alt="Mean joint curves over the gait cycle, in the file and computed from the markers.",
        caption="Means over the cycles that both have; the band is one SD of the file's strides.",
    )
    verdict = []
    for what, unit, column, of in (
        ("Angles", "°", "rms", table[table["unit"] == "°"]),
        ("Moments and powers", " % of their peak", "percent", table[table["unit"] != "°"]),
    ):
        if len(of):
            at = int(of[column].argmax())
            value, name = float(of[column].iloc[at]), str(of["channel"].iloc[at])
            verdict.append(
                f"{what} differ by {_small(value)}{unit} (RMS) at most: {channel_title(name)}."
            )
    shown = table.assign(channel=table["channel"].map(channel_title))
    rows = [
        [value if isinstance(value, str) else f"{value:,}" if isinstance(value, int) else f"{value:z.3f}"
         for value in row]
        for row in shown.itertuples(index=False, name=None)
    ]  # fmt: skip
    columns = ("curve", "unit", "cycles", "mean", "RMS", "largest", "RMS, % of peak")
    page = Page(
        about=(of_file, computed),
        title="Joint curves compared",
        subtitle=f"In the file, and by {model} from its markers",
        verdict=verdict,
        facts=[("Cycles", f"{len(first):,}"), ("Curves", str(len(table)))],
        sections=[
            Section("Differences", tables=[Table("Computed less the file's", columns, rows, 2)]),
            Section("Curves", pictures=[pictures]),
        ],
        reading=_READING,
        provenance=provenance([]),
        history=[str(entry) for entry in second.history],
    )
    write_all({folder / "report.html": page.html(), folder / "differences.csv": csv_text(table)})
    return table
