"""The README of a Hugging Face dataset: YAML for the library, then words for people."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from numpy.typing import NDArray

from locomotion_analysis.data import LocomotionData

_WORDS = """# {title}

{headline}{simulated}

| split | subjects | cycles |
|---|---|---|
{splits}

{about_splits}

Each row is one gait cycle. A channel is a list of {n_points} float32 on the phase grid
`numpy.linspace(0, 100, {n_points})` (percent of the ipsilateral cycle); the name ends in the
unit, and NaN means not measured. Together, `dataset`, `subject`, `task`, `task_id` and `step`
name a cycle.

```python
from datasets import load_dataset

cycles = load_dataset("path/to/this/folder", split="{first}").with_format("numpy")
curve = cycles[0]["{channel}"]
```

## What was done to the data

{history}
"""


@dataclass(frozen=True)
class SplitFiles:
    """The cycles of a split, the files they were written to, and their size as Arrow arrays."""

    name: str
    rows: NDArray[np.intp]
    paths: list[Path]
    num_bytes: int


def dataset_card(
    data: LocomotionData, files: Sequence[SplitFiles], title: str, *, is_split: bool
) -> str:
    """Return the README of a folder of Parquet files.

    Parameters
    ----------
    data : LocomotionData
        All the cycles.
    files : sequence of SplitFiles
        The splits in the order wanted.
    title : str
        Name of the dataset.
    is_split : bool
        Whether someone chose the splits.
    """
    groups = data.groups
    rows = [f"| {f.name} | {len(set(groups[f.rows]))} | {len(f.rows)} |" for f in files]
    words = _WORDS.format(
        title=title,
        headline=repr(data).splitlines()[0].removeprefix("LocomotionData: "),
        simulated=".\n\n**Simulated: no person was measured.**" if data.is_simulated else ".",
        splits="\n".join(rows),
        about_splits="No subject is in two splits."
        if is_split
        else "No split was made: all cycles are called `train`. Split by `subject`.",
        n_points=data.block.shape[2],
        first=files[0].name,
        channel=data.channels[0],
        history="\n".join(f"- {entry}" for entry in data.history) or "Nothing is recorded.",
    )
    front = yaml.safe_dump(_front_matter(data, files, title), sort_keys=False, allow_unicode=True)
    return f"---\n{front}---\n\n{words}"


def _front_matter(data: LocomotionData, files: Sequence[SplitFiles], title: str) -> dict[str, Any]:
    # A column may be empty in one split: the type is that of the splits where it is not.
    schemas = [pq.read_schema(path) for f in files for path in f.paths]
    fields = pa.unify_schemas(schemas, promote_options="permissive")
    return {
        "pretty_name": title,
        "tags": ["gait", "biomechanics", "time-series", *["simulated"] * data.is_simulated],
        "configs": [
            {
                "config_name": "default",
                "data_files": [{"split": f.name, "path": f"data/{f.name}-*"} for f in files],
            }
        ],
        "dataset_info": {
            "features": [_feature(field) for field in fields],
            "splits": [
                {"name": f.name, "num_bytes": f.num_bytes, "num_examples": len(f.rows)}
                for f in files
            ],
            "download_size": sum(path.stat().st_size for f in files for path in f.paths),
            "dataset_size": sum(f.num_bytes for f in files),
        },
    }


def _feature(field: pa.Field) -> dict[str, Any]:
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    if pa.types.is_fixed_size_list(kind):
        # "sequence" is what releases before 4.0 wrote, and all releases read.
        return {"name": field.name, "sequence": "float32", "length": kind.list_size}
    text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    numbers = {"double": "float64", "float": "float32"}
    dtype = "string" if text else numbers.get(str(kind), str(kind))
    return {"name": field.name, "dtype": dtype}
