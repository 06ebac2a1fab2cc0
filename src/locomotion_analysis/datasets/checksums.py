"""SHA-256 of every file of a folder, in the form that ``sha256sum -c`` reads."""

from pathlib import Path

from locomotion_analysis.datasets.files import CHECKSUMS
from locomotion_analysis.errors import FileReadError
from locomotion_analysis.files import sha256, write_all


def write_checksums(folder: Path) -> None:
    """Write ``SHA256SUMS`` for all files that lie in `folder` now."""
    names = sorted(path.name for path in folder.iterdir() if path.name != CHECKSUMS)
    lines = [f"{sha256(folder / name)}  {name}\n" for name in names]
    write_all({folder / CHECKSUMS: "".join(lines)})


def verify_checksums(folder: Path) -> None:
    """Compare every file of `folder` with ``SHA256SUMS``.

    Raises
    ------
    FileReadError
        Naming the files that changed or are missing. Files that were added are let be.
    """
    place = folder / CHECKSUMS
    lines = place.read_bytes().decode(errors="replace").splitlines() if place.is_file() else []
    wanted = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    wrong = [f"{name} is missing" for name in wanted if not (folder / name).is_file()]
    wrong += [
        f"{name} has changed"
        for name, digest in wanted.items()
        if (folder / name).is_file() and sha256(folder / name) != digest
    ]
    if wrong or not wanted:
        raise FileReadError(
            expected=f"the files of {CHECKSUMS}, unchanged",
            got=", ".join(wrong) or "no file listed",
            where=str(folder),
            fix="copy or build the dataset again; what you make from it belongs in another folder",
        )
