"""A generic OpenSim model scaled to a person, by OpenSim's own scale tool.

What is measured stands in a set-up file of that tool, or is derived from the model: which two markers
tell the size of each body (:func:`scale_generic`).
"""

import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np

from locomotion_analysis.biomechanics.opensim_model import (
    Array,
    in_child,
    succeed,
    write_trc,
    xml_root,
    y_up,
)
from locomotion_analysis.errors import FileReadError, SchemaError
from locomotion_analysis.extras import require_installed
from locomotion_analysis.files import atomic_path

_STILL_M = 0.05
"""How far half of the markers may move in a static trial."""
_LANDMARK = 10.0
"""Weight of the markers that measure, against 1 of the others; 1000 lets limbs turn about them."""
_FACTORS = (0.4, 2.5)
"""Outside these it is another unit, or two markers carry each other's name."""


@dataclass(frozen=True)
class Scaling:
    """How a model was scaled.

    Attributes
    ----------
    factors : mapping of str to tuple of float
        Body -> scale factors along x, y and z.
    pairs : mapping of str to str
        Body -> the pairs of markers whose distances measured it; empty with a set-up file, where
        they stand.
    """

    factors: Mapping[str, tuple[float, float, float]]
    pairs: Mapping[str, str] = field(default_factory=dict)


def scale_opensim(
    setup: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    static: tuple[Mapping[str, Array], Array] | None = None,
) -> Scaling:
    """Scale a generic model to a person by a set-up file of OpenSim's scale tool, and write it.

    Parameters
    ----------
    setup : path-like
        Set-up file (``.xml``) that names the generic model, the static trial, the measurements and
        the mass; paths in it are relative to it. The files that it names for its results are not
        written.
    out : path-like
        The scaled model (``.osim``), its markers placed where they are in the static trial.
    static : (mapping of str to ndarray, shape (n, 3); ndarray, shape (n,)), optional
        Markers (m, laboratory axes with z up) and times (s) in place of the trial named.

    Returns
    -------
    Scaling

    Raises
    ------
    SchemaError
        If `out` does not end in ``.osim``.
    FileReadError
        If the file is no set-up file of the scale tool, or OpenSim cannot do what it says.
    MissingExtraError
        If OpenSim is not installed.
    """
    require_installed("opensim", "opensim")
    _refuse_other_ending(out)
    file = Path(setup)
    root = xml_root(file)
    if root.find("ScaleTool") is None:
        raise FileReadError(
            expected="a set-up file of OpenSim's scale tool",
            got=f"an XML file of {', '.join(child.tag for child in root) or root.tag}",
            where=str(file),
        )
    with atomic_path(out) as temporary:
        return Scaling(in_child(_by_setup, file, file, temporary, _turned(static)))


