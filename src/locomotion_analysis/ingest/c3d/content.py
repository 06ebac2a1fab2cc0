"""What a C3D file holds, with the quirks of its parameter section taken out."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.errors import FileReadError
from locomotion_analysis.extras import require_installed
from locomotion_analysis.ingest.c3d.header import check_c3d_header
from locomotion_analysis.ingest.isolated import isolated_parser

_MOST_BYTES_PER_FILE_BYTE = 25
_LARGEST_RATE_HZ = 1e6


@dataclass(frozen=True)
class C3DContent:
    """Points, analogue channels and parameters of one C3D file.

    Attributes
    ----------
    points : ndarray, shape (n_frames, n_points, 3)
        As stored; NaN where a point was not seen.
    analogs : ndarray, shape (n_samples, n_channels)
    point_rate_hz, analog_rate_hz : float
    first_frame : int
        Number of the first frame, counted from 0 at the start of the capture.
    """

    points: NDArray[np.float64]
    analogs: NDArray[np.float64]
    point_rate_hz: float
    analog_rate_hz: float
    first_frame: int
    _parameters: Mapping[str, Mapping[str, Mapping[str, Any]]]

    @property
    def point_time_s(self) -> NDArray[np.float64]:
        """Time of each frame on the capture's clock, s: 0 at the capture's first frame."""
        return (self.first_frame + np.arange(len(self.points))) / self.point_rate_hz

    @property
    def analog_time_s(self) -> NDArray[np.float64]:
        """Time of each analogue sample on the same clock, s."""
        start = self.first_frame / self.point_rate_hz
        return start + np.arange(len(self.analogs)) / self.analog_rate_hz

    def numbers(self, group: str, name: str) -> NDArray[np.float64]:
        """Return a numeric parameter in its own shape; empty where it is not there."""
        entry = self._entry(group, name)
        if not entry["value"] or isinstance(entry["value"][0], str):
            return np.empty(0)
        return np.asarray(entry["value"], dtype=np.float64).reshape(entry["shape"], order="F")

    def number(self, group: str, name: str) -> float | None:
        """Return the first value of a numeric parameter, or None."""
        values = self.numbers(group, name).ravel(order="F")
        return float(values[0]) if values.size and np.isfinite(values[0]) else None

    def texts(self, group: str, name: str) -> list[str]:
        """Return a text parameter, stripped, with its continuations (``LABELS2``, ...)."""
        texts: list[str] = []
        part = 1
        while values := self._entry(group, name if part == 1 else f"{name}{part}")["value"]:
            texts += [value.strip() for value in values if isinstance(value, str)]
            part += 1
        return texts

    def _entry(self, group: str, name: str) -> Mapping[str, Any]:
        nothing: Mapping[str, Any] = {"value": [], "shape": [0]}
        return self._parameters.get(group.upper(), {}).get(name.upper(), nothing)


def read_c3d_content(path: Path) -> C3DContent:
    """Read a C3D file in a child process.

    Raises
    ------
    FileReadError
        If it is empty, cut off, malformed, or makes the parser crash or hang.
    MissingExtraError
        If ezc3d is not installed.
    """
    require_installed("ezc3d", "io")
    check_c3d_header(path)
    most_bytes = _MOST_BYTES_PER_FILE_BYTE * path.stat().st_size
    meta, arrays = isolated_parser().parse("c3d", path, most_bytes)
    content = C3DContent(
        points=np.ascontiguousarray(arrays["points"].transpose(2, 1, 0)),
        analogs=np.ascontiguousarray(arrays["analogs"].T),
        point_rate_hz=meta["point_rate"],
        analog_rate_hz=meta["analog_rate"],
        first_frame=meta["first_frame"],
        _parameters={
            group.upper(): {name.upper(): entry for name, entry in content.items()}
            for group, content in meta["parameters"].items()
        },
    )
    _check(content, path)
    return content


def _check(content: C3DContent, path: Path) -> None:
    if content.points.size == 0 and content.analogs.size == 0:
        raise FileReadError(
            expected="a C3D file with points or analogue channels",
            got="a file with neither",
            where=str(path),
        )
    rates = {"point": (content.points, content.point_rate_hz)}
    rates["analogue"] = (content.analogs, content.analog_rate_hz)
    for kind, (values, rate) in rates.items():
        if values.size and not 0 < rate < _LARGEST_RATE_HZ:
            raise FileReadError(
                expected=f"a positive {kind} rate", got=f"{rate} Hz", where=str(path)
            )
