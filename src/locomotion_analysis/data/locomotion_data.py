"""The core object: gait cycles and their curves."""

import html
import os
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, TypeGuard

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from locomotion_analysis.data.columns import refuse_duplicates, tidy_cycles
from locomotion_analysis.data.identity import one_name_a_person
from locomotion_analysis.data.parquet import (
    parquet_files,
    parts_from_table,
    parts_of_file,
    read_csv_table,
    read_parquet_table,
    refuse_other_ending,
    scan_parts,
    table_from_frame,
    write_cycle_columns,
    write_long_columns,
    write_parquet,
)
from locomotion_analysis.data.parts import HistoryEntry, Parts, concatenate, people_of_several
from locomotion_analysis.errors import LocomotionError, SchemaError, counted, did_you_mean, listed
from locomotion_analysis.extras import require
from locomotion_analysis.files import atomic_path
from locomotion_analysis.standard import (
    KEY,
    N_PHASES,
    PHASE_COLUMN,
    TASKS,
    UNITS,
    Channel,
    canonical_name,
)

if TYPE_CHECKING:
    from locomotion_analysis.plots import Plots

Layout = Literal["cycle", "long"]
_LAYOUTS = {"cycle": (write_cycle_columns, 4096), "long": (write_long_columns, 1024)}
"""How each layout's columns are made, and how many cycles at a time."""

_SHOWN_CHANNELS, _SHOWN_VALUES = 6, 5
_SPARKLINE_CYCLES = 1000


