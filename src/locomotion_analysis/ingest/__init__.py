"""From a laboratory's files to gait cycles.

:func:`convert` takes files and folders. A reader turns each file into recordings over time, or
into cycles where the file holds those already; gait events cut a recording into strides, and
curves are brought to the phase grid. Whatever was assumed, converted or left out on the way
stands in the history of the data.
"""

from locomotion_analysis.ingest.convert import (
    Conversion,
    Outcome,
    convert,
    marker_report,
    merge,
    reader_for,
    readers,
    register,
)
from locomotion_analysis.ingest.events import (
    GaitEvents,
    angle_events,
    contact_events,
    coordinate_events,
    find_events,
    flight_events,
    velocity_events,
)
from locomotion_analysis.ingest.foot_forces import contacts
from locomotion_analysis.ingest.identity import Identity
from locomotion_analysis.ingest.joint_model import MarkerReport, with_joints
from locomotion_analysis.ingest.marker_names import (
    MARKER_SETS,
    MarkerSet,
    place_markers,
    read_marker_map,
    read_places,
    rename_markers,
)
from locomotion_analysis.ingest.opensim_scaling import scale_model
from locomotion_analysis.ingest.path_names import trial_groups
from locomotion_analysis.ingest.phase import phase_curves
from locomotion_analysis.ingest.recording import (
    Event,
    Plate,
    Reader,
    ReadOptions,
    Recording,
    Stream,
)
from locomotion_analysis.ingest.strides import (
    cycles_of,
    find_strides,
    normalise_to_body,
    stride_time_variability,
)
from locomotion_analysis.ingest.tables.column_map import ColumnMap
from locomotion_analysis.ingest.tables.map_draft import draft_map
from locomotion_analysis.ingest.tables.subjects import SubjectTable, read_subjects
from locomotion_analysis.ingest.who_is_who import who_is_who

__all__ = [
    "MARKER_SETS",
    "ColumnMap",
    "Conversion",
    "Event",
    "GaitEvents",
    "Identity",
    "MarkerReport",
    "MarkerSet",
    "Outcome",
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
    "draft_map",
    "find_events",
    "find_strides",
    "flight_events",
    "marker_report",
    "merge",
    "normalise_to_body",
    "phase_curves",
    "place_markers",
    "read_marker_map",
    "read_places",
    "read_subjects",
    "reader_for",
    "readers",
    "register",
    "rename_markers",
    "scale_model",
    "stride_time_variability",
    "trial_groups",
    "velocity_events",
    "who_is_who",
    "with_joints",
]
