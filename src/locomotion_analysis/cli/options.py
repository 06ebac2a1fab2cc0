"""What means the same in every command: DATA, what is kept of it, seeds, processes; and reading."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from locomotion_analysis.errors import SchemaError

if TYPE_CHECKING:
    from locomotion_analysis.data import LocomotionData

EXIT_FINDINGS = 1
"""Status of a command that did its work and found what it looks for: errors, leaks, an alarm."""

Data = Annotated[
    Path,
    typer.Argument(
        help="Gait cycles: a Parquet file, a folder of them, a dataset's folder, or a CSV file."
    ),
]
Rows = Annotated[
    Path,
    typer.Argument(
        help="Gait cycles, as Parquet file, folder or CSV file; or a table of features: CSV or "
        "Parquet, one row a cycle or trial, with a column of subjects. Known by their columns."
    ),
]
SubjectColumn = Annotated[
    str | None,
    typer.Option(
        "--subject-column",
        help="Table of features: the column that says whose row it is. Needed where it is not "
        "called subject, subject_id or participant.",
    ),
]
Features = Annotated[
    list[str] | None,
    typer.Option(
        help="What to learn from; repeat, or separate by commas. Of gait cycles groups: kinematic, "
        "kinetic, temporal, spatial, derived, clinical; of a table of features its columns."
    ),
]
Target = Annotated[str, typer.Option(help="Column to predict.")]
Where = Annotated[
    str | None,
    typer.Option(help='Keep these cycles only: a pandas query, e.g. "age > 60".'),
]
Channels = Annotated[
    list[str] | None,
    typer.Option(help="Keep these channels only; repeat, or separate by commas."),
]
Model = Annotated[Literal["forest", "linear"], typer.Option(help="Kind of model.")]
Folds = Annotated[int, typer.Option(min=2, help="Folds of the cross-validation by subjects.")]
Seed = Annotated[
    int, typer.Option(min=0, help="Seed of all that is drawn: the same gives the same numbers.")
]
Jobs = Annotated[
    int | None,
    typer.Option(min=1, help="Processes side by side; as many as cores where not given."),
]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Show no progress; results, notes and errors stay.")
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON object and nothing else on stdout.")
]
Layout = Annotated[
    Literal["cycle", "long"],
    typer.Option(help="One row a cycle (half the size), or 150 rows a cycle as others read."),
]
Folder = Annotated[Path, typer.Option("--out", help="Folder for the report and its files.")]


def page_name(path: Path | None) -> Path | None:
    """Return a page's name, if it is one: a page that took a data file's place would cost it."""
    if path is not None and path.suffix.lower() not in (".html", ".htm"):
        raise SchemaError(
            expected="a file that ends in .html, as a page is written",
            got=str(path),
            where="--out",
            fix="end it in .html",
        )
    return path


Page = Annotated[Path, typer.Option("--out", help="HTML page to write.", callback=page_name)]


def split_names(texts: Sequence[str] | None) -> list[str] | None:
    """Return the names of an option that may be repeated, or hold several between commas."""
    names = [name.strip() for text in texts or () for name in text.split(",") if name.strip()]
    return names or None


def cores(jobs: int | None) -> int:
    """Return the number of processes asked for; as many as cores where None."""
    from joblib import cpu_count

    return jobs or int(cpu_count())


def cycles_path(path: Path) -> Path:
    """Return where the cycles are: in a ready-made dataset's folder only one file holds them."""
    if not path.is_dir():
        return path  # first: what the next line imports takes longer than to read a file
    from locomotion_analysis.datasets.dataset import CYCLES, MANIFEST

    return path / CYCLES if (path / MANIFEST).is_file() else path


def read_data(
    path: Path, where: str | None = None, channels: Sequence[str] | None = None
) -> "LocomotionData":
    """Read gait cycles, and keep those asked for."""
    from locomotion_analysis.data import LocomotionData

    if path.suffix.lower() == ".csv":
        data = LocomotionData.from_csv(path)
    else:
        data = LocomotionData.from_parquet(cycles_path(path))
    return kept(data, where, channels)


def read_rows(
    path: Path,
    subject_column: str | None = None,
    where: str | None = None,
    channels: Sequence[str] | None = None,
) -> "LocomotionData":
    """Read gait cycles or a table of features, and keep those asked for."""
    from locomotion_analysis.data.feature_tables import read_rows

    return kept(read_rows(cycles_path(path), subject_column), where, channels)


def kept(
    data: "LocomotionData", where: str | None, channels: Sequence[str] | None
) -> "LocomotionData":
    """Return the cycles and channels that are asked for."""
    names = split_names(channels)
    return data if where is None and names is None else data.select(where, channels=names)


def scanned(path: Path) -> "LocomotionData | Path":
    """Return what can be read in batches: the Parquet, or the cycles of a CSV file."""
    return read_data(path) if path.suffix.lower() == ".csv" else cycles_path(path)
