"""The reader of tables and arrays that a column map describes."""

import re
from pathlib import Path

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.data.parquet import csv_names
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.ingest.recording import ReadOptions, Recording
from locomotion_analysis.ingest.tables.cells import naming
from locomotion_analysis.ingest.tables.containers import kind_of, open_variables
from locomotion_analysis.ingest.tables.cycle_tables import curves_data, long_data
from locomotion_analysis.ingest.tables.map_values import MappedValues
from locomotion_analysis.ingest.tables.time_tables import recordings
from locomotion_analysis.standard import PHASE_COLUMN, canonical_name


class TableReader:
    """CSV, TSV, Excel, ODS, NPZ, HDF5 and MATLAB files, described by a column map.

    Text in the standard long layout needs no map.
    """

    name = "table"
    description = "CSV, Excel, ODS, NPZ, HDF5, MATLAB tables of curves or time series, with --map"
    suffixes = (".csv", ".tsv", ".txt", ".xlsx", ".ods", ".npz", ".h5", ".hdf5", ".mat")

    def recognises(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - by content
        """Return whether the file is one of these containers, or text in columns."""
        return kind_of(head) is not None

    def people(self, path: Path, options: ReadOptions) -> list[Recording]:
        """Return the subject that the map gives to the whole file, if it does."""
        specs = {} if options.column_map is None else options.column_map.cycles
        spec = specs.get("subject")
        subject, by = "", "the rows of the table"
        if spec is not None and not spec.mapping:
            if spec.kind == "value":
                subject, by = str(spec.source), "the map"
            elif spec.kind == "file_name" and (match := re.search(spec.source, path.name)):
                subject, by = match[1], "the map, from the file name"
            elif spec.kind == "column":
                by = f"column {spec.source}"
        return [Recording(source=str(path), subject=subject, named_by=by)]

    def read(self, path: Path, options: ReadOptions) -> list[Recording] | LocomotionData:
        """Read the file as the map says.

        Raises
        ------
        SchemaError
            If there is no map, or file and map do not fit.
        FileReadError
            If the file is damaged, or unpacks to too much.
        """
        with naming(path):
            column_map = options.column_map
            if column_map is not None:
                variables = open_variables(path, column_map.text, column_map.format)
                values = MappedValues(column_map, variables, open_variables)
                if column_map.layout == "time_series":
                    return recordings(values, column_map)
                layout = curves_data if column_map.layout == "curves" else long_data
                return layout(values, column_map, path.name.split(".")[0])
            with path.open("rb") as stream:
                names = map(canonical_name, csv_names(stream.readline(65536)))
            if PHASE_COLUMN in names:
                return LocomotionData.from_csv(path)
            raise SchemaError(
                expected="a column map: a table does not say what its columns mean",
                got="none",
                where=str(path),
                fix=f"`locomotion convert {path.name} --write-map map.yaml` drafts one; check it, then "
                "convert with --map map.yaml",
            )
