"""The reader of OpenSim's motion and storage files (`.mot`, `.sto`)."""

from pathlib import Path

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.errors import LocomotionError, SchemaError
from locomotion_analysis.ingest.opensim.coordinates import (
    coordinate_columns,
    coordinate_stream,
    follow_knee_sign,
)
from locomotion_analysis.ingest.opensim.external_forces import force_columns, ground_forces
from locomotion_analysis.ingest.opensim.opensim_file import OpenSimTable, read_opensim_table
from locomotion_analysis.ingest.reader import ReadOptions
from locomotion_analysis.ingest.recording import Recording

__all__ = ["OpenSimReader", "follow_knee_sign"]


class OpenSimReader:
    """Inverse kinematics, inverse dynamics and ground forces of OpenSim.

    Row and column counts come from the body; ``inDegrees`` is honoured for rotations (pelvis
    translations stay metres); names of coordinates and their conventions are those of the gait
    models of Delp 1990, Hamner 2010 and Rajagopal 2016.
    """

    name = "opensim"
    description = "OpenSim motion and storage files: angles, moments, ground forces"
    suffixes = (".mot", ".sto")

    def recognises(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - by content
        """Return whether the first lines are of an OpenSim table."""
        text = head.decode("latin-1").lower()
        if b"\0" in head or text.lstrip("ï»¿").startswith("pathfiletype"):
            return False
        lines = [line.strip() for line in text.splitlines()]
        return "endheader" in lines or any(
            line.startswith(("indegrees=", "opensimversion=")) for line in lines
        )

    def read(self, path: Path, options: ReadOptions) -> list[Recording]:  # noqa: ARG002
        """Read one file as one recording.

        Raises
        ------
        FileReadError
            If the file has no table.
        SchemaError
            If the table is damaged, or no column is an angle, moment or ground force.
        """
        try:
            return [_recording(read_opensim_table(path), path)]
        except LocomotionError as error:
            raise error if str(path) in error.where else error.at(str(path)) from None


def _recording(table: OpenSimTable, path: Path) -> Recording:
    stream, history = coordinate_stream(table)
    plates, feet, entries = ground_forces(table)
    if stream is None and feet is None and not plates:
        raise SchemaError(
            expected="coordinates (hip_flexion_r), moments (hip_flexion_r_moment) or ground forces "
            "(ground_force_vx) by OpenSim's names",
            got=f"columns {', '.join(table.columns[:8])}",
            fix="name the columns with a map: --map map.yaml",
        )
    known = coordinate_columns(table) | {name.lower() for name in force_columns(table)}
    unknown = [name for name in table.columns if name not in known and name.lower() not in known]
    dropped = []
    if unknown:
        detail = f"columns without a standard channel: {', '.join(unknown)}"
        dropped.append(HistoryEntry("dropped", detail, len(unknown)))
    return Recording(
        source=str(path),
        streams=tuple(part for part in (stream, feet) if part is not None),
        plates=plates,
        history=(*table.history, *history, *entries, *dropped),
    )
