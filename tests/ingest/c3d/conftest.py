"""A writer of small C3D files, byte by byte: ezc3d writes neither integers nor odd headers."""

import math
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest


def _parameter(group: int, name: str, value: object) -> bytes:
    if isinstance(value, list):  # of text
        cells = [text if isinstance(text, bytes) else text.encode() for text in value]
        width = max(map(len, cells), default=0)
        kind, shape, data = -1, (width, len(cells)), b"".join(c.ljust(width) for c in cells)
    else:
        array = np.asarray(value)
        kind, shape = array.dtype.itemsize, array.shape
        data = array.tobytes(order="F")
    body = struct.pack("<bB", kind, len(shape)) + bytes(shape) + data + b"\0"
    head = struct.pack("<bb", len(name), group) + name.encode()
    return head + struct.pack("<h", len(body) + 2) + body


def _section(groups: dict[str, dict[str, object]]) -> bytes:
    parameters = b"".join(
        struct.pack("<bb", len(name), -k) + name.encode() + struct.pack("<h", 3) + b"\0"
        for k, name in enumerate(groups, 1)
    )
    for k, content in enumerate(groups.values(), 1):
        parameters += b"".join(_parameter(k, name, value) for name, value in content.items())
    return parameters


def _blocks(groups: dict[str, dict[str, object]]) -> int:
    return math.ceil((len(_section(groups)) + 8) / 512)


def _write(
    path: Path,
    analogs: np.ndarray,
    *,
    frames: int = 10,
    first: int = 1,
    rate_hz: float = 100.0,
    header_rate_hz: float | None = None,
    real: bool = True,
    events: tuple[tuple[float, str], ...] = (),
    poses: np.ndarray | None = None,
    has_marker: bool = True,
    header_frames: int | None = None,
    **groups: dict[str, object],
) -> Path:
    """Write one marker that stands at (0, 0, 1000) and `analogs` (n, k) as they are stored.

    Text is a list; float32 and int16 arrays keep their type. `poses` (n, k, 17) is the ROTATION
    block: a matrix by columns and its reliability.
    """
    channels = analogs.shape[1]
    samples = len(analogs) // frames
    scale = np.float32(-1 if real else 1)
    point = {
        "USED": np.int16(has_marker),
        "SCALE": scale,
        "RATE": np.float32(rate_hz),
        "FRAMES": np.uint16(min(frames, 65535)),
        "LABELS": ["HEAD"],
        "UNITS": ["mm"],
        "DATA_START": np.int16(0),
        "Y_SCREEN": ["+Z"],
    }
    analog = {
        "USED": np.int16(channels),
        "LABELS": [f"A{k}" for k in range(channels)],
        "GEN_SCALE": np.float32(1),
        "SCALE": np.ones(channels, np.float32),
        "OFFSET": np.zeros(channels, np.int16),
        "RATE": np.float32(rate_hz * samples),
        "UNITS": ["V"] * channels,
    }
    groups = {
        **groups,
        "POINT": point | groups.get("POINT", {}),
        "ANALOG": analog | groups.get("ANALOG", {}),
    }
    number = np.dtype("<f4") if real else np.dtype("<i2")
    marker = np.tile(np.array([0, 0, 1000, 0], number), (frames, int(has_marker)))
    stored = analogs.astype("<u2").view("<i2") if not real else analogs.astype("<f4")
    data = np.hstack([marker, stored.reshape(frames, -1)]).astype(number).tobytes()
    if poses is not None:
        data = data.ljust(math.ceil(len(data) / 512) * 512, b"\0")
        rotation = {
            "USED": np.int16(poses.shape[1]),
            "DATA_START": np.int16(0),
            "RATIO": np.int16(len(poses) // frames),
            "RATE": np.float32(rate_hz * (len(poses) // frames)),
        }
        groups["ROTATION"] = groups.get("ROTATION", {}) | rotation
        start = 2 + _blocks(groups) + len(data) // 512
        groups["ROTATION"]["DATA_START"] = np.int16(start)
        data += poses.astype("<f4").tobytes()
    parameters, blocks = _section(groups), _blocks(groups)
    head = bytearray(512)
    last = min(first + (frames if header_frames is None else header_frames) - 1, 65535)
    struct.pack_into("<BB5H", head, 0, 2, 0x50, has_marker, channels * samples, first, last, 10)
    struct.pack_into("<fHH", head, 12, scale, 2 + blocks, samples)
    struct.pack_into("<f", head, 20, rate_hz if header_rate_hz is None else header_rate_hz)
    struct.pack_into("<HH", head, 298, 12345, len(events))
    for k, (time, label) in enumerate(events):
        struct.pack_into("<f", head, 304 + 4 * k, time)
        head[396 + 4 * k : 400 + 4 * k] = label.encode().ljust(4)
    section = (struct.pack("<BBBB", 1, 0x50, blocks, 84) + parameters).ljust(blocks * 512, b"\0")
    path.write_bytes(bytes(head) + section + data)
    return path


@pytest.fixture
def write_c3d(tmp_path: Path) -> Callable[..., Path]:
    def write(analogs: np.ndarray, **options: object) -> Path:
        return _write(tmp_path / "trial.c3d", analogs, **options)

    return write
