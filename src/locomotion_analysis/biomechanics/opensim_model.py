"""Markers and ground reactions on an OpenSim model: inverse kinematics and inverse dynamics.

OpenSim itself (extra ``opensim``) solves them, in a child process that is kept for the next trial:
it is a C++ library, and what ends it must cost one trial only.
"""

import difflib
import os
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar
from xml.etree import ElementTree as ET

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.errors import FileReadError, SchemaError
from locomotion_analysis.extras import require_installed
from locomotion_analysis.processes import end_with_parent, workers_replaced_silently

Array = NDArray[np.float64]
T = TypeVar("T")

CUTOFF_HZ = 6.0
"""Low-pass of the coordinates before inverse dynamics, as in OpenSim's own examples."""
_FEWEST_MARKERS = 6
_ACCURACY = 1e-8
"""Of inverse kinematics without a set-up file; OpenSim's own 1e-5 leaves steps of 0.005 degrees."""


@dataclass(frozen=True)
class OpenSimModel:
    """A scaled model, and how inverse kinematics weighs its markers.

    Attributes
    ----------
    model : Path
        The ``.osim`` file, scaled to the person.
    setup : Path or None
        Set-up file of OpenSim's inverse kinematics (``.xml``), with the weights of the markers and
        of coordinates; without one, all markers weigh the same.
    """

    model: Path
    setup: Path | None = None

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> "OpenSimModel":
        """Return the model of a ``.osim`` file, or of a set-up file that names one.

        Parameters
        ----------
        path : path-like
            A model, or a set-up file of inverse kinematics: its ``model_file`` is relative to it.

        Returns
        -------
        OpenSimModel

        Raises
        ------
        FileReadError
            If a file is missing, no XML, or neither of the two.
        """
        file = Path(path)
        root = xml_root(file)
        if root.find("Model") is not None:
            return cls(file)
        tool = root.find("InverseKinematicsTool")
        if tool is None:
            kinds = ", ".join(child.tag for child in root) or root.tag
            raise FileReadError(
                expected="an OpenSim model (.osim), or a set-up file of its inverse kinematics",
                got=f"an XML file of {kinds}",
                where=str(file),
                fix="name the scaled model, or the set-up file that names it",
            )
        named = (tool.findtext("model_file") or "").strip()
        if named in ("", "Unassigned"):
            raise FileReadError(
                expected="the model's file in model_file",
                got="none",
                where=str(file),
                fix="write the name of the scaled .osim into the set-up file",
            )
        model = file.parent / named
        if xml_root(model).find("Model") is None:
            raise FileReadError(
                expected="an OpenSim model",
                got="another XML file",
                where=str(model),
                fix="name the scaled .osim",
            )
        return cls(model, file)


