"""Child process that runs ezc3d, scipy, openpyxl and odfpy; started by :mod:`.isolated`.

Compiled code can end its process on some damaged files, and a workbook can unpack to more than
there is memory for; here that ends only this one. Never imported.
"""

import contextlib
import json
import math
import os
import re
import shutil
import struct
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

_BASE_BYTES, _COPIES = 256 << 20, 4
Content = tuple[dict[str, Any], dict[str, Any]]


def main() -> None:
    """Answer one request a line until standard input ends."""
    # ezc3d prints warnings to standard output, which is the answer channel.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    for line in sys.stdin.buffer:
        request = json.loads(line)
        try:
            read = _FORMATS[request["format"]]()
            if sys.platform != "win32":  # a file that lies about its size fails here
                import resource

                hard = resource.getrlimit(resource.RLIMIT_AS)[1]
                most = _address_space() + _BASE_BYTES + _COPIES * request["most_bytes"]
                with contextlib.suppress(ValueError, OSError):
                    resource.setrlimit(resource.RLIMIT_AS, (most, hard))
            meta, arrays = read(Path(request["path"]), request["most_bytes"])
            arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
            head = _head(meta, arrays)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer
            arrays = {}
            head = _head({"error": _reason(error)}, arrays)
        answers.write(head + b"\n")
        for array in arrays.values():
            answers.write(array.reshape(-1).view(np.uint8).data)
        answers.flush()


def _head(meta: dict[str, Any], arrays: dict[str, Any]) -> bytes:
    told = [(name, array.dtype.str, array.shape) for name, array in arrays.items()]
    return json.dumps({"meta": meta, "arrays": told}).encode()


