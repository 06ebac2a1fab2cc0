"""Reading in batches of whole cycles, so that memory stays bounded."""

import os
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from locomotion_analysis.data.files import open_parquet, parquet_files, stored_history
from locomotion_analysis.data.parts import Parts
from locomotion_analysis.data.tables import parts_from_table
from locomotion_analysis.errors import LocomotionError
from locomotion_analysis.standard import N_PHASES, PHASE_COLUMN, canonical_name


def scan_parts(path: str | os.PathLike[str], batch_cycles: int) -> Iterator[Parts]:
    """Yield the parts of at most `batch_cycles` cycles at a time, file after file.

    A long file must hold each cycle's 150 rows together, as every writer of the field does.
    """
    for file_path in parquet_files(path):
        with open_parquet(file_path) as file:
            history = stored_history(file.schema_arrow)
            for table in _tables_of_whole_cycles(file, batch_cycles):
                try:
                    parts = parts_from_table(table, Path(path).stem)
                except LocomotionError as error:
                    raise error.at(str(file_path)) from None
                yield Parts(parts.cycles, parts.block, parts.channels, history + parts.history)


def _tables_of_whole_cycles(file: pq.ParquetFile, batch_cycles: int) -> Iterator[pa.Table]:
    """Cut a file's rows at cycle boundaries, whatever its row groups are."""
    names = {canonical_name(name) for name in file.schema_arrow.names}
    rows_a_cycle = N_PHASES if PHASE_COLUMN in names else 1
    rest: pa.Table | None = None
    for batch in file.iter_batches(batch_size=batch_cycles * rows_a_cycle):
        table = pa.Table.from_batches([batch])
        if rest is not None:
            table = pa.concat_tables([rest, table]).unify_dictionaries()
        whole = min(len(table) // rows_a_cycle, batch_cycles) * rows_a_cycle
        rest = table.slice(whole)
        if whole:
            yield table.slice(0, whole)
    if rest is None:
        yield file.read()  # no rows at all, which is refused as by `from_parquet`
    elif len(rest):
        yield from _slices(rest, batch_cycles * rows_a_cycle)


def _slices(table: pa.Table, rows: int) -> Iterator[pa.Table]:
    for start in range(0, len(table), rows):
        yield table.slice(start, rows)
