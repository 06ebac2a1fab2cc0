"""AddBiomechanics' B3D files: joint angles, moments and ground reactions of solved trials."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.ingest.b3d.b3d_file import (
    B3DHeader,
    looks_like_b3d,
    read_b3d_frames,
    read_b3d_header,
)
from locomotion_analysis.ingest.b3d.ground_forces import ground_reaction_signals
from locomotion_analysis.ingest.b3d.solution import (
    B3DSolution,
    read_solution,
    residual_entry,
    walking_direction,
)
from locomotion_analysis.ingest.opensim.coordinates import coordinate_columns, coordinate_stream
from locomotion_analysis.ingest.opensim.external_forces import lab_axes
from locomotion_analysis.ingest.opensim.opensim_file import OpenSimTable
from locomotion_analysis.ingest.reader import ReadOptions
from locomotion_analysis.ingest.recording import Recording, Stream

_MARKERS = 2
_UP = 1

Array = NDArray[np.float64]


class B3DReader:
    """Reads every trial of a B3D file; needs no other library.

    Examples
    --------
    >>> B3DReader().recognises(Path("x.b3d"), bytes([40, 0, 0, 0, 0, 0, 0, 0, 8, 33, 24, 9]))
    True
    """

    name = "b3d"
    description = "AddBiomechanics B3D: angles, moments and ground reactions of solved trials"
    suffixes = (".b3d",)

    def recognises(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - content decides
        """Return whether the first bytes are of a B3D file."""
        return looks_like_b3d(head)

    def read(self, path: Path, options: ReadOptions) -> list[Recording]:  # noqa: ARG002
        """Read all trials.

        Parameters
        ----------
        path : Path
        options : ReadOptions
            Not needed: a B3D file describes itself.

        Returns
        -------
        list of Recording
            One a trial. Times start at 0 s.

        Raises
        ------
        FileReadError
            If the file is cut off, or its header promises what is not there.
        """
        header = read_b3d_header(path)
        return [_recording(path, header, index) for index in range(len(header.trials))]


def _recording(path: Path, header: B3DHeader, index: int) -> Recording:
    trial = header.trials[index]
    time_s = np.arange(trial.n_frames, dtype=np.float64) * trial.timestep_s
    solution = read_solution(path, header, index)
    table = _table(time_s, solution)
    stream, history = coordinate_stream(table)
    forces, force_history = ground_reaction_signals(
        solution.wrench, header.contact_bodies, walking_direction(solution)
    )
    streams = [] if stream is None else [stream]
    if forces:
        streams.append(Stream(time_s, forces))
    recording = Recording(
        source=str(path),
        trial=trial.name,
        streams=tuple(streams),
        markers=_markers(path, header, index),
        marker_time_s=time_s,
        metadata=_metadata(header),
    )
    read = f"{path.name}: {trial.name}, {trial.n_frames} frames at {1 / trial.timestep_s:g} Hz"
    return recording.then(
        HistoryEntry("read", read),
        *solution.history,
        residual_entry(solution, header.mass_kg),
        *history,
        *_unnamed(table, solution),
        *force_history,
    )


def _table(time_s: Array, solution: B3DSolution) -> OpenSimTable:
    """Name the degrees of freedom as OpenSim's own tables do."""
    columns, parts = [], []
    for values, pattern in (
        (solution.position, "/jointset/joint/{}/value"),
        (solution.velocity, "/jointset/joint/{}/speed"),
        (solution.torque, "{}_moment"),
    ):
        kept = [k for k in range(len(solution.names)) if np.isfinite(values[:, k]).any()]
        columns += [pattern.format(solution.names[k]) for k in kept]
        parts.append(values[:, kept])
    return OpenSimTable(time_s, tuple(columns), np.hstack(parts), in_degrees=False, history=())


def _unnamed(table: OpenSimTable, solution: B3DSolution) -> list[HistoryEntry]:
    named = " ".join(coordinate_columns(table))
    rest = [name for name in solution.names if name not in named]
    if not rest:
        return []
    detail = f"degrees of freedom without a standard channel: {', '.join(rest)}"
    return [HistoryEntry("dropped", detail, len(rest))]


def _markers(path: Path, header: B3DHeader, index: int) -> dict[str, Array]:
    observed = read_b3d_frames(path, header, index, None).get(_MARKERS)
    names = header.marker_names
    if observed is None or observed.shape[1] != 3 * len(names):
        return {}
    return {
        name: lab_axes(observed[:, 3 * k : 3 * k + 3], _UP)
        for k, name in enumerate(names)
        if np.isfinite(observed[:, 3 * k]).any()
    }


def _metadata(header: B3DHeader) -> dict[str, Any]:
    known: dict[str, Any] = {}
    if header.mass_kg > 0:
        known["mass_kg"] = header.mass_kg
    if header.height_m > 0:
        known["height_m"] = header.height_m
    if header.age > 0:
        known["age"] = float(header.age)
    if header.sex in ("female", "male"):
        known["sex"] = header.sex
    if "healthy" in header.tags:
        known["pathology"] = "healthy"
    return known