def _address_space() -> int:
    """Return the bytes of address space that this process holds before it reads the file."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 2 << 30


def _reason(error: Exception) -> str:
    """Return the parser's words without ezc3d's own way out, which crashes on damaged files."""
    if isinstance(error, MemoryError) or "bad_alloc" in str(error):
        return "far more memory is needed than a file of this size holds: its counts are wrong"
    if isinstance(error, RecursionError):
        return "values nested too deeply"
    text = (str(error) or type(error).__name__).replace("\n", " ")
    text = text.removesuffix(": iostream error").partition(" If you want")[0]
    return _PLAINLY.get(text.rstrip("."), text)


_PLAINLY = {
    "The format is not standard": "a parameter section that is not standard: where one entry ends "
    "is not where the next begins"
}


def _c3d() -> Callable[[Path, int], Content]:
    import ezc3d

    def values_of(parameter: Any) -> dict[str, Any]:
        if isinstance(parameter, np.ndarray):
            return {"shape": list(parameter.shape), "value": parameter.ravel(order="F").tolist()}
        return {"shape": [len(parameter)], "value": [_readable(str(text)) for text in parameter]}

    def read(path: Path, most_bytes: int) -> Content:  # noqa: ARG001 - the limit is enough
        with tempfile.TemporaryDirectory() as folder:
            readable, hidden = _as_ezc3d_reads(path, Path(folder))
            file = ezc3d.c3d(str(readable))
        header, data = file["header"], file["data"]
        events = header["events"]
        parameters = {
            group: {
                name: values_of(entry["value"])
                for name, entry in content.items()
                if name[:2] != "__"
            }
            for group, content in file["parameters"].items()
        }
        for group, content in parameters.items():
            for name, values in hidden.get(group.upper(), {}).items():
                content[name] = {"shape": [len(values)], "value": values}
        meta = {
            "parameters": parameters,
            "point_rate": float(header["points"]["frame_rate"]),
            "analog_rate": float(header["analogs"]["frame_rate"]),
            "real_offsets": bool(hidden["ANALOG"]),
            "header_events": [
                (float(time), _readable(label))
                for time, label in list(
                    zip(events["events_time"], events["events_label"], strict=False)
                )[: events["size"]]
            ],
            "recoded": [
                f"{group}:{name}"
                for group, content in file["parameters"].items()
                for name, entry in content.items()
                if name[:2] != "__"
                and not all(_is_utf8(text) for text in entry["value"] if isinstance(text, str))
            ],
        }
        arrays = {}
        if "rotations" in data and data["rotations"].size:
            arrays["rotations"] = data["rotations"]
            arrays["reliability"] = reliability(file.c3d_swig.data(), data["rotations"].shape)
        return meta, arrays

    def reliability(data: Any, shape: tuple[int, ...]) -> Any:
        """Return the 17th number of each pose, shape (n_segments, n_samples)."""
        frames = data.nbFrames()
        ratio = shape[3] // frames
        values = np.empty((shape[2], shape[3]))
        for k in range(frames):
            rotations = data.frame(k).rotations()
            for part in range(ratio):
                subframe = rotations.subframe(part)
                for segment in range(shape[2]):
                    values[segment, k * ratio + part] = subframe.rotation(segment).reliability()
        return values

    return read


_BLOCK, _MOST_PARAMETER_BLOCKS, _DEC = 512, 256, 85
_GROUP = re.compile(rb"(?si)[\x05\x06\xfa\xfb]([\x80-\xff])(POINT|ANALOG)")
_NUMBERS = re.compile(rb"(?si)[\x06\x07\xf9\xfa](.)(OFFSET\d?|FRAMES)..([\x02\x04])(\x00|\x01.)")
"""An entry of numbers: length of its name, group, name, step, type, dimensions."""


def _as_ezc3d_reads(path: Path, folder: Path) -> tuple[Path, dict[str, dict[str, Any]]]:
    """Return a file that ezc3d reads, and the parameters that it hides.

    ezc3d takes neither offsets nor a count of frames as real numbers, so it gets the entry as
    integers with a longer description; and it replaces the count by its own.
    """
    with path.open("rb") as stream:
        head = stream.read(_BLOCK * _MOST_PARAMETER_BLOCKS)
    patches: list[tuple[int, bytes]] = []
    processor = head[(head[0] - 1) * _BLOCK + 3]
    section = head[: (struct.unpack_from("<H", head, 16)[0] - 1) * _BLOCK]
    groups = {256 - found[1][0]: found[2].decode().upper() for found in _GROUP.finditer(section)}
    hidden: dict[str, dict[str, Any]] = {"POINT": {}, "ANALOG": {}}
    for entry in _NUMBERS.finditer(section):
        name, group, is_real = (
            entry[2].decode().upper(),
            groups.get(entry[1][0]),
            entry[3] == b"\x04",
        )
        if group != ("POINT" if name == "FRAMES" else "ANALOG"):
            continue
        count = entry[4][1] if len(entry[4]) > 1 else 1
        stored = head[entry.end() : entry.end() + (4 if is_real else 2) * count]
        described = head[entry.end() + len(stored) :][:1]
        if not is_real and name == "FRAMES":
            hidden[group][name] = np.frombuffer(stored, "<u2").astype(float).tolist()
        elif is_real and described and described[0] + 2 * count < 256:
            hidden[group][name] = _reals(stored, processor)
            description = bytes([described[0] + 2 * count]) + b" " * 2 * count
            patches += [(entry.start(3), b"\x02"), (entry.end(), bytes(2 * count) + description)]
    if not patches:
        return path, hidden
    copy = folder / "patched.c3d"
    shutil.copyfile(path, copy)
    with copy.open("r+b") as stream:
        for place, content in patches:
            stream.seek(place)
            stream.write(content)
    return copy, hidden


def _reals(stored: bytes, processor: int) -> list[float]:
    words = np.frombuffer(stored, "<u2").reshape(-1, 2)
    if processor == _DEC:  # the words stand in the other order, times 4
        return [float(value) / 4 for value in np.ascontiguousarray(words[:, ::-1]).view("<f4")]
    return [float(value) for value in words.view("<f4")]


def _is_utf8(text: str) -> bool:
    """Return whether text was UTF-8; ezc3d hands other bytes over as lone surrogates."""
    return not any("\udc80" <= letter <= "\udcff" for letter in text)


def _readable(text: str) -> str:
    """Return text that was not UTF-8 as Windows-1252, and what that lacks as its number."""
    if _is_utf8(text):
        return text
    return text.encode(errors="surrogateescape").decode("cp1252", "backslashreplace")


def _mat() -> Callable[[Path, int], Content]:
    from scipy.io import loadmat, whosmat

    def read(path: Path, most_bytes: int) -> Content:
        kinds = {name: (shape, kind) for name, shape, kind in whosmat(str(path))}
        wanted = {name: pair for name, pair in kinds.items() if pair[1] in _ITEM_BYTES}
        needed = sum(math.prod(shape) * _ITEM_BYTES[kind] for shape, kind in wanted.values())
        if needed > most_bytes:
            return {"unpacked_bytes": needed}, {}
        with path.open("rb") as stream:
            order = stream.read(128)[126:]
        # MATLAB's own text is UTF-16; scipy would take it for UTF-8 and fail on an umlaut.
        # Version 4 has neither a byte order there nor such text.
        codec = {b"IM": "utf-16-le", b"MI": "utf-16-be"}.get(order)
        options: dict[str, Any] = {} if codec is None else {"uint16_codec": codec}
        loaded = loadmat(str(path), variable_names=list(wanted), **options)
        arrays: dict[str, Any] = {}
        for name in wanted:
            arrays.update(_flat(name, loaded[name]))
        needed = sum(array.nbytes for array in arrays.values())  # with what cells hold
        return ({"unpacked_bytes": needed}, {}) if needed > most_bytes else ({}, arrays)

    return read


_ITEM_BYTES = {
    **dict.fromkeys(("double", "int64", "uint64", "cell", "struct"), 8),
    **dict.fromkeys(("single", "int32", "uint32", "char"), 4),
    **dict.fromkeys(("int16", "uint16"), 2),
    **dict.fromkeys(("int8", "uint8", "logical"), 1),
}
"""Kinds of MATLAB variables that can be numbers or text; sparse ones, objects and functions are
not."""


def _flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the arrays of numbers and of text in a value, fields of structs as ``name.field``."""
    if type(value) is not np.ndarray:  # objects, functions and sparse matrices are subclasses
        return
    if value.dtype.names:
        for field in value.dtype.names:
            members = value[field]
            yield from _flat(f"{name}.{field}", members.item() if members.size == 1 else members)
    elif value.dtype.kind == "O":
        members = [_leaf(member) for member in value.ravel(order="F")]
        fit = all(member is not None and member.size == 1 for member in members)
        if fit and len({member.dtype.kind == "U" for member in members}) == 1:
            yield name, np.concatenate([member.ravel() for member in members])
        elif curves := _curves(members):
            yield name, _side_by_side(curves)
        elif _are_alike(members):
            yield name, np.stack(members)
        elif all(_is_apart(member) for member in value.ravel()):
            for number, member in enumerate(value.ravel(order="F"), 1):
                yield from _flat(f"{name}.{number}", member)
    elif (leaf := _leaf(value)) is not None:
        yield name, leaf