class LocomotionData:
    """Gait cycles with one curve a channel, on the phase grid of 150 points. Immutable.

    Parameters
    ----------
    cycles : DataFrame
        One row a gait cycle: the key (dataset, subject, task, task_id, step) and whatever is
        known of the cycle (``cycle_duration_s``, ``speed_m_s``, ``age``, ``pathology``, ...).
        `dataset` and `task_id` are completed where absent, and the history says so.
    curves : array_like, shape (n_channels, n_cycles, 150)
        One channel after the other, float32, in the unit its name says. NaN: not measured.
        They are copied, unless they are the read-only :attr:`block` of another dataset.
    channels : sequence of str
        Standard channel names (see :class:`~locomotion_analysis.standard.Channel`).
    history : iterable of HistoryEntry, optional
        What was done to the data before.

    Raises
    ------
    SchemaError
        If shapes, names or units do not fit.
    DuplicateCycleError
        If two cycles share a key.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> cycles = pd.DataFrame({"subject": ["S1"], "task": ["level_walking"], "step": [0]})
    >>> data = LocomotionData(cycles, np.zeros((1, 1, 150)), ["knee_flexion_angle_ipsi_rad"])
    >>> data.curves("knee_flexion_angle_ipsi_rad").shape
    (1, 150)
    """

    def __init__(
        self,
        cycles: pd.DataFrame,
        curves: ArrayLike,
        channels: Sequence[str],
        history: Iterable[HistoryEntry] = (),
    ) -> None:
        block = curves if _is_sealed(curves) else np.array(curves, dtype=np.float32, order="C")
        expected = (len(channels), len(cycles), N_PHASES)
        if block.shape != expected:
            raise SchemaError(
                expected=f"curves of shape (channels, cycles, {N_PHASES}) = {expected}",
                got=f"{block.shape}",
            )
        if len(set(channels)) != len(channels):
            raise SchemaError(expected="channels that occur once", got=", ".join(channels))
        for name in channels:
            if Channel.parse(name).unit not in UNITS:
                raise SchemaError(
                    expected=f"channels in standard units {tuple(UNITS)}",
                    got=name,
                    fix="convert the values and rename the channel, or use from_dataframe",
                )
        tidied, entries = tidy_cycles(cycles, dataset="unnamed", curves=bool(len(channels)))
        parts = Parts(tidied, block, tuple(channels), tuple(history))
        self._parts = _sealed(parts.then(*(each for each in entries if each not in parts.history)))

    @classmethod
    def _from_parts(cls, parts: Parts) -> Self:
        """Take over parts whose block nobody else holds."""
        data = cls.__new__(cls)
        data._parts = _sealed(parts)  # noqa: SLF001 - a second constructor of this class
        return data

    def __reduce__(self) -> tuple[Any, tuple[Parts]]:
        return self._from_parts, (self._parts,)  # a copy or an unpickled one is immutable, too

    # --- reading -------------------------------------------------------------------------

    @classmethod
    def from_parquet(cls, path: str | os.PathLike[str]) -> Self:
        """Read one Parquet file or a folder of them, in the long or the cycle layout.

        Parameters
        ----------
        path : path-like
            A file, or a folder whose ``*.parquet`` files are joined in name order.

        Raises
        ------
        FileReadError
            If there is no such file, or it is damaged or of another kind.
        SchemaError, CycleShapeError, DuplicateCycleError
            If its columns or rows are not gait cycles on the phase grid.

        Examples
        --------
        >>> from locomotion_analysis.simulation import simulate
        >>> import tempfile, pathlib
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "walk.parquet"
        >>> simulate(n_subjects=3, n_cycles=2).to_parquet(path)
        >>> len(LocomotionData.from_parquet(path)) == 3 * 2 * 5
        True
        """
        pieces = [
            parts_of_file(*read_parquet_table(file), file, Path(path).stem)
            for file in parquet_files(path)
        ]
        if len(pieces) == 1:
            return cls._from_parts(pieces[0])
        try:
            joined = _joined(pieces)
        except LocomotionError as error:
            raise error.at(str(path)) from None
        shared = people_of_several(joined.cycles, [len(piece.cycles) for piece in pieces])
        if shared:
            joined = joined.then(HistoryEntry("assumed", f"{len(pieces)} files{shared}"))
        return cls._from_parts(joined)

    @classmethod
    def from_csv(cls, path: str | os.PathLike[str]) -> Self:
        """Read a comma-separated file in the long layout (one header row).

        Parameters
        ----------
        path : path-like
            The file: 150 rows a cycle, with the columns of :meth:`from_dataframe`.

        Returns
        -------
        LocomotionData

        Raises
        ------
        FileReadError, SchemaError
            As :meth:`from_parquet`.

        Examples
        --------
        >>> import pathlib, tempfile
        >>> from locomotion_analysis.simulation import simulate
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "walk.csv"
        >>> simulate(2, 1, ["level_walking"]).dataframe.to_csv(path, index=False)
        >>> len(LocomotionData.from_csv(path))
        2
        """
        return cls._from_parts(parts_of_file(read_csv_table(path), (), path, Path(path).stem))

    @classmethod
    def from_dataframe(cls, frame: pd.DataFrame) -> Self:
        """Read a pandas frame in the long layout: 150 rows a cycle.

        Parameters
        ----------
        frame : DataFrame
            One row for each cycle and phase: ``phase_ipsi`` from 0 to 100 %, ``subject``, ``task``,
            ``step``, channels (radians, Nm/kg, W/kg, BW; other known units are converted) and any
            other column that describes the cycle and is constant in it.

        Returns
        -------
        LocomotionData

        Raises
        ------
        SchemaError
            If a column that is needed is missing, or a unit or name is not understood.
        CycleShapeError
            If a cycle does not have 150 rows from 0 to 100 %.

        Examples
        --------
        >>> from locomotion_analysis.simulation import simulate
        >>> data = simulate(n_subjects=3, n_cycles=2)
        >>> LocomotionData.from_dataframe(data.dataframe).channels == data.channels
        True
        """
        return cls._from_parts(parts_from_table(table_from_frame(frame), "unnamed"))

    @classmethod
    def from_features(cls, frame: pd.DataFrame, subject_column: str | None = None) -> Self:
        """Take a table of features, one row a cycle or trial, as gait cycles without curves.

        ``run_study``, ``train`` and ``leak_audit`` learn from its columns; what needs curves
        refuses it.

        Parameters
        ----------
        frame : DataFrame
            Whose row it is, what is to be predicted, and numbers.
        subject_column : str, optional
            Column that says whose row it is; needed where it is not called subject, or by an
            alias of it (subject_id, participant).

        Returns
        -------
        LocomotionData
            Without channels. Its history says what was renamed and assumed.

        Raises
        ------
        SchemaError
            If there is no such column, a column occurs twice, or a row names nobody.

        Examples
        --------
        >>> table = pd.DataFrame({"patient": ["a", "a", "b"], "knee_rom_deg": [61.0, 60.2, 48.5]})
        >>> data = LocomotionData.from_features(table, "patient")
        >>> data.channels, data.cycles[["subject", "step", "knee_rom_deg"]].values.tolist()
        ((), [['a', 1, 61.0], ['a', 2, 60.2], ['b', 1, 48.5]])
        """
        from locomotion_analysis.data.feature_tables import rows_of_table

        return cls._from_parts(rows_of_table(table_from_frame(frame), subject_column)._parts)  # noqa: SLF001 - own class

    @classmethod
    def concat(cls, datasets: Iterable["LocomotionData"]) -> Self:
        """Join pieces of one dataset; a channel that one does not have is NaN there.

        A subject of one dataset that occurs in several pieces is one person, and the history
        names them; :func:`~locomotion_analysis.data.merge_datasets` joins different people.

        Parameters
        ----------
        datasets : sequence of LocomotionData
            The pieces, in the order of their cycles.

        Returns
        -------
        LocomotionData

        Raises
        ------
        SchemaError
            If `datasets` is empty.
        DuplicateCycleError
            If two cycles share a key.

        Examples
        --------
        >>> from locomotion_analysis.simulation import simulate
        >>> data = simulate(n_subjects=4, n_cycles=3, tasks=["level_walking"])
        >>> len(LocomotionData.concat([data.take(range(5)), data.take(range(5, 12))]))
        12
        """
        datasets = list(datasets)
        if not datasets:
            raise SchemaError(
                expected="at least one dataset to join",
                got="none",
                fix="pass a list, LocomotionData.concat([first, second])",
            )
        for each in datasets:
            refuse_other(each)
        joined = _joined([data._parts for data in datasets])  # noqa: SLF001 - own class
        detail = "datasets joined" + people_of_several(joined.cycles, map(len, datasets))
        entry = HistoryEntry("concatenated", detail, len(datasets))
        return cls._from_parts(joined.then(entry))

    @classmethod
    def scan(cls, path: str | os.PathLike[str], batch_cycles: int = 4096) -> Iterator[Self]:
        """Yield a Parquet file or folder in batches of whole cycles, with bounded memory.

        Parameters
        ----------
        path : path-like
            As for :meth:`from_parquet`.
        batch_cycles : int
            Most cycles in memory at a time.

        Yields
        ------
        LocomotionData
            Consecutive cycles. Duplicates are looked for within a batch only.
        """
        yield from map(cls._from_parts, scan_parts(path, batch_cycles))

    # --- looking -------------------------------------------------------------------------

    @property
    def cycles(self) -> pd.DataFrame:
        """One row a gait cycle (a copy: changing it changes nothing here)."""
        return self._parts.cycles.copy()

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of what is known of each cycle, in the order of :attr:`cycles`."""
        return tuple(self._parts.cycles.columns)

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels, in the order of :attr:`block`."""
        return self._parts.channels

    @property
    def block(self) -> NDArray[np.float32]:
        """All curves, read-only, shape (n_channels, n_cycles, 150)."""
        return self._parts.block

    @property
    def history(self) -> tuple[HistoryEntry, ...]:
        """What was done to the data, oldest first."""
        return self._parts.history

    @property
    def key(self) -> pd.MultiIndex:
        """The cycle key (dataset, subject, task, task_id, step), one entry a cycle."""
        return pd.MultiIndex.from_frame(self._parts.cycles[list(KEY)])

    @property
    def groups(self) -> NDArray[Any]:
        """The subject of each cycle, for scikit-learn's ``groups=``."""
        return self._parts.cycles["subject"].to_numpy(dtype=object)

    @property
    def is_simulated(self) -> bool:
        """Whether any cycle is simulated."""
        return "simulated" in self._parts.cycles and bool(
            self._parts.cycles["simulated"].eq(True).any()
        )

    def curves(self, channel: str) -> NDArray[np.float32]:
        """Return one channel of all cycles, a read-only view of shape (n_cycles, 150).

        Parameters
        ----------
        channel : str
            A channel of this dataset, or an alias of one.

        Raises
        ------
        SchemaError
            If the dataset has no such channel.
        """
        view: NDArray[np.float32] = self._parts.block[self._position(channel)]
        return view

    def channel(self, name: str) -> str:
        """Return the full name of a channel of this dataset.

        Parameters
        ----------
        name : str
            The channel, an alias of it, or the start of it that names one channel of the
            ipsilateral leg or the midline; an angle goes before what else has that start:
            ``"knee_flexion"`` is ``"knee_flexion_angle_ipsi_rad"``.

        Raises
        ------
        SchemaError
            If there is no such channel, or several; those that are near are named.

        Examples
        --------
        >>> from locomotion_analysis.simulation import simulate
        >>> simulate(n_subjects=2, n_cycles=2).channel("knee_flexion")
        'knee_flexion_angle_ipsi_rad'
        """
        begun = [] if name in self.channels else self._begun_by(name)
        return begun[0] if len(begun) == 1 else self.channels[self._position(name)]

    def __getitem__(self, name: str) -> "NDArray[np.float32] | pd.Series[Any]":
        """Return a channel's curves, shape (n_cycles, 150), or a column of the cycles."""
        _refuse_no_name(name)
        if name in self._parts.cycles:
            column: pd.Series[Any] = self._parts.cycles[name].copy()
            return column
        return self.curves(self.channel(name))

    def head(self, n: int = 5) -> Self:
        """Return the first cycles.

        Parameters
        ----------
        n : int
            How many; all where there are fewer.

        Returns
        -------
        LocomotionData

        Examples
        --------
        >>> from locomotion_analysis.simulation import simulate
        >>> len(simulate(n_subjects=4, n_cycles=3, tasks=["level_walking"]).head(2))
        2
        """
        return self.take(np.arange(min(n, len(self))))

    def contralateral_in_phase(self, channel: str) -> NDArray[np.float32]:
        """Return a contralateral channel on its own cycle, from contralateral heel strike on.

        Parameters
        ----------
        channel : str
            A contralateral channel.

        Returns
        -------
        ndarray of float32, shape (n_cycles, 150)
            See :func:`~locomotion_analysis.plots.curves.contralateral_in_phase`.
        """
        from locomotion_analysis.plots.curves import contralateral_in_phase

        return contralateral_in_phase(self, channel)

    @property
    def plot(self) -> "Plots":
        """Pictures of the data: ``data.plot.curves("knee_flexion", by="pathology")``."""
        from locomotion_analysis.plots import Plots

        return Plots(self)

    def array(self, channels: Sequence[str] | None = None) -> NDArray[np.float32]:
        """Return some channels as a new array of shape (n_cycles, 150, n_channels).

        Parameters
        ----------
        channels : sequence of str, optional
            Channels in the order wanted; all where None.
        """
        names = self._parts.channels if channels is None else channels
        if isinstance(names, str):
            names = [names]
        return np.stack([self.curves(name) for name in names], axis=-1)

    @property
    def dataframe(self) -> pd.DataFrame:
        """The long view: 150 rows a cycle, metadata, phase and channels.

        The phase stands under both names of the field, ``phase_ipsi`` and ``phase_percent``;
        where frames are read again, the second is dropped.
        """
        columns = write_long_columns(self._parts.cycles, self._parts.block, self._parts.channels)
        frame: pd.DataFrame = pa.table(columns).to_pandas()
        # Pandas lets two columns share their values until one is written to.
        place = list(frame.columns).index(PHASE_COLUMN)
        frame.insert(place + 1, "phase_percent", frame[PHASE_COLUMN])
        return frame

    def __len__(self) -> int:
        return len(self._parts.cycles)

    def summary(self) -> pd.DataFrame:
        """Return one row a dataset, task and pathology: subjects, cycles, mean age, speed."""
        cycles = self._parts.cycles
        by = [name for name in ("dataset", "task", "pathology") if name in cycles]
        groups = cycles.groupby(by, sort=False, dropna=False, observed=True)
        table = pd.DataFrame({"subjects": groups["subject"].nunique(), "cycles": groups.size()})
        table["cycles_per_subject"] = table["cycles"] / table["subjects"]
        for name in ("age", "height_m", "mass_kg", "speed_m_s", "cycle_duration_s"):
            if name in cycles and pd.api.types.is_numeric_dtype(cycles[name]):
                table[f"mean_{name}"] = groups[name].mean()
        return table.reset_index()

    def missing(self) -> "pd.Series[float]":
        """Return the percent of cycles in which each channel was not fully measured."""
        gaps = [np.count_nonzero(np.isnan(curves).any(axis=1)) for curves in self.block]
        shares = 100.0 * np.array(gaps) / (len(self) or np.nan)
        return pd.Series(shares, list(self.channels), name="missing_percent", dtype=np.float64)

    def __repr__(self) -> str:
        cycles, channels = self._parts.cycles, self.channels
        counts = {"tasks": cycles["task"].value_counts()}
        if "pathology" in cycles:
            stated = cycles["pathology"].astype(object).fillna("not stated")
            counts["pathology"] = stated.value_counts()
        lines = [f"LocomotionData: {self._headline()}"]
        for what, found in counts.items():
            lines.append(f"  {what}: " + ", ".join(f"{k} {v:,}" for k, v in found.items()))
        rest = len(channels) - _SHOWN_CHANNELS
        more = f", ... and {rest} more" if rest > 0 else ""
        lines.append("  channels: " + ", ".join(channels[:_SHOWN_CHANNELS]) + more)
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        table = self.summary()
        table["task"] = table["task"].map(lambda name: TASKS.get(name, name))
        missing = self.missing()
        rows = "".join(
            f"<tr><td>{html.escape(name)}</td><td>{_sparkline(curves)}</td>"
            f"<td>{missing[name]:.3g} %</td></tr>"
            for name, curves in zip(self.channels, self.block, strict=True)
        )
        return (
            f"<div><strong>LocomotionData</strong>: {html.escape(self._headline())}"
            f"{table.to_html(index=False, float_format='{:.3g}'.format)}"
            f"<details><summary>{len(self.channels)} channels</summary><table><tr><th>Channel</th>"
            f"<th>Mean over the cycle</th><th>Cycles not fully measured</th></tr>{rows}</table>"
            "</details></div>"
        )

    def _headline(self) -> str:
        cycles = self._parts.cycles
        subjects = cycles[["dataset", "subject"]].drop_duplicates().shape[0]
        tasks = cycles["task"].nunique()
        text = (
            f"{counted(len(cycles), 'gait cycle')}, {counted(subjects, 'subject')}, "
            f"{counted(tasks, 'task')}, {counted(len(self.channels), 'channel')}"
        )
        simulated = int(cycles["simulated"].eq(True).sum()) if self.is_simulated else 0
        some = f"{simulated:,} of them " if simulated < len(cycles) else ""
        return text + (f" — {some}simulated" if simulated else "")

    # --- choosing ------------------------------------------------------------------------

    def select(
        self, where: str | None = None, *, channels: Sequence[str] | None = None, **values: Any
    ) -> Self:
        """Return the cycles whose columns have the given values, of all channels or some.

        Parameters
        ----------
        where : str, optional
            An expression of :meth:`pandas.DataFrame.query` over the columns of `cycles`,
            for example ``"age > 60 and pathology == 'healthy'"``. Where it is not known, for a
            value is missing, the cycle is left out.
        channels : sequence of str, optional
            Channels to keep, in the order wanted; all where None.
        **values
            Column and the value it shall have, or several of them: a list, set, array, Series
            or Index.

        Raises
        ------
        SchemaError
            If a column or channel does not exist, or no cycle or channel is left.

        Examples
        --------
        >>> from locomotion_analysis.simulation import simulate
        >>> data = simulate(n_subjects=3, n_cycles=2)
        >>> sorted(data.select(task=["level_walking", "stair_ascent"]).cycles["task"].unique())
        ['level_walking', 'stair_ascent']
        >>> data.select(channels=["knee_flexion_angle_ipsi_rad"]).channels
        ('knee_flexion_angle_ipsi_rad',)
        """
        if channels is not None:
            chosen = self._of_channels(channels)
            return chosen.select(where, **values) if values or where is not None else chosen
        keep = np.ones(len(self), dtype=bool)
        values = {k: list(v) if pd.api.types.is_list_like(v) else v for k, v in values.items()}
        for name, wanted in values.items():
            keep &= self._has_value(name, wanted if isinstance(wanted, list) else [wanted])
        if where is not None:
            keep &= self._query(where)
        asked = ", ".join([*(f"{k}={v!r}" for k, v in values.items()), *([where] if where else [])])
        if not keep.any():
            raise SchemaError(
                expected=f"at least one cycle with {asked}",
                got="none",
                where="select",
                fix="; ".join(f"{name} has {self._values_shown(name)}" for name in values)
                or "look at the values in data.cycles, or `locomotion describe`",
            )
        chosen = self.take(np.flatnonzero(keep))
        entry = HistoryEntry("selected", f"{asked}: {len(chosen)} of {len(self)} cycles")
        return chosen.with_history(entry)

    def take(self, indices: ArrayLike) -> Self:
        """Return the cycles at some positions, in that order; none for an empty list.

        Parameters
        ----------
        indices : array-like of int or bool
            Positions from 0, negative ones from the end; or a mask, shape (n_cycles,).

        Returns
        -------
        LocomotionData

        Raises
        ------
        SchemaError
            If there is no cycle at one of them.

        Examples
        --------
        >>> from locomotion_analysis.simulation import simulate
        >>> data = simulate(n_subjects=4, n_cycles=3, tasks=["level_walking"])
        >>> data.take([2, 0]).cycles["step"].tolist() == data.cycles["step"].iloc[[2, 0]].tolist()
        True
        """
        rows = np.asarray(indices)
        if not rows.size:
            rows = rows.astype(np.intp)  # of an empty list NumPy makes floats
        mask = rows.dtype == bool and rows.shape == (len(self),)
        inside = rows.dtype.kind in "iu" and ((rows >= -len(self)) & (rows < len(self))).all()
        if rows.ndim != 1 or not (mask or inside):
            raise SchemaError(
                expected=f"positions of cycles, whole numbers below {len(self)}",
                got=f"{rows.dtype} {np.array2string(rows, threshold=6)}",
                where="take",
                fix="choose cycles by their columns with select",
            )
        cycles = self._parts.cycles.iloc[rows].reset_index(drop=True)
        block = np.ascontiguousarray(self._parts.block[:, rows])
        return self._from_parts(Parts(cycles, block, self.channels, self.history))

    def narrowed(self, channels: Sequence[str], columns: Collection[str]) -> Self:
        """Return the same cycles with some channels, and of their columns the key and some others.

        For models, which must not see what they were not trained on: the history stays as it is.

        Parameters
        ----------
        channels : sequence of str
            Channels to keep, in this order.
        columns : collection of str
            Columns of the cycles to keep, besides the key.

        Returns
        -------
        LocomotionData

        Examples
        --------
        >>> from locomotion_analysis.simulation import simulate
        >>> data = simulate(n_subjects=2, n_cycles=1, tasks=["level_walking"])
        >>> data.narrowed(["knee_flexion_angle_ipsi_rad"], ["age"]).columns
        ('dataset', 'subject', 'task', 'task_id', 'step', 'age')
        """
        of_cycles = [name for name in self.columns if name in KEY or name in columns]
        cycles, block, kept = self._parts.cycles, self._parts.block, tuple(channels)
        if kept == self.channels and len(of_cycles) == len(self.columns):
            return self
        if kept != self.channels:
            block = block[[self._position(name) for name in kept]]
        return self._from_parts(Parts(cycles[of_cycles], block, kept, self.history))

    def with_history(self, *entries: HistoryEntry) -> Self:
        """Return the same data with entries at the end of its history.

        Parameters
        ----------
        *entries : HistoryEntry
            What was done to the data: action, detail, number of cycles or channels.

        Returns
        -------
        LocomotionData
        """
        return self._from_parts(self._parts.then(*entries))

    # --- writing -------------------------------------------------------------------------

    def to_parquet(self, path: str | os.PathLike[str], layout: Layout = "cycle") -> None:
        """Write one Parquet file, whole or not at all.

        Parameters
        ----------
        path : path-like
            File to write; an older one is replaced only when the new one is complete.
        layout : {"cycle", "long"}
            One row a cycle with a list of 150 values a channel (half the size), or
            150 rows a cycle as other tools of the field read.

        Raises
        ------
        SchemaError
            If there is no cycle, or no such layout.
        """
        refuse_other_ending(path)
        if layout not in _LAYOUTS:
            raise SchemaError(expected=f"a layout of {tuple(_LAYOUTS)}", got=repr(layout))
        if not len(self):
            raise SchemaError(
                expected="at least one gait cycle to write", got="none", where=str(path)
            )
        columns, batch = _LAYOUTS[layout]
        cycles, block, channels = self._parts.cycles, self._parts.block, self._parts.channels
        batches = (slice(start, start + batch) for start in range(0, len(self), batch))
        tables = (
            pa.table(columns(cycles.iloc[rows], block[:, rows], channels)) for rows in batches
        )
        with atomic_path(path) as temporary:
            write_parquet(temporary, tables, self._parts.history, list(channels))

    # --- preparing for models --------------------------------------------------------------

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write the long view as CSV, whole or not at all; :meth:`from_csv` reads it again.

        The history is not in it: a CSV file has no place for it.

        Parameters
        ----------
        path : path-like
            File to write, 150 rows a cycle.

        Raises
        ------
        SchemaError
            If it ends as files of another format do.
        """
        refuse_other_ending(path, ".csv")
        with atomic_path(path) as new:
            self.dataframe.drop(columns="phase_percent").to_csv(new, index=False)

    def to_xarray(self) -> Any:
        """Return the cycles as an xarray dataset of dimensions (cycle, phase).

        See :func:`~locomotion_analysis.datasets.export.to_xarray`.
        """
        from locomotion_analysis.datasets.export import to_xarray

        return to_xarray(self)

    def to_polars(self) -> Any:
        """Return the long view as a polars data frame, 150 rows a cycle.

        Raises
        ------
        MissingExtraError
            If polars is not installed.

        Examples
        --------
        >>> from locomotion_analysis.simulation import simulate
        >>> simulate(2, 2, ["run"], ["healthy"]).to_polars().height
        600
        """
        polars = require("polars", "polars")
        columns = write_long_columns(self._parts.cycles, self._parts.block, self._parts.channels)
        return polars.from_arrow(pa.table(columns))

    def prepare_ml_features(
        self,
        target: str,
        features: Sequence[str] = ("kinematic", "kinetic", "temporal"),
        aggregations: Sequence[str] = ("mean", "std", "max", "min"),
    ) -> tuple[pd.DataFrame, "pd.Series[Any]"]:
        """Return one row of named features a cycle, and the column to predict.

        Parameters
        ----------
        target : str
            A column of `cycles`.
        features : sequence of str
            Feature groups: kinematic, kinetic, temporal, spatial, derived.
        aggregations : sequence of str
            Statistics of every curve: mean, std, max, min, rom, median, q25, ...

        Returns
        -------
        X : DataFrame, shape (n_cycles, n_features)
            Indexed by the cycle key: ``X.index.get_level_values("subject")`` are the groups.
        y : Series, shape (n_cycles,)
            The target, without the cycles in which it is missing.

        See Also
        --------
        locomotion_analysis.features.table.ml_features : the same, with all the details.
        """
        from locomotion_analysis.features.table import ml_features

        return ml_features(self, target, features=features, aggregations=aggregations)

    def prepare_sequential_features(
        self, target: str, sequence_length: int = N_PHASES, features: Sequence[str] | None = None
    ) -> tuple[NDArray[np.float32], "pd.Series[Any]"]:
        """Return the curves as a sequence array, and the column to predict.

        Parameters
        ----------
        target : str
            A column of `cycles`.
        sequence_length : int
            Points a cycle; other than 150, the curves are resampled on the phase grid.
        features : sequence of str, optional
            Channels in the order wanted; all where None.

        Returns
        -------
        X : ndarray of float32, shape (n_cycles, sequence_length, n_channels)
        y : Series, shape (n_cycles,)
            Indexed by the cycle key.
        """
        from locomotion_analysis.features.sequences import sequential_features

        return sequential_features(self, target, sequence_length=sequence_length, features=features)

    def to_torch_dataset(
        self,
        target: str,
        features: Sequence[str] | None = None,
        sequence_length: int = N_PHASES,
        subjects: Sequence[Any] | None = None,
        classes: Sequence[Any] | None = None,
    ) -> Any:
        """Return the cycles as a PyTorch dataset that copies only the batches asked for.

        Parameters
        ----------
        target, features, sequence_length, subjects, classes
            See :func:`locomotion_analysis.features.to_torch_dataset`.

        Returns
        -------
        SequenceDataset
            Items ``(curves, target, measured)``; `classes`, `groups`, `subject_split`.
        """
        from locomotion_analysis.features import to_torch_dataset

        return to_torch_dataset(self, target, features, sequence_length, subjects, classes)

    # --- inside ----------------------------------------------------------------------------

    def _position(self, channel: str) -> int:
        _refuse_no_name(channel)
        name = channel if channel in self._parts.channels else canonical_name(channel)
        if name not in self._parts.channels:
            near = self._begun_by(name) or self._near(name)
            raise SchemaError(
                expected="a channel of this dataset",
                got=repr(channel),
                fix=f"did you mean {', '.join(near)}?"
                if near
                else "see data.channels, or `locomotion info`",
            )
        return self._parts.channels.index(name)

    def _begun_by(self, name: str) -> list[str]:
        """Return ipsilateral and midline channels that begin with `name`, the angles where any."""
        begun = [each for each in self.channels if each.startswith(f"{name}_")]
        own = [each for each in begun if Channel.parse(each).side != "contra"]
        return [each for each in own if Channel.parse(each).measurement == "angle"] or own

    def _near(self, name: str) -> list[str]:
        """Return channels whose full or short name is nearly `name`."""
        own = (each for each in self.channels if Channel.parse(each).side != "contra")
        words = {Channel.parse(each).quantity.removesuffix("_angle"): each for each in own}
        words |= {each: each for each in self.channels}
        return list(dict.fromkeys(words[word] for word in get_close_matches(name, words, n=3)))

    def _of_channels(self, names: Sequence[str]) -> Self:
        asked = [names] if isinstance(names, str) else list(names)
        if not asked:
            raise SchemaError(
                expected="at least one channel",
                got="none",
                where="select",
                fix="name some of data.channels, or leave channels out",
            )
        at = [self._position(name) for name in asked]
        kept = tuple(self.channels[place] for place in at)
        if len(set(kept)) != len(kept):
            raise SchemaError(
                expected="channels that occur once",
                got=", ".join(kept),
                where="select",
                fix="name each channel once",
            )
        entry = HistoryEntry(
            "selected", f"channels {', '.join(kept)}: {len(kept)} of {len(self.channels)}"
        )
        parts = Parts(self._parts.cycles, self._parts.block[at], kept, self.history)
        return self._from_parts(parts.then(entry))

    def _has_value(self, name: str, allowed: list[Any]) -> NDArray[np.bool_]:
        column = name if name in self._parts.cycles else canonical_name(name)
        if column not in self._parts.cycles:
            raise SchemaError(
                expected=f"a column of cycles ({listed(self._parts.cycles.columns)})",
                got=repr(name),
                where="select",
                fix=did_you_mean(name, self._parts.cycles.columns, "name one of these columns"),
            )
        try:
            return self._parts.cycles[column].isin(allowed).to_numpy(dtype=bool)
        except (TypeError, ValueError) as error:  # lists in the list, objects of other libraries
            raise SchemaError(
                expected="a value, or a list, set, array, Series or Index of values",
                got=f"{name}={allowed!r}",
                where="select",
                fix=f"{name} has {self._values_shown(name)}",
            ) from error

    def _values_shown(self, name: str) -> str:
        """Return the first values of a column, as one writes them."""
        column = name if name in self._parts.cycles else canonical_name(name)
        known = self._parts.cycles[column].dropna().unique().tolist()
        return ", ".join(map(repr, known[:_SHOWN_VALUES])) + (
            ", ..." * (len(known) > _SHOWN_VALUES)
        )

    def _meant_by(self, error: Exception) -> str:
        """Return which column an unknown name of an expression may mean."""
        told = re.search(r"name '(.+?)' is not defined", str(error))
        return did_you_mean(told[1], self._parts.cycles.columns) if told else ""

    def _query(self, where: str) -> NDArray[np.bool_]:
        if not isinstance(where, str):
            raise SchemaError(
                expected="an expression over the columns, as text",
                got=type(where).__name__,
                where="select",
                fix='for example data.select("age > 60"); data.take(mask) keeps cycles by a mask',
            )
        try:
            answer: Any = self._parts.cycles.eval(where)
        except Exception as error:  # pandas raises many kinds for a malformed expression
            raise SchemaError(
                expected=f"an expression over the columns {listed(self._parts.cycles.columns)}",
                got=f"{where!r} ({error})",
                where="select",
                fix=self._meant_by(error)
                or "write it as for pandas.DataFrame.query: \"task == 'level_walking'\"",
            ) from error
        kind = pd.api.types.infer_dtype(answer, skipna=True) if np.ndim(answer) else ""
        if kind != "boolean" or np.shape(answer) != (len(self),):
            raise SchemaError(
                expected="an expression that is true or false for each cycle",
                got=repr(where),
                where="select",
                fix=f"compare the column with one of its values: {self._values_shown(where.strip())}"
                if where.strip() in self._parts.cycles
                else 'compare columns with values, for example "age > 60"',
            )
        return np.asarray(pd.Series(answer).eq(True).fillna(False), dtype=bool)


def refuse_other(data: object) -> None:
    """Raise :class:`SchemaError` where gait cycles are expected and `data` is something else."""
    if not isinstance(data, LocomotionData):
        if isinstance(data, str | os.PathLike):
            how = f'LocomotionData.from_parquet("{os.fspath(data)}") reads it'
        else:
            how = "LocomotionData.from_dataframe(frame) makes it of 150 rows a cycle"
        raise SchemaError(expected="LocomotionData", got=type(data).__name__, fix=how)


def _refuse_no_name(name: object) -> None:
    """Raise :class:`SchemaError` where the name of one channel or column is something else."""
    if not isinstance(name, str):
        raise SchemaError(
            expected="the name of one channel or column",
            got=f"{name!r}",
            fix="data.array([...]) for several channels, data.take([...]) for cycles by position",
        )


def _sparkline(curves: NDArray[np.float32]) -> str:
    """Draw the mean of some curves, every fifth sample, as a small SVG; nothing of no values."""
    some = curves[:: max(len(curves) // _SPARKLINE_CYCLES, 1), ::5]
    known = np.isfinite(some)
    counts = known.sum(axis=0)
    if not counts.all():
        return ""
    mean = np.where(known, some, 0.0).sum(axis=0) / counts
    low, span = mean.min(), float(np.ptp(mean)) or 1.0
    points = " ".join(
        f"{4 * k},{22 - 20 * (value - low) / span:.1f}" for k, value in enumerate(mean)
    )
    return (
        '<svg width="120" height="24" role="img"><polyline fill="none" stroke="currentColor" '
        f'points="{points}"/></svg>'
    )


def _joined(pieces: Sequence[Parts]) -> Parts:
    """Join pieces of one dataset, in which a person has one name and a cycle one key."""
    joined = concatenate(pieces)
    refuse_duplicates(joined.cycles)
    cycles, named = one_name_a_person(joined.cycles)
    new = (entry for entry in named if entry not in joined.history)
    return replace(joined, cycles=cycles).then(*new)


def _is_sealed(curves: ArrayLike) -> TypeGuard[NDArray[np.float32]]:
    """Return whether `curves` stand in the block of a dataset, in the order of one."""
    if not isinstance(curves, np.ndarray):
        return False
    owner: Any = curves
    while isinstance(owner, np.ndarray) and not owner.flags.writeable:
        owner = owner.base
    sealed = isinstance(owner, memoryview) and owner.readonly
    return sealed and curves.dtype == np.float32 and curves.flags.c_contiguous


def _sealed(parts: Parts) -> Parts:
    """Put the block behind a read-only buffer: an array's own flag could be set back by anybody."""
    return replace(parts, block=np.asarray(parts.block.data.toreadonly()))
