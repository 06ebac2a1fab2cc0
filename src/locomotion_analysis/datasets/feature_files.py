"""Features on disk: a Parquet file with the cycle key as index and its catalogue inside."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from locomotion_analysis.files import atomic_path

if TYPE_CHECKING:
    from locomotion_analysis.features.feature import FeatureTable

_CATALOGUE_KEY = b"locomotion_analysis.features"


def read_features(path: Path) -> "FeatureTable":
    """Read the features that the extraction wrote, with their catalogue entries.

    Parameters
    ----------
    path : Path
        Parquet file. One without a catalogue (principal components) gives no entries.
    """
    from locomotion_analysis.features.feature import FeatureSpec, FeatureTable

    table = pq.read_table(path)
    entries = json.loads((table.schema.metadata or {}).get(_CATALOGUE_KEY, b"[]"))
    specs = tuple(FeatureSpec(**{**e, "requires": tuple(e["requires"])}) for e in entries)
    frame: pd.DataFrame = table.to_pandas()
    return FeatureTable(frame, specs)


def write_components(frame: pd.DataFrame, path: Path) -> None:
    """Write principal components, indexed by the cycle key, as float32."""
    with atomic_path(path) as temporary:
        table = pa.Table.from_pandas(frame.astype("float32"))
        pq.write_table(table, temporary, compression="zstd", write_page_checksum=True)
