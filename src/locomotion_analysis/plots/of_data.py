"""``data.plot``, and all pictures that a dataset allows at once."""

import os
from collections.abc import Callable, Iterator
from functools import partial, update_wrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, Literal, ParamSpec, TypeVar

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import LocomotionError
from locomotion_analysis.files import json_text, output_folder, write_all
from locomotion_analysis.plots.curves import (
    column_of,
    plot_change,
    plot_curves,
    plot_sheet,
    plot_sides,
)
from locomotion_analysis.plots.loops import (
    plot_butterfly,
    plot_cyclogram,
    plot_moment_angle,
    plot_phase_plane,
)
from locomotion_analysis.plots.people import (
    plot_cohort,
    plot_events,
    plot_profile,
    plot_spatiotemporal,
)
from locomotion_analysis.reporting.provenance import provenance, source_files
from locomotion_analysis.reporting.style import figure_bytes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Plots", "figures_of", "write_figures"]

RECORD = "figures.json"

_P = ParamSpec("_P")
_R = TypeVar("_R")


def _of_data(
    draw: Callable[Concatenate[LocomotionData, _P], _R],
) -> Callable[Concatenate["Plots", _P], _R]:
    def method(self: "Plots", /, *args: _P.args, **options: _P.kwargs) -> _R:
        return draw(self._data, *args, **options)

    return update_wrapper(method, draw)


class Plots:
    """Pictures of a dataset: each method is the function of this room with the data first.

    As with pandas, ``data.plot("knee_flexion")`` is the commonest of them, ``data.plot.curves``.

    Parameters
    ----------
    data : LocomotionData
        What is drawn.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(4, 3, ["level_walking"], ["healthy", "stroke"])
    >>> data.plot.curves("knee_flexion", by="pathology").get_xlabel()
    'Gait cycle (%)'
    """

    def __init__(self, data: LocomotionData) -> None:
        self._data = data

    __call__ = curves = _of_data(plot_curves)
    sides = _of_data(plot_sides)
    change = _of_data(plot_change)
    sheet = _of_data(plot_sheet)
    cyclogram = _of_data(plot_cyclogram)
    phase_plane = _of_data(plot_phase_plane)
    moment_angle = _of_data(plot_moment_angle)
    butterfly = _of_data(plot_butterfly)
    events = _of_data(plot_events)
    spatiotemporal = _of_data(plot_spatiotemporal)
    profile = _of_data(plot_profile)
    cohort = _of_data(plot_cohort)


def figures_of(
    data: LocomotionData, by: str | None = None
) -> Iterator[tuple[str, "Figure | LocomotionError"]]:
    """Yield every picture of the data, or why it cannot be drawn, task by task.

    Parameters
    ----------
    data : LocomotionData
        Any cycles.
    by : str, optional
        Column of the groups.

    Yields
    ------
    name : str
        For a file: ``cohort``, then ``<task>-curves``, ``<task>-sheet`` and so on.
    drawn : Figure or LocomotionError
        The picture, or the reason there is none.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(4, 3, ["sit_to_stand"], ["healthy"])
    >>> next(figures_of(data))[0]
    'cohort'
    """
    rows_by = by or "subject"
    yield "cohort", _drawn(partial(plot_cohort, data, by or "pathology"))
    for task in data.cycles["task"].unique():
        own = data.select(task=task)
        pictures: dict[str, Callable[[], Any]] = {
            "curves": partial(plot_curves, own, by=by),
            "sides": partial(plot_sides, own),
            "sheet": partial(plot_sheet, own, by),
            "cyclogram": partial(plot_cyclogram, own, "hip_flexion", "knee_flexion", by),
            "moment-angle": partial(plot_moment_angle, own, "ankle", by),
            "forces": partial(plot_butterfly, own, by),
            "events": partial(plot_events, own, rows_by),
            "steps": partial(plot_spatiotemporal, own, rows_by),
            "profile": partial(plot_profile, own, rows_by),
        }
        for name, draw in pictures.items():
            yield f"{task}-{name}", _drawn(draw)


def write_figures(
    data: LocomotionData,
    folder: str | os.PathLike[str],
    by: str | None = None,
    *,
    kind: Literal["svg", "png", "pdf"] = "svg",
    source: str | os.PathLike[str] | None = None,
) -> tuple[list[Path], dict[str, LocomotionError]]:
    """Write every picture of the data into a folder, all or none.

    Parameters
    ----------
    data : LocomotionData
    folder : path-like
        New, or one that this function wrote.
    by : str, optional
        Column of the groups.
    kind : {"svg", "png", "pdf"}
        Format of the files.
    source : path-like, optional
        File the data was read from, for the record ``figures.json``.

    Returns
    -------
    written : list of Path
        The pictures.
    not_drawn : dict of str to LocomotionError
        Those the data does not allow, and why.

    Raises
    ------
    SchemaError
        If there is no column `by`.
    FileReadError
        If the folder holds files of another origin.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(4, 3, ["sit_to_stand"], ["healthy"])
    >>> written, missing = write_figures(data, pathlib.Path(tempfile.mkdtemp()) / "figures")
    >>> "cohort.svg" in [path.name for path in written], "sit_to_stand-steps" in missing
    (True, True)
    """
    if by is not None:
        column_of(data, by)  # a column that is not there is no lack of the data
    pictures: dict[str, bytes] = {}
    missing: dict[str, LocomotionError] = {}
    for name, drawn in figures_of(data, by):
        if isinstance(drawn, LocomotionError):
            missing[name] = drawn
        else:
            pictures[f"{name}.{kind}"] = figure_bytes(drawn, kind)
    place = output_folder(folder, pictures, RECORD)
    record = {
        "provenance": provenance(source_files(source)),
        "by": by,
        "simulated": data.is_simulated,
        "figures": list(pictures),
        "not_drawn": {name: str(reason) for name, reason in missing.items()},
    }
    write_all(
        {place / name: content for name, content in pictures.items()}
        | {place / RECORD: json_text(record)}
    )
    return [place / name for name in pictures], missing


def _drawn(draw: Callable[[], Any]) -> "Figure | LocomotionError":
    try:
        drawn = draw()
    except LocomotionError as error:
        return error
    found: Figure = drawn if hasattr(drawn, "savefig") else drawn.get_figure(root=True)
    return found