def xml_root(file: Path) -> ET.Element:
    """Return the root of an XML file of OpenSim."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise FileReadError(
            expected="a file of an OpenSim model",
            got=error.strerror or str(error),
            where=str(file),
            fix="name a scaled model (.osim) or a set-up file of inverse kinematics (.xml)",
        ) from None
    except UnicodeDecodeError:
        text = ""
    if (
        "<!DOCTYPE" in text or "<!ENTITY" in text
    ):  # no file of OpenSim has one; expansions are bombs
        text = ""
    try:
        root = ET.fromstring(text)  # noqa: S314 - without entities
    except ET.ParseError:
        raise FileReadError(
            expected="an OpenSim file (XML)",
            got="another kind of file",
            where=str(file),
            fix="name a model (.osim) or a set-up file (.xml) that OpenSim wrote",
        ) from None
    return root


def marker_names(file: Path) -> tuple[str, ...]:
    """Return the names of the markers in a file of a model or a marker set."""
    return tuple(str(marker.get("name")) for marker in xml_root(file).iter("Marker"))


@dataclass(frozen=True)
class Solution:
    """What OpenSim found.

    Attributes
    ----------
    coordinates : mapping of str to ndarray, shape (n,)
        By the model's names and signs: rotations in rad, translations in m. Those that no marker
        tells are left out.
    forces : mapping of str to ndarray, shape (n,)
        Generalised forces (``hip_flexion_r_moment``, Nm); empty without ground reactions.
    centre_of_mass_m : ndarray, shape (n, 3)
        Of the whole model, laboratory axes with z up.
    marker_error_m : ndarray, shape (n,)
        Root mean square distance between the markers and the model's.
    used, missing : tuple of str
        Markers that the model has and the recording has, or has not; those of weight 0 left out.
    untold : tuple of str
        Coordinates that are locked, or that no marker tells.
    without_load : str
        Why there are no forces.
    """

    coordinates: Mapping[str, Array]
    forces: Mapping[str, Array]
    centre_of_mass_m: Array
    marker_error_m: Array
    used: tuple[str, ...]
    missing: tuple[str, ...]
    untold: tuple[str, ...]
    without_load: str = ""


def solve_opensim(
    model: OpenSimModel,
    markers: Mapping[str, Array],
    time_s: Array,
    ground: Mapping[str, tuple[Array, Array]] | None = None,
    *,
    cutoff_hz: float = CUTOFF_HZ,
) -> Solution:
    """Return coordinates and generalised forces of a trial.

    Parameters
    ----------
    model : OpenSimModel
    markers : mapping of str to ndarray, shape (n, 3)
        Metres, laboratory axes with z up; NaN where not seen. Names as in the model, with or
        without a prefix (``subject:``) and whatever their case.
    time_s : ndarray, shape (n,)
        Evenly spaced.
    ground : mapping of str to (ndarray, ndarray), optional
        ``left`` and ``right`` -> force (N) and moment about the laboratory's origin (Nm), each of
        shape (n, 3), laboratory axes; NaN where not known, and the forces then are.
    cutoff_hz : float
        Low-pass of the coordinates before inverse dynamics.

    Returns
    -------
    Solution

    Raises
    ------
    SchemaError
        If fewer than six of the model's markers are there.
    FileReadError
        If OpenSim cannot read the model or solve the trial, or ends.
    MissingExtraError
        If OpenSim is not installed.

    Examples
    --------
    >>> solved = solve_opensim(OpenSimModel.read("me.osim"), markers, time_s)  # doctest: +SKIP
    >>> solved.coordinates["hip_flexion_r"]  # doctest: +SKIP
    """
    require_installed("opensim", "opensim")
    loads = {
        side: (y_up(force), y_up(moment))
        for side, (force, moment) in (ground or {}).items()
        if np.nan_to_num(force, nan=1.0).any()
    }
    placed = {name: y_up(xyz) for name, xyz in markers.items()}
    return in_child(_solve, model.setup or model.model, model, placed, time_s, loads, cutoff_hz)


def y_up(vectors: Array) -> Array:
    """Turn laboratory axes with z up to OpenSim's with y up; x stays."""
    return np.stack([vectors[:, 0], vectors[:, 2], -vectors[:, 1]], axis=1)


_FIX = "open the files in OpenSim's own program to see what is wrong"


def in_child(work: Callable[..., T], where: Path, *args: object) -> T:
    """Run a function in the child process; `where` is the file to name if OpenSim ends or refuses."""
    try:
        with workers_replaced_silently():
            return _engine(os.getpid()).submit(work, *args).result()
    except BrokenProcessPool:
        _engine.cache_clear()
        got = "it ended while it worked on them"
    except RuntimeError as error:  # how OpenSim's exceptions come to Python
        got = str(error).strip().splitlines()[0]
    raise FileReadError(
        expected="files that OpenSim can work on", got=got, where=str(where), fix=_FIX
    )


