"""What a bundle says of itself, and its file: a zip that is read with suspicion.

The manifest names inputs, outputs, origin, limits and the hash of every file; a signature of the
manifest shows that whoever made the bundle knew the key.
"""

import hashlib
import hmac
import json
import os
import stat
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from locomotion_analysis.errors import BundleError, FileReadError
from locomotion_analysis.files import atomic_path, plain_json
from locomotion_analysis.statistics.conformal import Conformal
from locomotion_analysis.typed_tree import document

# What a bundle says of itself: inputs, outputs, origin, limits, and a hash of every member


FORMAT = 1
"""Raised when older versions of this package can no longer read a bundle."""


@dataclass(frozen=True)
class ChannelInfo:
    """A channel of the training data.

    Attributes
    ----------
    name : str
        As in the channel grammar.
    unit : str
        Its unit, for example ``rad``.
    positive : str
        What a positive value means, for example ``flexion``.
    needed : bool
        Whether a feature is made of it that training always had: cycles without it are refused.
    """

    name: str
    unit: str
    positive: str
    needed: bool


@dataclass(frozen=True)
class Inputs:
    """What the model's inputs are computed from.

    Attributes
    ----------
    channels : tuple of ChannelInfo
        Channels of the training data, in their order.
    columns : tuple of str
        Columns of ``data.cycles`` that features are made of (speed, height, age ...).
    feature_groups, aggregations : tuple of str
        As for :func:`~locomotion_analysis.features.feature_table`; empty for curves.
    paired : bool
        Whether a row is a leg before and after treatment, and not a gait cycle.
    phase_points : int
        Points of a curve; from 0 to 100 % of the cycle, both ends included.
    """

    channels: tuple[ChannelInfo, ...]
    columns: tuple[str, ...]
    feature_groups: tuple[str, ...]
    aggregations: tuple[str, ...]
    paired: bool
    phase_points: int


@dataclass(frozen=True)
class Training:
    """Where the model comes from.

    Attributes
    ----------
    data_sha256 : str
        SHA-256 over the hashes of the training files; empty where the data was made in memory.
    split_sha256 : str
        SHA-256 of which subject was tested in which fold.
    n_splits, n_subjects, n_rows : int
        Folds, people and rows.
    simulated : bool
        Whether no person was measured.
    created : str
        When it was trained (UTC, ISO 8601).
    """

    data_sha256: str
    split_sha256: str
    n_splits: int
    n_subjects: int
    n_rows: int
    simulated: bool
    created: str