def scale_generic(
    model: str | os.PathLike[str],
    static: Mapping[str, Array],
    time_s: Array,
    mass_kg: float,
    out: str | os.PathLike[str],
    *,
    marker_set: str | os.PathLike[str] | None = None,
) -> Scaling:
    """Scale a generic model to a person without a set-up file, and write it.

    OpenSim's scale tool measures every body by one pair of markers, along all three axes:

    - the one that hangs on the ground (the pelvis): the two of its markers furthest apart;
    - one between joints: the two that lie most nearly beside its joint and beside the next one (the
      middle of the next ones), of its own markers and those of the bodies before and after it: least
      squares of how far each is from its joint along the line of both joints, and how far the two are
      apart across it;
    - one at an end: the marker nearest to its joint, there or on the body before it, and the one of
      its own that is furthest from the joint;
    - one without a pair: as the body before it.

    Left and right (names that end in ``_l`` and ``_r``) have the mean of both. Then markers are placed
    where they are in the static trial, those that measured weighing 10 times the others. Masses
    follow the generic model's shares.

    Parameters
    ----------
    model : path-like
        The generic model (``.osim``).
    static : mapping of str to ndarray, shape (n, 3)
        Markers of the person standing, m, laboratory axes with z up, by the model's names.
    time_s : ndarray, shape (n,)
    mass_kg : float
    out : path-like
        The scaled model (``.osim``).
    marker_set : path-like, optional
        A marker set of OpenSim (``.xml``) in place of the markers of the model.

    Returns
    -------
    Scaling

    Raises
    ------
    SchemaError
        If `out` does not end in ``.osim``, the person does not stand still, there are too few
        markers of the model, or a factor is none of a person.
    FileReadError
        If OpenSim cannot read the model or scale it.
    MissingExtraError
        If OpenSim is not installed.
    """
    require_installed("opensim", "opensim")
    _refuse_other_ending(out)
    file = Path(model)
    if xml_root(file).find("Model") is None:
        raise FileReadError(
            expected="a generic OpenSim model", got="another XML file", where=str(file)
        )
    moves = [np.nanmax(xyz, axis=0) - np.nanmin(xyz, axis=0) for xyz in _seen(static).values()]
    if moves and float(np.median(np.max(moves, axis=1))) > _STILL_M:
        raise SchemaError(
            expected="a static trial, in which the person stands still",
            got=f"half of the markers move by more than {_STILL_M} m",
            where="static trial",
            fix="name the standing trial, or cut it to where the person stands",
        )
    markers = None if marker_set is None else Path(marker_set)
    with atomic_path(out) as temporary:
        turned = _turned((static, time_s))
        found = in_child(_without_setup, file, file, markers, turned, mass_kg, temporary)
        for body, factors in found.factors.items():
            if not all(_FACTORS[0] <= factor <= _FACTORS[1] for factor in factors):
                raise SchemaError(
                    expected=f"factors of a person, {_FACTORS[0]} to {_FACTORS[1]}",
                    got=f"{factors[0]:.3g} for {body}, by {found.pairs.get(body, '')}",
                    where=str(file),
                    fix="look whether markers are in metres and carry each other's name, or state the "
                    "measurements in a set-up file of the scale tool",
                )
        return found


def _refuse_other_ending(out: str | os.PathLike[str]) -> None:
    if Path(out).suffix.lower() != ".osim":
        raise SchemaError(
            expected="a file that ends in .osim, as a model is written",
            got=Path(out).name,
            where="name of the file to write",
        )


def _seen(markers: Mapping[str, Array]) -> dict[str, Array]:
    return {name: xyz for name, xyz in markers.items() if np.isfinite(xyz).all(axis=1).any()}


def _turned(
    static: tuple[Mapping[str, Array], Array] | None,
) -> tuple[dict[str, Array], Array] | None:
    """Turn markers to OpenSim's axes."""
    return static and ({name: y_up(xyz) for name, xyz in static[0].items()}, static[1])


# In the child.

Factors = dict[str, tuple[float, float, float]]


def _by_setup(setup: Path, out: Path, static: tuple[dict[str, Array], Array] | None) -> Factors:
    import opensim as osim

    osim.Logger.setLevelString("Off")
    with TemporaryDirectory() as name:
        tool = osim.ScaleTool(str(setup.resolve()))
        tool.setPathToSubject(f"{setup.resolve().parent}{os.sep}")
        # The tool takes all paths as relative to the set-up file, absolute ones too.
        folder = Path(os.path.relpath(Path(name).resolve(), setup.resolve().parent))
        if static is not None:
            write_trc(Path(name) / "static.trc", *static)
            tool.getModelScaler().setMarkerFileName(str(folder / "static.trc"))
            tool.getMarkerPlacer().setMarkerFileName(str(folder / "static.trc"))
        return _scaled(tool, Path(name), folder, setup, out)


