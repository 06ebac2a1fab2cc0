"""A generic OpenSim model scaled to a person from a laboratory's files."""

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.biomechanics import Scaling, scale_generic, scale_opensim
from locomotion_analysis.biomechanics.opensim_model import marker_names, xml_root
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.ingest.convert import recording_with_markers
from locomotion_analysis.ingest.marker_names import refuse_names
from locomotion_analysis.ingest.tables.subjects import PLAUSIBLE

Array = NDArray[np.float64]


def scale_model(
    source: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    static: str | os.PathLike[str] | None = None,
    mass_kg: float | None = None,
    marker_set: str | os.PathLike[str] | None = None,
    marker_map: Mapping[str, str] | None = None,
) -> Scaling:
    """Scale a generic OpenSim model to a person, by a set-up file or by the static trial alone.

    Parameters
    ----------
    source : path-like
        A set-up file of OpenSim's scale tool (``.xml``), or a generic model (``.osim``).
    out : path-like
        The scaled model (``.osim``).
    static : path-like, optional
        Recording of the person standing (C3D, TRC): needed with a model, and in place of the one
        that a set-up file names.
    mass_kg : float, optional
        Needed with a model; in a set-up file it stands.
    marker_set : path-like, optional
        With a model that has no markers of its own: a marker set of OpenSim (``.xml``).
    marker_map : mapping of str to str, optional
        Label in the static trial -> marker of the model
        (:func:`~locomotion_analysis.ingest.read_marker_map`).

    Returns
    -------
    Scaling
        With a model, the pairs of markers by which it was measured
        (:func:`~locomotion_analysis.biomechanics.scale_generic` has the rule).

    Raises
    ------
    SchemaError
        If one of these is missing or does not belong there, or the static trial is none.
    FileReadError
        If a file cannot be read, or OpenSim cannot scale.
    MissingExtraError
        If OpenSim is not installed.
    """
    file = Path(source)
    root = xml_root(file)
    if root.find("Model") is None:
        for name, given in (("mass", mass_kg), ("marker set", marker_set)):
            if given is not None:
                raise SchemaError(
                    expected=f"the {name} where the set-up file has it",
                    got=f"a {name} beside it",
                    where=str(file),
                    fix="change the set-up file, or name a generic model (.osim)",
                )
        if static is None and marker_map:
            named = (root.findtext("ScaleTool/ModelScaler/marker_file") or "").strip()
            static = file.parent / named
        trial = None if static is None else _standing(static, marker_map)
        return scale_opensim(file, out, static=trial)
    low, high = PLAUSIBLE["mass_kg"]
    if static is None or mass_kg is None or not low <= mass_kg <= high:
        raise SchemaError(
            expected=f"a static trial and the mass of the person, {low:g} to {high:g} kg",
            got="no static trial" if static is None else f"a mass of {mass_kg}",
            where=str(file),
            fix="name them (--static FILE --mass KG), or a set-up file of the scale tool",
        )
    with_markers = Path(marker_set or file)
    refuse_names(marker_map or {}, marker_names(with_markers), with_markers.name)
    markers, time_s = _standing(static, marker_map)
    return scale_generic(file, markers, time_s, mass_kg, out, marker_set=marker_set)


def _standing(
    static: str | os.PathLike[str], marker_map: Mapping[str, str] | None
) -> tuple[Mapping[str, Array], Array]:
    recording = recording_with_markers(Path(static), marker_map=marker_map)
    return recording.markers, recording.marker_time_s