@cache
def _engine(_process: int) -> Executor:
    """Return the one child of this process in which OpenSim runs.

    Of joblib's kind, which does not run the caller's script again in the child. A forked process
    needs one of its own: the thread that hands out the work stayed with its parent.
    """
    from joblib.externals.loky import ProcessPoolExecutor

    engine: Executor = ProcessPoolExecutor(1, initializer=_begin)
    return engine


def _begin() -> None:
    """Make the child silent (OpenSim prints past Python) and let it end with its parent."""
    end_with_parent()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


# In the child.


def _solve(
    given: OpenSimModel,
    markers: Mapping[str, Array],
    time_s: Array,
    ground: Mapping[str, tuple[Array, Array]],
    cutoff_hz: float,
) -> Solution:
    import opensim as osim

    osim.Logger.setLevelString("Off")
    model = osim.Model(str(given.model))
    state = model.initSystem()
    tool = _kinematics_tool(given, osim)
    named = _named_markers(model, tool, markers, given)
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_trc(folder / "markers.trc", named, time_s)
        tool.setModel(model)
        tool.set_marker_file(str(folder / "markers.trc"))
        tool.set_output_motion_file(str(folder / "ik.mot"))
        tool.setStartTime(float(time_s[0]))
        tool.setEndTime(float(time_s[-1]))
        tool.set_report_errors(True)
        tool.setResultsDir(name)
        succeed(tool.run(), "inverse kinematics", given.model)
        columns = _columns(osim, folder / "ik.mot", time_s)
        errors = next(folder.glob("*ik_marker_errors.sto"))
        error_m = _columns(osim, errors, time_s)["marker_error_RMS"]
        centre_of_mass = _centre_of_mass(model, columns)
        untold = _untold(model, state, set(named))
        coordinates = {
            name: np.radians(values) if _rotates(model, name) else values
            for name, values in columns.items()
            if name not in untold
        }
        feet = _feet(model)
        forces: dict[str, Array] = {}
        reason = ""
        if not ground:
            reason = "no ground reaction of a known foot"
        elif set(ground) - set(feet):
            reason = "the model has no feet by OpenSim's names (calcn_r, calcn_l)"
        else:
            _write_loads(osim, folder, ground, feet, time_s)
            dynamics = osim.InverseDynamicsTool()
            dynamics.setModel(model)
            dynamics.setCoordinatesFileName(str(folder / "ik.mot"))
            dynamics.setLowpassCutoffFrequency(cutoff_hz)
            dynamics.setStartTime(float(time_s[0]))
            # A frame later: at the time of the last one itself OpenSim leaves that out.
            dynamics.setEndTime(float(2.0 * time_s[-1] - time_s[-2]))
            dynamics.setExternalLoadsFileName(str(folder / "loads.xml"))
            excluded = osim.ArrayStr()
            excluded.append("Muscles")
            dynamics.setExcludedForces(excluded)
            dynamics.setResultsDir(name)
            dynamics.setOutputGenForceFileName("id.sto")
            succeed(dynamics.run(), "inverse dynamics", given.model)
            unknown = np.any(
                [~np.isfinite(part).all(axis=1) for pair in ground.values() for part in pair],
                axis=0,
            )
            forces = {
                name: np.where(unknown, np.nan, values)
                for name, values in _columns(osim, folder / "id.sto", time_s).items()
                if name.removesuffix("_moment").removesuffix("_force") not in untold
            }
    return Solution(
        coordinates,
        forces,
        centre_of_mass,
        error_m,
        tuple(named),
        tuple(sorted(_weighed(model, tool) - set(named))),
        tuple(sorted(untold)),
        reason,
    )


def succeed(done: bool, what: str, where: Path) -> None:
    """Raise where a tool of OpenSim did not."""
    if not done:
        raise FileReadError(
            expected=f"files whose {what} OpenSim can solve",
            got="it gave up",
            where=str(where),
            fix=_FIX,
        )