def _is_apart(member: Any) -> bool:
    """Return whether a member is a struct, a matrix or empty: no cell of a table of cells."""
    return type(member) is np.ndarray and (
        member.dtype.names is not None or (member.dtype.kind != "U" and member.size != 1)
    )


def _curves(members: list[Any]) -> list[Any]:
    """Return the members of a cell that holds curves, one vector each, or nothing."""
    are_vectors = all(
        member is not None and member.dtype.kind != "U" and member.size == max(member.shape)
        for member in members
    )
    return [member.ravel() for member in members] if are_vectors else []


def _are_alike(members: list[Any]) -> bool:
    """Return whether all members are matrices of numbers of one size."""
    shapes = {
        member.shape if member is not None and member.dtype.kind != "U" else ()
        for member in members
    }
    return len(shapes) == 1 and len(shapes.pop()) > 1


def _side_by_side(curves: list[Any]) -> Any:
    """Return curves as rows of one width; what is missing behind a shorter one is NaN."""
    rows = np.full((len(curves), max(curve.size for curve in curves)), np.nan)
    for row, curve in zip(rows, curves, strict=True):
        row[: curve.size] = curve
    return rows


def _leaf(value: Any) -> Any:
    """Return an array of real numbers or of text, one string a row, or None."""
    if type(value) is not np.ndarray or value.dtype.kind not in "fiubU":
        return None
    if value.dtype.kind == "b":
        return value.astype(np.uint8)
    if value.dtype.kind == "U":
        return np.char.rstrip(value) if value.size else np.array([""])
    return value


def _xlsx() -> Callable[[Path, int], Content]:
    import zipfile

    from openpyxl import load_workbook

    def read(path: Path, most_bytes: int) -> Content:  # noqa: ARG001 - the limit is enough
        sheets: dict[str, Any] = {}
        book = load_workbook(path, read_only=True, data_only=True)
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # programs write wrong ones
            sheets[sheet.title] = [list(row) for row in sheet.iter_rows(values_only=True)]
        with zipfile.ZipFile(path) as archive:
            sheet_parts = [name for name in archive.namelist() if "/worksheets/" in name]
            if any(b"<f" in archive.read(name) for name in sheet_parts):
                formulas = load_workbook(path, read_only=True)
                for sheet in formulas.worksheets:
                    sheet.reset_dimensions()
                    for row, own in zip(sheet.iter_rows(), sheets[sheet.title], strict=False):
                        for cell, value in zip(row, own, strict=False):
                            if cell.data_type == "f" and value is None:
                                return {"formula": f"{sheet.title}!{cell.coordinate}"}, {}
        return {"sheets": _filled(sheets)}, {}

    return read


def _ods() -> Callable[[Path, int], Content]:
    import pandas as pd

    def read(path: Path, most_bytes: int) -> Content:  # noqa: ARG001 - the limit is enough
        frames = pd.read_excel(
            path, sheet_name=None, header=None, dtype=object, na_filter=False, engine="odf"
        )
        sheets = {str(name): frame.to_numpy().tolist() for name, frame in frames.items()}
        return {"sheets": _filled(sheets)}, {}

    return read


def _filled(sheets: dict[str, list[list[Any]]]) -> dict[str, Any]:
    """Return the rows with a cell, numbered from 1, of the sheets that have one."""
    found = {}
    for name, rows in sheets.items():
        kept = []
        for number, row in enumerate(rows, 1):
            cells = [_cell(value) for value in row]
            while cells and cells[-1] in (None, ""):
                cells.pop()
            if cells:
                kept.append((number, cells))
        if kept:
            found[name] = kept
    return found


def _cell(value: Any) -> Any:
    """Return a value as JSON can hold it; a date without a time of day as the day."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    text = str(value)
    return text.removesuffix(" 00:00:00")


_FORMATS = {"c3d": _c3d, "mat": _mat, "xlsx": _xlsx, "ods": _ods}


if __name__ == "__main__":
    main()
