"""What the doctor proposes, carrying it out, and changed copies of a dataset, batch by batch."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry, LocomotionData
from locomotion_analysis.data.parquet import (
    refuse_other_ending,
    write_cycle_columns,
    write_parquet,
)
from locomotion_analysis.errors import SchemaError, counted
from locomotion_analysis.files import atomic_path
from locomotion_analysis.progress import Progress
from locomotion_analysis.quality.batch import Floats, Source, batches
from locomotion_analysis.quality.checks import CHECKS
from locomotion_analysis.quality.norm_fit import begun_later
from locomotion_analysis.quality.validation import QualityResult
from locomotion_analysis.standard import N_PHASES, STANDARD_GRAVITY_M_S2, Channel, resample_curves

Kind = Literal[
    "stretch", "unstep", "scale", "swap_axes", "swap_sides", "shift", "flip", "stance", "offset"
]  # fmt: skip

KINDS: dict[str, str] = {
    "stretch": "curves end in copies of one sample: the first {amount:g} samples are the cycle",
    "unstep": "curves rise in steps: {amount:g} samples were repeated to fill the grid",
    "scale": "values are in another unit: multiply by {amount:.6g}",
    "swap_axes": "fore-aft and lateral force are exchanged",
    "swap_sides": "ipsilateral and contralateral channels are exchanged",
    "shift": "cycles begin {amount:g} % before the heel strike of the leg they are named after",
    "flip": "the sign is the other way round",
}
"""Kind -> what is wrong, in the order of treatment."""

REMARKS: dict[str, str] = {
    "stance": "force over the stance alone, without a swing: these are no whole cycles",
    "offset": "the norm's shape at another level: another zero of the angle, or a posture",
}
"""Kind -> what is seen but not corrected: it is for somebody to decide."""


@dataclass(frozen=True, slots=True)
class Prescription:
    """One proposed correction of one subject's channels.

    Attributes
    ----------
    kind : str
        A key of ``KINDS``, or of ``REMARKS`` where nothing is to be carried out.
    dataset, subject : str
    channels : tuple of str
        The channels concerned; of a whole cycle, all.
    amount : float
        Factor, percent of the cycle, samples, or level above the norm, by kind; NaN where there is none, or where
        the factor needs the body mass, which is not known.
    unit : str
        For ``scale``: what the values seem to be in. ``"Nm"`` and ``"N"`` are divided by the
        body mass of each cycle, times `amount`.
    task, task_id, side : str or None
        Only these cycles; all of the subject where None.
    n_cycles : int
    confidence : float
        0 to 1: how much closer to the norm the correction brings the curve.
    evidence : str
        The numbers behind it.
    """

    kind: Kind
    dataset: str
    subject: str
    channels: tuple[str, ...]
    amount: float
    n_cycles: int
    confidence: float
    evidence: str
    unit: str = ""
    task: str | None = None
    task_id: str | None = None
    side: str | None = None

    @property
    def id(self) -> str:
        """Stable short name: two prescriptions that do the same share it."""
        text = repr(
            (self.kind, self.dataset, self.subject, self.channels, f"{self.amount:.6g}", self.unit,
             self.task, self.task_id, self.side)
        )  # fmt: skip
        return hashlib.sha256(text.encode()).hexdigest()[:10]

    @property
    def explanation(self) -> str:
        """What is wrong, in words."""
        text = (KINDS | REMARKS)[self.kind].format(amount=self.amount)
        return f"{text} (they look like {self.unit})" if self.unit else text

    @property
    def is_applicable(self) -> bool:
        """Whether everything it needs is known."""
        return self.kind in KINDS and (self.kind != "scale" or self.amount == self.amount)


@dataclass(frozen=True)
class Diagnosis:
    """What :func:`~locomotion_analysis.quality.diagnose` found.

    Attributes
    ----------
    prescriptions : tuple of Prescription
        In the order of treatment; empty for healthy data. A diagnosis is true where there are any.
    n_cycles, n_subjects : int
        What was looked at.
    remarks : tuple of Prescription
        What somebody must decide about: nothing is carried out.
    """

    prescriptions: tuple[Prescription, ...]
    n_cycles: int
    n_subjects: int
    remarks: tuple[Prescription, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.prescriptions)

    def only(
        self, kinds: Iterable[str] | None = None, channels: Iterable[str] | None = None
    ) -> Self:
        """Return the prescriptions and remarks of some kinds, or for some channels.

        Parameters
        ----------
        kinds : iterable of str, optional
            For example ``["flip"]``; all where None.
        channels : iterable of str, optional
            Only what concerns these channels; all where None.

        Returns
        -------
        Diagnosis

        Raises
        ------
        SchemaError
            If a kind is unknown.
        """
        known = KINDS | REMARKS
        wanted = set(known) if kinds is None else set(kinds)
        if not wanted <= set(known):
            raise SchemaError(
                expected=f"kinds of {tuple(known)}", got=", ".join(sorted(wanted - set(known)))
            )
        names = None if channels is None else set(channels)
        prescriptions, remarks = (
            tuple(
                each
                for each in found
                if each.kind in wanted and (names is None or names & set(each.channels))
            )
            for found in (self.prescriptions, self.remarks)
        )
        return type(self)(prescriptions, self.n_cycles, self.n_subjects, remarks)

    @property
    def table(self) -> pd.DataFrame:
        """One row a prescription."""
        columns = ["kind", "dataset", "subject", "task", "task_id", "side", "channels", "amount",
                   "unit", "n_cycles", "confidence", "evidence"]  # fmt: skip
        rows = [
            {name: getattr(each, name) for name in columns} | {"channels": ", ".join(each.channels)}
            for each in self.prescriptions
        ]
        return pd.DataFrame(rows, columns=columns)

    @property
    def summary(self) -> pd.DataFrame:
        """One row a dataset, kind and channel set: subjects, cycles, lowest confidence."""
        columns = ["dataset", "kind", "channels", "amount", "unit", "subjects", "cycles",
                   "confidence", "what"]  # fmt: skip
        frame = self.table
        if frame.empty:
            return pd.DataFrame(columns=columns)
        frame["what"] = [each.explanation for each in self.prescriptions]
        by = ["dataset", "kind", "channels", "amount", "unit", "what"]
        grouped = frame.groupby(by, sort=False, dropna=False).agg(
            subjects=("subject", "nunique"), cycles=("n_cycles", "sum"),
            confidence=("confidence", "min"),
        )  # fmt: skip
        return grouped.reset_index()[columns]

    @property
    def remark_summary(self) -> pd.DataFrame:
        """One row a dataset, kind and channel: subjects, cycles, median level in degrees.

        Levels above and below the norm stand in rows of their own.
        """
        rows = [
            (each.dataset, each.kind, ", ".join(each.channels), each.subject, each.n_cycles,
             float(np.degrees(each.amount)), each.explanation)
            for each in self.remarks
        ]  # fmt: skip
        columns = ["dataset", "kind", "channels", "subjects", "cycles", "degrees", "what"]
        frame = pd.DataFrame(rows, columns=columns)
        by = ["dataset", "kind", "channels", "what", np.sign(frame["degrees"]).rename("sign")]
        grouped = frame.groupby(by, sort=False, dropna=False).agg(
            subjects=("subjects", "nunique"), cycles=("cycles", "sum"),
            degrees=("degrees", "median"),
        )  # fmt: skip
        return grouped.reset_index()[columns]

    def __repr__(self) -> str:
        found = counted(len(self.prescriptions), "prescription") if self else "nothing to correct"
        lines = [f"Diagnosis of {_of_whom(self.n_subjects, self.n_cycles)}: {found}"]
        lines += [
            f"  {row.dataset}: {row.channels}: {row.what}; {_of_whom(row.subjects, row.cycles)}, "
            f"confidence {row.confidence:.2f} or more"
            for row in self.summary.itertuples()
        ]
        for row in self.remark_summary.itertuples():
            degrees = float(str(row.degrees))
            level = "" if np.isnan(degrees) else f", {degrees:+.0f} degrees"
            lines.append(
                f"  to decide: {row.dataset}: {row.channels}: {row.what}{level}; "
                f"{_of_whom(row.subjects, row.cycles)}"
            )
        return "\n".join(lines)


def _of_whom(subjects: Any, cycles: Any) -> str:
    return f"{counted(int(subjects), 'subject')}, {counted(int(cycles), 'cycle')}"


# Carrying out a prescription

PER_MASS = {"Nm": 1.0, "W": 1.0, "N": STANDARD_GRAVITY_M_S2}
"""Units that are divided by the body mass -> what is divided by as well."""


def stretched(curves: Floats, keep: int) -> Floats:
    """Spread the first `keep` samples over the whole grid (linear)."""
    return resample_curves(curves[..., :keep]).astype(np.float32)


def unstepped(curves: Floats, n_values: int) -> Floats:
    """Undo nearest-neighbour repetition of `n_values` samples (linear between them)."""
    nearest = np.round(np.linspace(0, n_values - 1, N_PHASES)).astype(np.intp)
    firsts = np.unique(nearest, return_index=True)[1]
    return resample_curves(curves[..., firsts]).astype(np.float32)


def mass_factor(unit: str, mass_kg: NDArray[np.float64]) -> NDArray[np.float64]:
    """Factor that turns Nm, W or N into the same per kilogram, or body weights; else 1."""
    if unit not in PER_MASS:
        return np.ones_like(mass_kg)
    return 1.0 / (mass_kg * PER_MASS[unit])


def apply(data: LocomotionData, diagnosis: Diagnosis) -> LocomotionData:
    """Return the data with the prescriptions carried out, and the history saying so.

    A prescription that stands in the history already, or lacks the body mass it needs, is left
    out; so applying twice changes nothing.

    Parameters
    ----------
    data : LocomotionData
    diagnosis : Diagnosis
        Of this data, or of the larger dataset it is part of.

    Returns
    -------
    LocomotionData
        `data` itself where there is nothing to do.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> from locomotion_analysis.quality import diagnose
    >>> data = simulate(n_subjects=3, n_cycles=4)
    >>> apply(data, diagnose(data)) is data
    True
    """
    done = " ".join(entry.detail for entry in data.history if entry.action == "treated")
    todo = [p for p in diagnosis.prescriptions if p.is_applicable and p.id not in done]
    cycles = data.cycles
    indices = cycles.groupby(["dataset", "subject"], sort=False).indices
    rows_of = {name: np.asarray(rows, dtype=np.intp) for name, rows in indices.items()}
    todo = [p for p in todo if (p.dataset, p.subject) in rows_of]
    if not todo:
        return data
    block = data.block.copy()
    masses = cycles.reindex(columns=["mass_kg"])["mass_kg"].to_numpy(dtype=np.float64)
    order = list(KINDS)
    for each in sorted(todo, key=lambda p: order.index(p.kind)):
        rows = rows_of[each.dataset, each.subject]
        for name in ("task", "task_id", "side"):
            wanted = getattr(each, name)
            if wanted is not None:
                rows = rows[(cycles[name].iloc[rows].astype("str") == wanted).to_numpy()]
        if each.kind in ("swap_axes", "swap_sides"):
            for first, second in _pairs(each, data.channels):
                block[first, rows], block[second, rows] = block[second, rows], block[first, rows]
        else:
            own = [data.channels.index(name) for name in each.channels if name in data.channels]
            at = np.ix_(np.array(own, dtype=np.intp), rows)
            block[at] = _treated(block[at], each, masses[rows])
    return LocomotionData(cycles, block, data.channels, (*data.history, *_entries(todo)))


def _treated(curves: Floats, each: Prescription, mass_kg: NDArray[np.float64]) -> Floats:
    """Return curves of shape (n_channels, n_cycles, 150) as they should be."""
    match each.kind:
        case "stretch":
            return stretched(curves, int(each.amount))
        case "unstep":
            return unstepped(curves, int(each.amount))
        case "shift":
            return begun_later(curves, each.amount)
        case "flip":
            return -curves
    factor = each.amount * mass_factor(each.unit, mass_kg)
    return curves * factor.astype(np.float32)[:, None]


def _pairs(each: Prescription, channels: tuple[str, ...]) -> list[tuple[int, int]]:
    """Positions of the channels to exchange."""
    pairs = []
    for name in each.channels:
        if each.kind == "swap_axes":
            other = name.replace("_anterior_", "_lateral_")
        else:
            opposite = Channel.parse(name).opposite()
            other = name if opposite is None else opposite.name
        if name in channels and other in channels and other != name:
            pairs.append((channels.index(name), channels.index(other)))
    return pairs


def _entries(done: list[Prescription]) -> list[HistoryEntry]:
    """One history entry a kind and channel set, with the ids that mark it as done."""
    groups: dict[tuple[str, str, str], list[Prescription]] = {}
    for each in done:
        group = each.dataset, ", ".join(each.channels), each.explanation
        groups.setdefault(group, []).append(each)
    return [
        HistoryEntry(
            "treated",
            f"{dataset}: {channels}: {what}; "
            f"{counted(len({p.subject for p in alike}), 'subject')} "
            f"[{' '.join(p.id for p in alike)}]",
            sum(p.n_cycles for p in alike),
        )
        for (dataset, channels, what), alike in groups.items()
    ]


# Writing a changed copy of a dataset

CLEAN_STAGE, TREAT_STAGE = "writing clean cycles", "treating cycles"

Path = str | os.PathLike[str]


def write_clean(
    result: QualityResult,
    source: Source,
    path: Path,
    batch_cycles: int = 4096,
    progress: Progress | None = None,
) -> int:
    """Write the cycles without findings of severity error; the history says which fell out.

    Parameters
    ----------
    result : QualityResult
        Of the same source.
    source : LocomotionData or path-like
        What was validated.
    path : path-like
        Parquet file to write, whole or not at all.
    batch_cycles : int
        Cycles in memory at a time.
    progress : callable, optional
        ``progress(stage, done, total)``.

    Returns
    -------
    int
        Number of cycles written.

    Raises
    ------
    SchemaError
        If the result is of another source, was stopped early, or no cycle is left.
    """
    refuse_other_ending(path)
    if result.stopped:
        raise SchemaError(
            expected="a source that could be read to its end",
            got=result.stopped.splitlines()[0],
            fix="correct the file first",
        )
    n_clean = int((~result.error_cycles).sum())
    if not n_clean:
        raise SchemaError(
            expected="at least one cycle without an error",
            got=f"{result.n_cycles} cycles with errors",
            fix="look at the findings; `locomotion doctor` may explain them",
        )
    history = list(_history(source))
    if not result.ok:
        codes = result.by_code().query("severity == 'error'")
        reasons = ", ".join(
            f"{row.code} {CHECKS[str(row.code)].title} ({row.findings})"
            for row in codes.itertuples()
        )
        n_dropped = int(result.error_cycles.sum())
        history.append(HistoryEntry("dropped", f"cycles with errors: {reasons}", n_dropped))

    def clean() -> Iterator[LocomotionData]:
        start = 0
        for data in batches(source, batch_cycles):
            keep = ~result.error_cycles[start : start + len(data)]
            if len(keep) != len(data):
                break
            start += len(data)
            if keep.any():
                yield data if keep.all() else data.take(keep.nonzero()[0])
            if progress:
                progress(CLEAN_STAGE, start, result.n_cycles)
        if start != result.n_cycles:
            raise SchemaError(
                expected=f"the {result.n_cycles} cycles that were validated",
                got=f"another number of cycles ({start} or more)",
                fix="validate this source again",
            )

    write_batches(path, clean(), history)
    return n_clean


def treat_file(
    source: Source,
    diagnosis: Diagnosis,
    path: Path,
    batch_cycles: int = 4096,
    progress: Progress | None = None,
) -> None:
    """Write a dataset with the prescriptions carried out, batch by batch.

    Parameters
    ----------
    source : LocomotionData or path-like
    diagnosis : Diagnosis
        Of this source.
    path : path-like
        Parquet file to write, whole or not at all.
    batch_cycles : int
        Cycles in memory at a time.
    progress : callable, optional
        ``progress(stage, done, total)``.
    """

    def treated() -> Iterator[LocomotionData]:
        n_treated = 0
        for data in batches(source, batch_cycles):
            yield apply(data, diagnosis)
            n_treated += len(data)
            if progress:
                progress(TREAT_STAGE, n_treated, diagnosis.n_cycles)

    done = [each for each in diagnosis.prescriptions if each.is_applicable]
    write_batches(path, treated(), (*_history(source), *_entries(done)))


def write_batches(
    path: Path, parts: Iterable[LocomotionData], history: Iterable[HistoryEntry]
) -> None:
    """Write parts with the same channels and columns as one Parquet file of the cycle layout.

    Raises
    ------
    SchemaError
        If the parts differ in channels or columns.
    """
    rest = iter(parts)
    first = next(rest)
    columns = list(first.cycles.columns)

    def tables() -> Iterator[pa.Table]:
        yield _table(first, columns)
        for part in rest:
            if part.channels != first.channels or set(part.cycles.columns) != set(columns):
                raise SchemaError(
                    expected="files with the same channels and columns",
                    got="files that differ",
                    fix="write them as one file first: LocomotionData.from_parquet(folder)"
                    ".to_parquet(file)",
                )
            yield _table(part, columns)

    with atomic_path(path) as temporary:
        write_parquet(temporary, tables(), tuple(history), list(first.channels))


def _history(source: Source) -> tuple[HistoryEntry, ...]:
    """History of the source; of a file, as its first cycle tells it."""
    if isinstance(source, LocomotionData):
        return source.history
    return next(batches(source, 1)).history


def _table(data: LocomotionData, columns: list[str]) -> pa.Table:
    cycles = data.cycles[columns]
    # True and false are the one type that a batch without any value of the column loses.
    empty = [name for name in columns if cycles[name].dtype == object and cycles[name].isna().all()]
    cycles = cycles.astype(dict.fromkeys(empty, "boolean"))
    return pa.table(write_cycle_columns(cycles, data.block, data.channels))