def _kinematics_tool(given: OpenSimModel, osim: Any) -> Any:
    """Return the tool with the weights of the set-up file; paths in that are relative to it."""
    if given.setup is None:
        tool = osim.InverseKinematicsTool()
        tool.set_accuracy(_ACCURACY)
        return tool
    tool = osim.InverseKinematicsTool(str(given.setup), False)
    coordinates = tool.getCoordinateFileName()
    if coordinates not in ("", "Unassigned"):
        tool.setCoordinateFileName(str((given.setup.parent / coordinates).resolve()))
    return tool


def _weighed(model: Any, tool: Any) -> set[str]:
    """Return the model's markers that inverse kinematics takes."""
    markers = model.getMarkerSet()
    every = {markers.get(k).getName() for k in range(markers.getSize())}
    tasks = tool.getIKTaskSet()
    weights = {
        task.getName(): task.getWeight() if task.getApply() else 0.0
        for task in (tasks.get(k) for k in range(tasks.getSize()))
        if task.getConcreteClassName() == "IKMarkerTask"
    }
    return {name for name in every if weights.get(name, 0.0) > 0.0} if weights else every


def _named_markers(
    model: Any, tool: Any, markers: Mapping[str, Array], given: OpenSimModel
) -> dict[str, Array]:
    """Return the recording's markers by the model's names.

    Raises
    ------
    SchemaError
        If fewer than six are there.
    """
    plain = {label.rpartition(":")[2].lower(): label for label in markers}
    weighed = sorted(_weighed(model, tool))
    named = {
        name: markers[plain[name.lower()]]
        for name in weighed
        if name.lower() in plain and np.isfinite(markers[plain[name.lower()]]).any()
    }
    if len(named) < _FEWEST_MARKERS:
        near = []
        for name in weighed:
            close = difflib.get_close_matches(name.lower(), plain, 1)
            if name not in named:
                near.append(f"{name} (nearest {plain[close[0]]})" if close else name)
        raise SchemaError(
            expected=f"the markers of the model {given.model.name}",
            got=f"{len(named)} of {len(weighed)}; not there: {', '.join(near[:12])}",
            where=", ".join(list(markers)[:12]) or "no marker",
            fix="name the markers as the model does, or take the model of this marker set",
        )
    return named


def _untold(model: Any, state: Any, named: set[str]) -> set[str]:
    """Return coordinates that are locked, or beyond which there is no marker."""
    children: dict[str, list[str]] = {}
    of_body: dict[str, list[str]] = {}
    untold = set()
    joints = model.getJointSet()
    for joint in (joints.get(k) for k in range(joints.getSize())):
        body = joint.getChildFrame().findBaseFrame().getName()
        children.setdefault(joint.getParentFrame().findBaseFrame().getName(), []).append(body)
        for k in range(joint.numCoordinates()):
            coordinate = joint.get_coordinates(k)
            of_body.setdefault(body, []).append(coordinate.getName())
            if coordinate.getLocked(state):
                untold.add(coordinate.getName())
    marked = set()
    markers = model.getMarkerSet()
    for marker in (markers.get(k) for k in range(markers.getSize())):
        if marker.getName() in named:
            marked.add(marker.getParentFrame().findBaseFrame().getName())

    def told(body: str) -> bool:
        return body in marked or any(told(child) for child in children.get(body, ()))

    untold.update(name for body, names in of_body.items() if not told(body) for name in names)
    return untold


def _rotates(model: Any, name: str) -> bool:
    """Return whether OpenSim writes a coordinate in degrees (motion type 1)."""
    return bool(model.getCoordinateSet().get(name).getMotionType() == 1)


def _centre_of_mass(model: Any, columns: Mapping[str, Array]) -> Array:
    """Return the model's centre of mass at coordinates in degrees and metres, z up."""
    state = model.initSystem()
    free = {
        name: np.radians(values) if _rotates(model, name) else values
        for name, values in columns.items()
        if not model.getCoordinateSet().get(name).getLocked(state)
    }
    places = np.full((len(next(iter(columns.values()))), 3), np.nan)
    for row in np.flatnonzero(np.isfinite(list(free.values())).all(axis=0)):
        for name, values in free.items():
            model.getCoordinateSet().get(name).setValue(state, float(values[row]), False)
        model.realizePosition(state)
        x, up, right = model.calcMassCenterPosition(state).to_numpy()
        places[row] = x, -right, up
    return places


