"""Child process that reads C3D files with ezc3d; run by :mod:`.isolated`, never imported.

ezc3d is C++ and ends its process on some malformed files; here that ends only this one.
"""

import contextlib
import io
import json
import os
import sys
import zipfile
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

_BASE_BYTES, _BYTES_PER_FILE_BYTE = 2 << 30, 100


def main() -> None:
    """Answer one request a line until standard input ends."""
    # ezc3d prints warnings to standard output, which is the answer channel.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    for line in sys.stdin.buffer:
        path = Path(json.loads(line)["path"])
        _limit_memory(path.stat().st_size)
        try:
            packed = _pack(*_read(path))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer
            packed = _pack({"error": _reason(error)}, {})
        _send(answers, packed)


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    import ezc3d

    file = ezc3d.c3d(str(path))
    header, data = file["header"], file["data"]
    meta = {
        "parameters": {
            group: {name: _plain(entry) for name, entry in content.items() if name[:2] != "__"}
            for group, content in file["parameters"].items()
        },
        "point_rate": float(header["points"]["frame_rate"]),
        "analog_rate": float(header["analogs"]["frame_rate"]),
        "first_frame": int(header["points"]["first_frame"]),
    }
    return meta, {"points": data["points"][:3], "analogs": data["analogs"][0]}


def _reason(error: Exception) -> str:
    """Return ezc3d's words without its own way out, which crashes on damaged files."""
    if isinstance(error, MemoryError) or "bad_alloc" in str(error):
        return "ezc3d needs far more memory than a file of this size holds: its counts are wrong"
    text = (str(error) or type(error).__name__).replace("\n", " ")
    return "ezc3d: " + text.removesuffix(": iostream error").partition(" If you want")[0]


def _plain(entry: dict[str, Any]) -> dict[str, Any]:
    value = entry["value"]
    if isinstance(value, np.ndarray):
        return {"shape": list(value.shape), "value": value.ravel(order="F").tolist()}
    return {"shape": [len(value)], "value": [str(text) for text in value]}


def _pack(meta: dict[str, Any], arrays: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("meta.json", json.dumps(meta))
        for name, array in arrays.items():
            with archive.open(name, "w", force_zip64=True) as stream:
                np.save(stream, np.ascontiguousarray(array), allow_pickle=False)
    return buffer.getvalue()


def _send(answers: BinaryIO, packed: bytes) -> None:
    answers.write(len(packed).to_bytes(8, "little"))
    answers.write(packed)
    answers.flush()


def _limit_memory(file_bytes: int) -> None:
    """Let a file that lies about its size fail here rather than take the machine's memory."""
    if sys.platform != "win32":
        import resource

        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        soft = _BASE_BYTES + _BYTES_PER_FILE_BYTE * file_bytes
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


if __name__ == "__main__":
    main()