@dataclass(frozen=True)
class Metric:
    """A score on people not trained on, with its 95 % interval over subjects."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Outside:
    """Limit beyond which a row lies outside the training data.

    Attributes
    ----------
    limit : float
        Largest usual distance; see :mod:`~locomotion_analysis.production.bundle.confidence`.
    false_alarms : float
        Share of rows of held-out training subjects beyond it, each person weighing the same.
    usual : dict of str to float
        Median distance of each part of the body in held-out training rows.
    """

    limit: float
    false_alarms: float
    usual: dict[str, float]


@dataclass(frozen=True)
class Parity:
    """How far a converted model is from the original, on some training rows and the golden ones.

    Attributes
    ----------
    member : str
        Name of the converted model's file.
    max_difference : float
        Largest absolute difference of a probability or prediction.
    changed : float
        Share of rows with another label; of a quantity, 0.
    n_rows : int
        Rows compared.
    """

    member: str
    max_difference: float
    changed: float
    n_rows: int


@dataclass(frozen=True)
class Int8:
    """What a network in whole numbers of 8 bits costs, on some training cycles.

    These are training cycles: the scores tell of the arithmetic and not of new people.

    Attributes
    ----------
    max_difference : float
        Largest absolute difference of a probability or prediction.
    changed : float
        Share of rows with another label; of a quantity, 0.
    metric : str
        ``balanced_accuracy``, or of a quantity ``mae``.
    original, quantised : float
        Its value with the network as trained, and in 8 bits.
    n_rows : int
        Rows compared.
    """

    max_difference: float
    changed: float
    metric: str
    original: float
    quantised: float
    n_rows: int


@dataclass(frozen=True)
class ChannelRange:
    """Values of a channel in some of the training cycles, in the channel's unit.

    Attributes
    ----------
    low, high : float
        The smallest and the largest.
    width : float
        From the 5th percentile of the cycles' smallest values to the 95th of their largest: a
        few faulty cycles in the training do not widen it.
    """

    low: float
    high: float
    width: float


@dataclass(frozen=True)
class Member:
    """A file of the bundle."""

    sha256: str
    n_bytes: int


ReferenceKind = Literal["summary", "cycles", "none"]
"""Of the training people: one mean of each; single rows and cycles of each; nothing of anybody."""


@dataclass(frozen=True)
class Manifest:
    """All that is said of a bundle.

    Attributes
    ----------
    format : int
        Format of the bundle.
    name : str
        Title of the model.
    problem, model : str
        As for ``locomotion train --problem`` and ``--recipes``.
    runtime : str
        What the model is made for: ``sklearn``, or ``network`` (PyTorch, on curves).
    kind : str
        ``classification`` or ``regression``.
    target : str
        Column predicted.
    target_unit : str or None
        Its unit.
    classes : tuple
        Sorted labels; empty for a quantity.
    inputs : Inputs
        Channels, columns and features.
    training : Training
        Origin.
    metrics : dict of str to Metric
        Scores.
    conformal : Conformal or None
        None where the model gives no probabilities.
    outside : Outside or None
        None where there are no features to compare.
    onnx : Parity or None
        The converted model, where there is one.
    int8 : Int8 or None
        What the network loses in whole numbers of 8 bits, where it may be run so.
    intended_use : str
        What it is for.
    limits : tuple of str
        What it is not for, and why its scores may mislead.
    versions : dict of str to str
        Libraries it was trained with.
    members : dict of str to Member
        Every file but the manifest and the signature.
    reference : str
        Which of the training people lie in the bundle: ``summary``, ``cycles`` or ``none``.
    people : str
        What of the training people lies in the bundle, in sentences.
    ranges : dict of str to ChannelRange
        Of each channel; empty in bundles written before there were such ranges.
    """

    format: int
    name: str
    problem: str
    model: str
    runtime: str
    kind: str
    target: str
    target_unit: str | None
    classes: tuple[str | int | float | bool, ...]
    inputs: Inputs
    training: Training
    metrics: dict[str, Metric]
    conformal: Conformal | None
    outside: Outside | None
    onnx: Parity | None
    int8: Int8 | None
    intended_use: str
    limits: tuple[str, ...]
    versions: dict[str, str]
    members: dict[str, Member]
    reference: ReferenceKind = "cycles"
    people: str = "Features and curves of at most 120 training people, four of each."
    ranges: dict[str, ChannelRange] = field(default_factory=dict)

    def to_json(self) -> bytes:
        """Return the manifest as JSON, the same bytes for the same content."""
        text = json.dumps(
            asdict(self), indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False
        )
        return (text + "\n").encode()

    @classmethod
    def from_json(cls, content: bytes) -> "Manifest":
        """Return the manifest that :meth:`to_json` wrote.

        Raises
        ------
        BundleError
            If it is damaged, or of a format this version does not know.
        """
        try:
            return document(cls, content, "a bundle", FORMAT, "manifest.json")
        except FileReadError as error:
            raise BundleError(
                expected=error.expected, got=error.got, where=error.where, fix=error.fix
            ) from error


# The bundle's file: a zip that is the same for the same content, and is read with suspicion


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
    # It tells of the people that it was trained on.
    with atomic_path(path, private=True) as temporary, zipfile.ZipFile(temporary, "w") as archive:
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
        got = f"a file that is cut off or of another kind ({error})"
        fix = "name the file that `locomotion bundle` wrote, before the data; or get it again"
        raise _refused(got, fix).at(str(place)) from error
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


# A signature of the manifest: it shows that whoever made the bundle knew the key


ALGORITHM = "hmac-sha256"


def signature_of(manifest: bytes, key: bytes) -> bytes:
    """Return the signature file of a manifest.

    Parameters
    ----------
    manifest : bytes
        The file.
    key : bytes
        Secret of 16 bytes or more.

    Raises
    ------
    BundleError
        If the key is too short to be one.
    """
    least = 16
    if len(key) < least:
        raise BundleError(
            expected=f"a key of {least} bytes or more",
            got=f"{len(key)} bytes",
            where="key",
            fix="make one: head -c 32 /dev/urandom > bundle.key",
        )
    digest = hmac.new(key, manifest, hashlib.sha256).hexdigest()
    return (json.dumps({"algorithm": ALGORITHM, "signature": digest}) + "\n").encode()


def check_signature(members: Mapping[str, bytes], key: bytes) -> None:
    """Refuse a bundle that is not signed with a key.

    Raises
    ------
    BundleError
        If there is no signature, or it is of another key or manifest.
    """
    if SIGNATURE not in members:
        raise BundleError(
            expected="a signed bundle",
            got="no signature",
            where=SIGNATURE,
            fix="sign it when it is made (--key-file), or open it without a key",
        )
    right = json.loads(signature_of(members[MANIFEST], key))
    try:
        found = plain_json(members[SIGNATURE])
    except ValueError as error:
        raise BundleError(expected="plain JSON", got=str(error), where=SIGNATURE) from error
    told = found.get("signature") if isinstance(found, dict) else None
    if not isinstance(told, str) or not hmac.compare_digest(
        told.encode(), right["signature"].encode()
    ):
        raise BundleError(
            expected="a signature made with this key",
            got="another",
            where=SIGNATURE,
            fix="do not use this bundle, or use the key it was signed with",
        )