def _scaled(tool: Any, results: Path, folder: Path, where: Path, out: Path) -> Factors:
    """Run the tool, write the model, return the factors; `folder` is `results` as the tool has it."""
    scaler, placer = tool.getModelScaler(), tool.getMarkerPlacer()
    scaler.setOutputModelFileName("")
    scaler.setOutputScaleFileName(str(folder / "factors.xml"))
    placer.setOutputModelFileName(str(folder / "scaled.osim"))
    placer.setOutputMotionFileName("")
    placer.setOutputMarkerFileName("")
    placer.setPrintResultFiles(True)
    succeed(tool.run(), "scaling", where)
    factors: dict[str, tuple[float, ...]] = {
        str(each.findtext("segment")).strip(): tuple(
            float(part) for part in str(each.findtext("scales")).split()
        )
        for each in ET.parse(results / "factors.xml").iter("Scale")  # noqa: S314 - our own
    }
    shutil.copyfile(results / "scaled.osim", out)
    return {
        body: (x, y, z)
        for body, (x, y, z) in factors.items()
        if body != "ground" and not body.endswith("_offset")
    }


def _without_setup(
    file: Path,
    marker_set: Path | None,
    static: tuple[dict[str, Array], Array],
    mass_kg: float,
    out: Path,
) -> Scaling:
    import opensim as osim

    osim.Logger.setLevelString("Off")
    model = osim.Model(str(file))
    if marker_set is not None:
        model.updateMarkerSet(osim.MarkerSet(str(marker_set)))
    chain = _Chain.of(model, static[0])
    measurements = chain.measurements()
    if not measurements:
        raise SchemaError(
            expected=f"markers of the model {file.name}",
            got=f"{len(chain.markers)} of them: {', '.join(chain.markers) or 'none'}",
            where="static trial",
            fix="name the markers as the model does (--marker-map), or add its marker set "
            "(--marker-set)",
        )
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_trc(folder / "static.trc", {m: chain.static[m] for m in chain.markers}, static[1])
        model.printToXML(str(folder / "generic.osim"))
        tool = osim.ScaleTool()
        tool.setName(file.stem)
        tool.setSubjectMass(mass_kg)
        tool.getGenericModelMaker().setModelFileName(str(folder / "generic.osim"))
        scaler, placer = tool.getModelScaler(), tool.getMarkerPlacer()
        times = osim.ArrayDouble()
        for instant in (static[1][0], static[1][-1]):
            times.append(float(instant))
        order = osim.ArrayStr()
        order.append("measurements")
        scaler.setScalingOrder(order)
        scaler.setPreserveMassDist(True)
        for part in (scaler, placer):
            part.setMarkerFileName(str(folder / "static.trc"))
            part.setTimeRange(times)
        for pairs, bodies in measurements:
            scaler.addMeasurement(_measurement(osim, pairs, bodies))
        measuring = {marker for pairs, _ in measurements for pair in pairs for marker in pair}
        tasks = placer.getIKTaskSet()
        for marker in chain.markers:
            task = osim.IKMarkerTask()
            task.setName(marker)
            task.setApply(True)
            task.setWeight(_LANDMARK if marker in measuring else 1.0)
            tasks.cloneAndAppend(task)
        factors = _scaled(tool, folder, folder, file, out)
    told = {
        body: "; ".join(f"{one} to {other}" for one, other in pairs)
        for pairs, bodies in measurements
        for body in bodies
    }
    return Scaling(factors, {body: told.get(body, "not measured") for body in factors})


def _measurement(osim: Any, pairs: Sequence[tuple[str, str]], bodies: Sequence[str]) -> Any:
    measurement = osim.Measurement()
    measurement.setName(bodies[0])
    measurement.setApply(True)
    for one, other in pairs:
        measurement.getMarkerPairSet().cloneAndAppend(osim.MarkerPair(one, other))
    axes = osim.ArrayStr()
    for axis in "XYZ":
        axes.append(axis)
    for body in bodies:
        scale = osim.BodyScale()
        scale.setName(body)
        scale.setAxisNames(axes)
        measurement.getBodyScaleSet().cloneAndAppend(scale)
    return measurement