def _feet(model: Any) -> dict[str, str]:
    """Return the bodies of the feet: side -> name."""
    bodies = model.getBodySet()
    feet: dict[str, str] = {}
    for name in (bodies.get(k).getName() for k in range(bodies.getSize())):
        if found := re.fullmatch(r"(?:calcn|calcaneus|foot)_(r|l)", name):
            feet.setdefault({"r": "right", "l": "left"}[found[1]], name)
    return feet


def _columns(osim: Any, path: Path, time_s: Array) -> dict[str, Array]:
    """Return the columns of a table that OpenSim wrote, at the frames of the trial."""
    table = osim.TimeSeriesTable(str(path))
    own = np.array(table.getIndependentColumn())
    return {
        name: np.interp(time_s, own, table.getDependentColumn(name).to_numpy(), np.nan, np.nan)
        for name in table.getColumnLabels()
    }


def write_trc(path: Path, markers: Mapping[str, Array], time_s: Array) -> None:
    """Write markers (m) as OpenSim reads them; blank where not seen."""
    rate = (len(time_s) - 1) / (time_s[-1] - time_s[0])
    axes = "\t".join(f"{axis}{k}" for k in range(1, len(markers) + 1) for axis in "XYZ")
    head = [
        f"PathFileType\t4\t(X/Y/Z)\t{path.name}",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames",
        f"{rate:.6f}\t{rate:.6f}\t{len(time_s)}\t{len(markers)}\tm\t{rate:.6f}\t1\t{len(time_s)}",
        "Frame#\tTime\t" + "\t\t\t".join(markers) + "\t\t",
        f"\t\t{axes}",
        "",
    ]
    rows = np.concatenate(list(markers.values()), axis=1)
    body = [
        f"{number}\t{time:.6f}\t"
        + "\t".join("" if np.isnan(value) else f"{value:.7f}" for value in row)
        for number, (time, row) in enumerate(zip(time_s, rows, strict=True), 1)
    ]
    path.write_text("\n".join([*head, *body]) + "\n")


def _write_loads(
    osim: Any,
    folder: Path,
    ground: Mapping[str, Sequence[Array]],
    feet: Mapping[str, str],
    time_s: Array,
) -> None:
    """Write what the ground does to each foot: a force at the origin, and the moment about it."""
    names, columns = ["time"], [time_s]
    loads = osim.ExternalLoads()
    loads.setDataFileName(str(folder / "ground.sto"))
    for side, (force, moment) in ground.items():
        still = np.zeros_like(force)
        for kind, values in (("force_v", force), ("force_p", still), ("torque_", moment)):
            names += [f"{side}_{kind}{axis}" for axis in "xyz"]
            columns += list(np.nan_to_num(values).T)
        load = osim.ExternalForce()
        load.setName(side)
        load.set_applied_to_body(feet[side])
        load.set_force_expressed_in_body("ground")
        load.set_point_expressed_in_body("ground")
        load.set_force_identifier(f"{side}_force_v")
        load.set_point_identifier(f"{side}_force_p")
        load.set_torque_identifier(f"{side}_torque_")
        loads.cloneAndAppend(load)
    loads.printToXML(str(folder / "loads.xml"))
    head = (
        f"ground\nversion=1\nnRows={len(time_s)}\nnColumns={len(names)}\ninDegrees=yes\nendheader"
    )
    rows = "\n".join(
        "\t".join(f"{value:.9g}" for value in row) for row in np.stack(columns, axis=1)
    )
    tabs = "\t".join(names)
    (folder / "ground.sto").write_text(f"{head}\n{tabs}\n{rows}\n")
