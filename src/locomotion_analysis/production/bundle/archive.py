"""The bundle's file: a zip that is the same for the same content, and is read with suspicion."""

import hashlib
import os
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path

from locomotion_analysis.errors import BundleError
from locomotion_analysis.files import atomic_path
from locomotion_analysis.production.bundle.manifest import Manifest, Member

MANIFEST = "manifest.json"
SIGNATURE = "signature.json"
SCHEMA = "prediction_schema.json"
CARD = "model_card.md"
SKOPS_MODEL = "model.skops"
NETWORK = "model.safetensors"
ONNX_MODEL = "model.onnx"
FEATURES = "reference/features.parquet"
CYCLES = "reference/cycles.parquet"
HELD_OUT = "reference/held_out.parquet"
STATISTICS = "reference/statistics.parquet"
GOLDEN_FEATURES = "golden/features.parquet"
GOLDEN_CYCLES = "golden/cycles.parquet"
GOLDEN_ANSWERS = "golden/cycle_answers.parquet"

MEMBERS = frozenset(
    {
        MANIFEST,
        SIGNATURE,
        SCHEMA,
        CARD,
        SKOPS_MODEL,
        NETWORK,
        ONNX_MODEL,
        FEATURES,
        CYCLES,
        HELD_OUT,
        STATISTICS,
        GOLDEN_FEATURES,
        GOLDEN_CYCLES,
        GOLDEN_ANSWERS,
    }
)
"""The only names a bundle may hold."""

MOST_BYTES = 1 << 30
MOST_RATIO = 200
"""Most bytes unpacked, all together, and of one member against its packed size."""

_UNHASHED = (MANIFEST, SIGNATURE)
_DATE = (1980, 1, 1, 0, 0, 0)
_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_LOCAL_HEADER = 30


def hashes(members: Mapping[str, bytes]) -> dict[str, Member]:
    """Return the SHA-256 and size of each file, by name."""
    return {
        name: Member(hashlib.sha256(content).hexdigest(), len(content))
        for name, content in sorted(members.items())
        if name not in _UNHASHED
    }


def write_archive(path: str | os.PathLike[str], members: Mapping[str, bytes]) -> None:
    """Write files as a zip, whole or not at all.

    Names are sorted, dates fixed: the same content gives the same bytes.

    Parameters
    ----------
    path : path-like
        File to write.
    members : mapping of str to bytes
        Content by name; names of :data:`MEMBERS`.
    """
    with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name in sorted(members):
            entry = zipfile.ZipInfo(name, _DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(entry, members[name], compresslevel=6)


def read_archive(path: str | os.PathLike[str]) -> dict[str, bytes]:
    """Read all files of a bundle into memory; nothing is ever unpacked to the disk.

    Parameters
    ----------
    path : path-like
        File to read.

    Returns
    -------
    dict
        Content by name.

    Raises
    ------
    BundleError
        If it is no zip, is cut off, holds names that no bundle has, a name twice, members that
        overlap, are encrypted, or unpack to more than is allowed.
    """
    place = Path(path)
    try:
        with zipfile.ZipFile(place) as archive:
            entries = archive.infolist()
            _check_entries(entries, place.stat().st_size)
            found = {}
            for entry in entries:
                with archive.open(entry) as stream:
                    found[entry.filename] = stream.read(entry.file_size + 1)
                if len(found[entry.filename]) != entry.file_size:
                    raise _refused(f"{entry.filename} of another length than it says")
            return found
    except BundleError as error:
        raise error.at(str(place)) from None
    except IsADirectoryError:
        raise _refused("a folder", "name the bundle's file").at(str(place)) from None
    except FileNotFoundError:
        raise _refused("nothing at that path", "check the spelling").at(str(place)) from None
    except (OSError, ValueError, EOFError, NotImplementedError, zipfile.BadZipFile) as error:
        raise _refused(f"{type(error).__name__}: {error}").at(str(place)) from error
    except zipfile.zlib.error as error:  # type: ignore[attr-defined]
        raise _refused(f"damaged data: {error}").at(str(place)) from error


def check_hashes(manifest: Manifest, members: Mapping[str, bytes]) -> None:
    """Refuse files that the manifest does not name, or whose hash it does not have.

    Raises
    ------
    BundleError
        Naming the first of them.
    """
    found = hashes(members)
    for name in sorted({*found, *manifest.members}):
        if name not in manifest.members or name not in found:
            here = "in the file" if name in found else "in the manifest"
            raise BundleError(
                expected="the same files in the manifest and in the bundle",
                got=f"{name} {here} only",
                fix="get the bundle again from where it was made",
            )
        if found[name] != manifest.members[name]:
            raise BundleError(
                expected=f"SHA-256 {manifest.members[name].sha256[:16]}… of {name}",
                got=f"{found[name].sha256[:16]}…",
                where=name,
                fix="get the bundle again from where it was made",
            )


def _check_entries(entries: list[zipfile.ZipInfo], n_bytes: int) -> None:
    names = [entry.filename for entry in entries]
    for name in names:
        if name not in MEMBERS:
            raise _refused(f"a member {name[:80]!r}, which no bundle has")
        if names.count(name) > 1:
            raise _refused(f"two members {name}")
    if MANIFEST not in names:
        raise _refused("no manifest.json")
    for entry in entries:
        if entry.flag_bits & _ENCRYPTED:
            raise _refused(f"{entry.filename} encrypted")
        if entry.compress_type not in _METHODS:
            raise _refused(f"{entry.filename} packed by method {entry.compress_type}")
        if entry.file_size > MOST_RATIO * max(entry.compress_size, 1):
            raise _refused(
                f"{entry.filename}, {entry.file_size:,} bytes from {entry.compress_size:,} packed"
            )
    if sum(entry.file_size for entry in entries) > MOST_BYTES:
        raise _refused(f"more than {MOST_BYTES:,} bytes unpacked")
    fault = fault_of_places(entries, n_bytes)
    if fault:
        raise _refused(fault)


def fault_of_places(entries: list[zipfile.ZipInfo], n_bytes: int) -> str:
    """Return what is wrong with where the members of a zip lie; empty where nothing is.

    Members that share bytes of the file would let a small file unpack without end.
    """
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end:
            return f"{entry.filename} overlapping another member"
        end = entry.header_offset + _LOCAL_HEADER + len(entry.filename) + entry.compress_size
    return "members beyond the end of the file" if end > n_bytes else ""


def _refused(got: str, fix: str = "get the bundle again from where it was made") -> BundleError:
    return BundleError(expected="a model bundle", got=got, fix=fix)
