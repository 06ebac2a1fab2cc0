"""Write the JSON Schema of column maps from the records that read them.

Usage: python tools/build_map_schema.py src/locomotion_analysis/ingest/tables/column_map.schema.json
"""

import json
import sys
from pathlib import Path

from locomotion_analysis.ingest import ColumnMap


def schema() -> str:
    """Return the schema as text."""
    return json.dumps(ColumnMap.json_schema(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(schema(), encoding="utf-8")