@dataclass(frozen=True)
class _Chain:
    """Bodies, joints and markers of a model in its default pose, OpenSim's axes, m.

    `before` gives the body that each hangs on (``ground`` for the first), `joints` where; `markers`
    the bodies of those markers that the static trial has, `places` where they are.
    """

    before: dict[str, str]
    joints: dict[str, Array]
    markers: dict[str, str]
    places: dict[str, Array]
    static: dict[str, Array]

    @classmethod
    def of(cls, model: Any, static: Mapping[str, Array]) -> "_Chain":
        state = model.initSystem()
        model.realizePosition(state)
        before, joints = {}, {}
        every = model.getJointSet()
        for joint in (every.get(k) for k in range(every.getSize())):
            body = joint.getChildFrame().findBaseFrame().getName()
            before[body] = joint.getParentFrame().findBaseFrame().getName()
            joints[body] = joint.getChildFrame().getPositionInGround(state).to_numpy()
        there = _seen(static)
        plain = {label.rpartition(":")[2].lower(): label for label in there}
        markers, places, seen = {}, {}, {}
        every = model.getMarkerSet()
        for marker in (every.get(k) for k in range(every.getSize())):
            name = marker.getName()
            xyz = there.get(plain.get(name.lower(), ""))
            if xyz is not None:
                markers[name] = marker.getParentFrame().findBaseFrame().getName()
                places[name] = marker.getLocationInGround(state).to_numpy()
                seen[name] = xyz
        return cls(before, joints, markers, places, seen)

    def measurements(self) -> list[tuple[list[tuple[str, str]], list[str]]]:
        """Return pairs of markers, and the bodies that they measure."""
        own = {body: pair for body in self.before if (pair := self._pair(body)) is not None}
        alike: dict[str, tuple[list[tuple[str, str]], list[str]]] = {}
        for body in self.before:
            measured = body
            while measured not in own and measured in self.before:
                measured = self.before[measured]
            if measured in own:
                pairs, bodies = alike.setdefault(re.sub("_[rl]$", "", measured), ([], []))
                bodies.append(body)
                if body == measured:
                    pairs.append(own[body])
        return [*alike.values()]

    def _pair(self, body: str) -> tuple[str, str] | None:
        """Return the two markers that measure a body, where there are two."""
        own = self._on(body)
        if not own:
            return None
        joint, places = self.joints[body], self.places
        if self.before[body] not in self.before:
            pairs = [(one, other) for one in own for other in own if one < other]
            return max(pairs, key=lambda pair: self._length(*pair), default=None)
        marked = self.before[body]
        while marked in self.before and not self._on(marked):
            marked = self.before[marked]
        near = [*own, *self._on(marked)]
        after = [child for child in self.before if self.before[child] == body]
        beyond = {child: self._first_marked(child) for child in after}
        ends = [self.joints[child] for child, markers in beyond.items() if markers]
        if not ends:
            first = min(near, key=lambda name: float(np.linalg.norm(places[name] - joint)))
            last = max(own, key=lambda name: float(np.linalg.norm(places[name] - joint)))
            return None if first == last else (first, last)
        end = np.mean(ends, axis=0)
        along = (end - joint) / np.linalg.norm(end - joint)
        near += [marker for markers in beyond.values() for marker in markers]

        def off(pair: tuple[str, str]) -> float:
            first, last = (places[name] for name in pair)
            across = (last - first) - np.dot(last - first, along) * along
            beside = np.dot(first - joint, along), np.dot(last - end, along)
            return float(np.dot(across, across) + np.dot(beside, beside))

        pairs = [(one, other) for one in near for other in near if one != other]
        return min(pairs, key=off, default=None)

    def _on(self, body: str) -> list[str]:
        return [marker for marker, of in self.markers.items() if of == body]

    def _first_marked(self, body: str) -> list[str]:
        """Return the markers of a body, or of the first ones after it that have any."""
        after = [child for child in self.before if self.before[child] == body]
        return self._on(body) or [name for child in after for name in self._first_marked(child)]

    def _length(self, one: str, other: str) -> float:
        return float(np.linalg.norm(self.places[one] - self.places[other]))
