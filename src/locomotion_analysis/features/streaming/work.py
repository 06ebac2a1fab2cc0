"""One part from reading to its file, in whatever process."""

import json
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa

from locomotion_analysis import errors
from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import LocomotionError, LocomotionWarning
from locomotion_analysis.features.columns import impossible_counts
from locomotion_analysis.features.streaming.batch import Recipe, extract_view, plan_of, read_batch
from locomotion_analysis.features.streaming.parts import Part
from locomotion_analysis.features.streaming.rows import Segment
from locomotion_analysis.features.view import CycleView
from locomotion_analysis.files import atomic_path

_NOTES_KEY = b"locomotion_analysis.notes"

ReadBatch = Callable[[Sequence[Segment], Recipe], LocomotionData]


@dataclass(frozen=True)
class Task:
    """A part to compute and the file to write it to."""

    part: Part
    recipe: Recipe
    path: str


@dataclass(frozen=True)
class Failure:
    """An error made on purpose, as plain values that any process can hand over.

    Attributes
    ----------
    file : str
        The source file that cannot be read; empty where no file is to blame.
    kind, expected, got, where, fix : str
        Class and parts of the error.
    """

    file: str
    kind: str
    expected: str
    got: str
    where: str
    fix: str

    def error(self) -> LocomotionError:
        """Return the error itself."""
        made: LocomotionError = getattr(errors, self.kind)(
            expected=self.expected, got=self.got, where=self.where, fix=self.fix
        )
        return made


@dataclass(frozen=True)
class Notes:
    """What was found and assumed while computing some cycles.

    Attributes
    ----------
    stance : dict of str to int
        How many cycles' end of stance came from where.
    impossible : dict of str to int
        How many values of a column are impossible and were taken as unknown.
    warnings, history : tuple of str
        What the features warned of; what was done on reading, as JSON.
    """

    stance: dict[str, int]
    impossible: dict[str, int]
    warnings: tuple[str, ...] = ()

    @classmethod
    def joined(cls, notes: "Sequence[Notes]") -> "Notes":
        """Add notes up."""
        stance: Counter[str] = Counter()
        impossible: Counter[str] = Counter()
        for note in notes:
            stance.update(note.stance)
            impossible.update(note.impossible)
        texts = dict.fromkeys(text for note in notes for text in note.warnings)
        return cls(dict(stance), dict(impossible), tuple(texts))


def run_task(task: Task, read: ReadBatch = read_batch) -> Failure | None:
    """Compute a part and write it, whole or not at all.

    Returns
    -------
    Failure or None
        Why the part cannot be computed, or None when its file is there.
    """
    tables, notes = [], []
    for batch in task.part.batches:
        try:
            data = read(batch, task.recipe)
        except LocomotionError as error:
            blamed = [s.file.path for s in batch if s.file.path in error.where]
            return _failure(error, blamed[0] if blamed else "")
        try:
            table, noted = _computed(data, task.recipe)
        except LocomotionError as error:
            return _failure(error, "")
        tables.append(table)
        notes.append(noted)
    _write(Path(task.path), tables, Notes.joined(notes))
    return None


def _computed(data: LocomotionData, recipe: Recipe) -> tuple[pa.Table, Notes]:
    plan = plan_of(recipe)
    view = CycleView(data)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", LocomotionWarning)
        table = extract_view(view, plan)
    stance = {}
    if any("stance_percent" in spec.requires for spec in plan.specs):
        stance = {str(name): count for name, count in Counter(view.stance.source).items()}
    texts = tuple(dict.fromkeys(str(warning.message) for warning in caught))
    return table, Notes(stance, impossible_counts(view.cycles), texts)


def _failure(error: LocomotionError, file: str) -> Failure:
    return Failure(file, type(error).__name__, error.expected, error.got, error.where, error.fix)


def _write(path: Path, tables: Sequence[pa.Table], notes: Notes) -> None:
    joined = pa.concat_tables(tables, promote_options="permissive")
    text = json.dumps(asdict(notes)).encode()
    schema = joined.schema.with_metadata({_NOTES_KEY: text})
    with (
        atomic_path(path) as temporary,
        pa.OSFile(str(temporary), "wb") as sink,
        pa.ipc.new_file(sink, schema) as writer,
    ):
        writer.write_table(joined)


def read_part(path: Path) -> tuple[pa.Table, Notes]:
    """Read a finished part; its numbers stay in the file until they are touched.

    Raises
    ------
    pyarrow.ArrowInvalid
        If the file is not whole.
    """
    with pa.memory_map(str(path)) as source, pa.ipc.open_file(source) as file:
        table = file.read_all()
    notes = json.loads(table.schema.metadata[_NOTES_KEY])
    stored = Notes(notes["stance"], notes["impossible"], tuple(notes["warnings"]))
    return table.replace_schema_metadata(None), stored
