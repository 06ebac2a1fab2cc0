"""Records of pressure insoles: time, eight forces a foot, and the totals."""

import gzip
import re
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.errors import FileReadError, LocomotionError, SchemaError
from locomotion_analysis.ingest.reader import ReadOptions
from locomotion_analysis.ingest.recording import Recording, Stream
from locomotion_analysis.ingest.tables.numbers import check_rising, parse_number, parse_rows

_COLUMNS = (
    "time",
    *(f"{foot}{sensor}" for foot in "LR" for sensor in range(1, 9)),
    "left total",
    "right total",
)
_GZIP = b"\x1f\x8b"
_MOST_BYTES = 256 * 1024**2
"""Text of a record of 24 hours; a file that unpacks to more is not one."""
_TOTAL_TOLERANCE_N = 1.0
_STUDY_NAME = re.compile(r"^((?:Ga|Ju|Si)(Co|Pt)\d+)_(\d+)$")
_GROUPS = {"Co": "healthy", "Pt": "parkinsons"}


class InsoleReader:
    """Text of 19 columns: time, 8 + 8 insole forces (N), left and right total; plain or gzip.

    The format of PhysioNet's *Gait in Parkinson's disease*; names such as ``GaCo01_02`` give
    subject, walk and group (doi 10.13026/C24H3N).
    """

    name = "insole"
    description = "Insole records: time, 8 + 8 forces and both totals, plain or gzip"
    suffixes = (".txt", ".txt.gz")

    def recognises(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - by content
        """Return whether the first row is 19 numbers, the last two the sums of the others."""
        lines = _unpacked_head(head).splitlines()
        if len(lines) < 2:
            return False
        try:
            row = np.array([parse_number(cell.decode("ascii")) for cell in lines[0].split()])
        except (ValueError, UnicodeDecodeError):
            return False
        return len(row) == len(_COLUMNS) and bool(_totals_agree(row[np.newaxis]).all())

    def read(self, path: Path, options: ReadOptions) -> list[Recording]:  # noqa: ARG002
        """Read one record: the vertical force under each foot, N.

        Raises
        ------
        FileReadError
            If the file is cut off, or unpacks to more than 256 MiB.
        SchemaError
            If rows are ragged, no numbers, or time does not rise.
        """
        try:
            return [_recording(path)]
        except LocomotionError as error:
            raise error if str(path) in error.where else error.at(str(path)) from None


def _recording(path: Path) -> Recording:
    lines = _text(path).splitlines()
    numbers = [k + 1 for k, line in enumerate(lines) if line.strip()]
    values = parse_rows([lines[k - 1].split() for k in numbers], _COLUMNS, numbers)
    time_s = values[:, 0].copy()
    check_rising(time_s, numbers)
    disagree = int((~_totals_agree(values)).sum())
    history = [HistoryEntry("dropped", "16 single sensor forces: no standard channel", 16)]
    if disagree:
        detail = "rows whose totals are not the sums of their sensors; the totals were taken"
        history.append(HistoryEntry("read", detail, disagree))
    signals = {
        "grf_vertical_left_N": values[:, -2].copy(),
        "grf_vertical_right_N": values[:, -1].copy(),
    }
    history.append(HistoryEntry("assumed", "task = level_walking (the format's only one)"))
    subject, trial, metadata = _from_name(path)
    if metadata:
        detail = f"file name {path.name}: subject {subject}, walk {trial}, {metadata['pathology']}"
        history.append(HistoryEntry("read", detail))
    return Recording(
        source=str(path),
        subject=subject,
        task="level_walking",
        trial=trial,
        streams=(Stream(time_s, signals),),
        metadata=metadata,
        history=tuple(history),
    )


def _from_name(path: Path) -> tuple[str, str, dict[str, str]]:
    match = _STUDY_NAME.match(path.name.split(".")[0])
    if match is None:
        return "", "", {}
    return match[1], match[3], {"pathology": _GROUPS[match[2]]}


def _text(path: Path) -> str:
    with path.open("rb") as stream:
        packed = stream.read(2) == _GZIP
    try:
        if packed:
            with gzip.open(path) as stream:
                raw = stream.read(_MOST_BYTES + 1)
        else:
            with path.open("rb") as stream:
                raw = stream.read(_MOST_BYTES + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise FileReadError(
            expected="a whole gzip file",
            got=f"one that is cut off or damaged ({error})",
            where=str(path),
            fix="copy or download the file again",
        ) from None
    if len(raw) > _MOST_BYTES:
        raise FileReadError(
            expected=f"a record of at most {_MOST_BYTES // 1024**2} MiB of text",
            got="more",
            where=str(path),
        )
    try:
        return raw.decode("ascii")
    except UnicodeDecodeError:
        raise SchemaError(expected="numbers as text", got="other bytes") from None


def _totals_agree(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    left = np.abs(values[:, 1:9].sum(axis=1) - values[:, 17]) <= _TOTAL_TOLERANCE_N
    right = np.abs(values[:, 9:17].sum(axis=1) - values[:, 18]) <= _TOTAL_TOLERANCE_N
    agree: NDArray[np.bool_] = left & right
    return agree


def _unpacked_head(head: bytes) -> bytes:
    if not head.startswith(_GZIP):
        return head
    try:
        return zlib.decompressobj(wbits=31).decompress(head, 64 * 1024)
    except zlib.error:
        return b""
