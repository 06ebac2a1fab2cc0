"""From a laboratory's files to gait cycles."""

from locomotion_analysis.ingest.b3d.b3d_reader import B3DReader
from locomotion_analysis.ingest.c3d.c3d_reader import C3DReader
from locomotion_analysis.ingest.conversion import Conversion, convert
from locomotion_analysis.ingest.cycles.normalisation import normalise_to_body
from locomotion_analysis.ingest.cycles.phase_normalisation import phase_curves
from locomotion_analysis.ingest.cycles.segmentation import cycles_of
from locomotion_analysis.ingest.cycles.strides import find_strides, stride_time_variability
from locomotion_analysis.ingest.events.find import GaitEvents, contact_events, find_events
from locomotion_analysis.ingest.events.ground_contact import contacts
from locomotion_analysis.ingest.events.position import (
    angle_events,
    coordinate_events,
    velocity_events,
)
from locomotion_analysis.ingest.opensim.opensim_reader import OpenSimReader
from locomotion_analysis.ingest.opensim.trc import TRCReader
from locomotion_analysis.ingest.reader import Reader, ReadOptions, reader_for, readers, register
from locomotion_analysis.ingest.recording import Event, Plate, Recording, Stream
from locomotion_analysis.ingest.tables.column_map import ColumnMap
from locomotion_analysis.ingest.tables.cycles_parquet import CyclesParquetReader
from locomotion_analysis.ingest.tables.insole import InsoleReader
from locomotion_analysis.ingest.tables.subject_table import SubjectTable, read_subjects
from locomotion_analysis.ingest.tables.table_reader import TableReader
from locomotion_analysis.ingest.tables.time_parquet import TimeParquetReader
from locomotion_analysis.ingest.trials.merging import merge
from locomotion_analysis.ingest.trials.names import trial_groups

__all__ = [
    "ColumnMap",
    "Conversion",
    "Event",
    "GaitEvents",
    "Plate",
    "ReadOptions",
    "Reader",
    "Recording",
    "Stream",
    "SubjectTable",
    "angle_events",
    "contact_events",
    "contacts",
    "convert",
    "coordinate_events",
    "cycles_of",
    "find_events",
    "find_strides",
    "merge",
    "normalise_to_body",
    "phase_curves",
    "read_subjects",
    "reader_for",
    "readers",
    "register",
    "stride_time_variability",
    "trial_groups",
    "velocity_events",
]

# Magic bytes before text, and the formats with the most particular text first.
for _reader in (
    C3DReader(),
    TimeParquetReader(),
    CyclesParquetReader(),
    OpenSimReader(),
    TRCReader(),
    InsoleReader(),
    B3DReader(),
    TableReader(),
):
    register(_reader)
