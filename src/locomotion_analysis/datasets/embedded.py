"""Data that comes with the package: simulated, made when first asked for."""

from collections.abc import Callable
from functools import cache

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.simulation import simulate

DEMO_SEED = 2024


def _demo() -> LocomotionData:
    return simulate(n_subjects=45, n_cycles=10, seed=DEMO_SEED)


_BUILDERS: dict[str, Callable[[], LocomotionData]] = {"demo": _demo}


@cache
def _built(name: str) -> LocomotionData:
    return _BUILDERS[name]()


def load_dataset(name: str = "demo") -> LocomotionData:
    """Load a dataset that comes with the package.

    Parameters
    ----------
    name : str
        "demo": 45 simulated subjects (15 healthy, 15 after stroke, 15 with Parkinson's disease)
        in five walking and stair tasks, 10 cycles each.

    Returns
    -------
    LocomotionData
        The same immutable object on every call. No person was measured.

    Raises
    ------
    SchemaError
        If there is no dataset of that name.

    Examples
    --------
    >>> data = load_dataset("demo")
    >>> data.is_simulated
    True
    """
    if name not in _BUILDERS:
        raise SchemaError(
            expected=f"a dataset among {', '.join(_BUILDERS)}",
            got=repr(name),
            where="load_dataset",
            fix="use one of these names, or LocomotionData.from_parquet for your own file",
        )
    return _built(name)
