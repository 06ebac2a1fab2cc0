"""Data that comes with the package: simulated, made when first asked for."""

from functools import cache

import numpy as np

from locomotion_analysis.data import HistoryEntry, LocomotionData
from locomotion_analysis.datasets.recipes import RECIPES, Recipe
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.simulation import simulate

DEMO_SEED = 2024
DATASET_NAMES = ("demo", *RECIPES)
"""Names :func:`load_dataset` knows."""


def load_dataset(name: str = "demo") -> LocomotionData:
    """Load a dataset that comes with the package: simulated, no person was measured.

    Parameters
    ----------
    name : str
        - "demo": 45 subjects (15 healthy, 15 after stroke, 15 with Parkinson's disease) in five
          walking and stair tasks, 10 cycles each;
        - "classification": many subjects with few cycles each, to tell pathologies and tasks
          apart;
        - "timeseries": the angles of hip, knee and ankle of both legs, nothing else;
        - "regression": level walking, with age, body mass index, speed and performance tests;
        - "clustering": level walking of every pathology, to find patterns without labels.

    Returns
    -------
    LocomotionData
        The same immutable object on every call.

    Raises
    ------
    SchemaError
        If there is no dataset of that name.

    See Also
    --------
    locomotion_analysis.datasets.build_dataset : the same with features, frozen splits and a
        card, as a folder.

    Examples
    --------
    >>> data = load_dataset("demo")
    >>> data.is_simulated
    True
    """
    if name not in DATASET_NAMES:
        raise SchemaError(
            expected=f"a dataset among {', '.join(DATASET_NAMES)}",
            got=repr(name),
            where="load_dataset",
            fix="use one of these names, or LocomotionData.from_parquet for your own file",
        )
    return _made(name)


@cache
def _made(name: str) -> LocomotionData:
    if name == "demo":
        return simulate(n_subjects=45, n_cycles=10, seed=DEMO_SEED)
    recipe = RECIPES[name]
    data = simulate(
        n_subjects=recipe.n_subjects,
        n_cycles=recipe.n_cycles,
        tasks=recipe.tasks,
        pathologies=recipe.pathologies,
        seed=recipe.seed,
    )
    return with_channels_of(data, recipe)


def with_channels_of(data: LocomotionData, recipe: Recipe) -> LocomotionData:
    """Return the data with the channels a recipe keeps; the history says what is left out.

    Raises
    ------
    SchemaError
        If the data have none of them.
    """
    if not recipe.channels:
        return data
    kept = [name for name in recipe.channels if name in data.channels]
    if not kept:
        raise SchemaError(
            expected=f"at least one channel of {', '.join(recipe.channels)}",
            got=f"channels {', '.join(data.channels)}",
            where=f"dataset {recipe.name}",
            fix="rename or convert the columns that hold these angles",
        )
    detail = f"channels of dataset {recipe.name}: {len(kept)} of {len(data.channels)} kept"
    absent = [name for name in recipe.channels if name not in kept]
    if absent:
        detail += f"; not in the data: {', '.join(absent)}"
    block = data.block[[data.channels.index(name) for name in kept]]
    entries = (*data.history, HistoryEntry("selected", detail, len(kept)))
    return LocomotionData(data.cycles, np.ascontiguousarray(block), kept, entries)
