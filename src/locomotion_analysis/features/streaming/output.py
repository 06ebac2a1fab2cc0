"""Putting finished parts together into one Parquet file, with bounded memory."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.data.history import history_to_json
from locomotion_analysis.errors import DuplicateCycleError
from locomotion_analysis.features.feature import FeatureSpec
from locomotion_analysis.features.streaming.work import Notes, read_part
from locomotion_analysis.files import atomic_path
from locomotion_analysis.standard import KEY

_HISTORY_KEY = b"locomotion_analysis.history"
_FEATURES_KEY = b"locomotion_analysis.features"


class Survey:
    """One look at all parts before they are joined.

    Attributes
    ----------
    known : ndarray of bool
        For each feature, whether any cycle has a value.
    notes : Notes
        Notes of all parts.
    step_type : pyarrow.DataType
        One type for the column step that holds all parts' values.
    """

    def __init__(self, paths: Sequence[Path], n_features: int) -> None:
        self.known: NDArray[np.bool_] = np.zeros(n_features, dtype=bool)
        hashes, notes, types = [], [], set()
        for path in paths:
            table, noted = read_part(path)
            notes.append(noted)
            types.add(table.schema.field("step").type)
            hashes.append(_key_hashes(table))
            for index in np.flatnonzero(~self.known):
                column = table.column(len(KEY) + int(index))
                self.known[index] = not all(np.isnan(c).all() for c in column.chunks)
        self.notes = Notes.joined(notes)
        self.step_type = _common_type(types)
        _refuse_duplicates(np.concatenate(hashes), paths)


def write_joined(
    out: Path,
    paths: Sequence[Path],
    specs: Sequence[FeatureSpec],
    survey: Survey,
    history: Sequence[HistoryEntry],
) -> None:
    """Write the parts one after the other, without features that have no value at all.

    The file takes its place when whole.
    """
    kept = [spec for spec, known in zip(specs, survey.known, strict=True) if known]
    names = [*KEY, *(spec.name for spec in kept)]
    with atomic_path(out) as temporary:
        schema = _schema(names, survey.step_type, kept, history)
        with pq.ParquetWriter(
            temporary,
            schema,
            compression="zstd",
            use_dictionary=list(KEY),
            use_byte_stream_split=names[len(KEY) :],
            write_page_checksum=True,
        ) as writer:
            for table in _tables(paths):
                writer.write_table(table.select(names).cast(schema))


def _tables(paths: Sequence[Path]) -> Iterator[pa.Table]:
    for path in paths:
        table, _ = read_part(path)
        yield table


def _schema(
    names: Sequence[str],
    step: pa.DataType,
    specs: Sequence[FeatureSpec],
    history: Sequence[HistoryEntry],
) -> pa.Schema:
    """Return the schema of the output; pandas reads it with the cycle key as its index."""
    types = {**dict.fromkeys(KEY, pa.string()), "step": step}
    fields = [pa.field(name, types.get(name, pa.float32())) for name in names]
    empty = pa.schema(fields).empty_table().to_pandas().set_index(list(KEY))
    described = pa.Schema.from_pandas(empty, preserve_index=True).metadata
    catalogue = json.dumps([asdict(spec) for spec in specs])
    return pa.schema(
        fields,
        metadata={
            **described,
            _HISTORY_KEY: history_to_json(history).encode(),
            _FEATURES_KEY: catalogue.encode(),
        },
    )


def _common_type(types: set[pa.DataType]) -> pa.DataType:
    if len(types) == 1:
        return types.pop()
    numbers = all(pa.types.is_integer(kind) or pa.types.is_floating(kind) for kind in types)
    return pa.float64() if numbers else pa.string()


def _key_hashes(table: pa.Table) -> NDArray[np.uint64]:
    frame: pd.DataFrame = table.select(list(KEY)).to_pandas()
    # Steps may be numbers in one part and text in another.
    frame = frame.assign(step=frame["step"].astype(str))
    hashes: NDArray[np.uint64] = np.asarray(
        pd.util.hash_pandas_object(frame, index=False), dtype=np.uint64
    )
    return hashes


def _refuse_duplicates(hashes: NDArray[np.uint64], paths: Sequence[Path]) -> None:
    distinct, counts = np.unique(hashes, return_counts=True)
    if len(distinct) == len(hashes):
        return
    twice = distinct[counts > 1]
    for table in _tables(paths):
        found = np.flatnonzero(np.isin(_key_hashes(table), twice))
        if len(found):
            row = table.select(list(KEY)).slice(int(found[0]), 1).to_pylist()[0]
            raise DuplicateCycleError(
                expected="every gait cycle once",
                got=f"{len(hashes) - len(distinct)} cycle(s) whose key occurs twice",
                where=", ".join(f"{name}={value}" for name, value in row.items()),
                fix="number the steps of a subject and task differently, or remove the copies",
            )
