"""How many cycles a batch may have within a memory budget."""

import re

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.features.streaming.batch import Recipe, channels_needed, plan_of
from locomotion_analysis.standard import N_PHASES

_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_UNITS |= {"KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}
_PATTERN = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*")

_LIBRARIES_BYTES = 330 * 10**6
"""A process that has loaded pandas, pyarrow, numba and the compiled kernels, before any data."""

_COPIES = 5
"""Decoded columns, the curve block, the batch read ahead and kernels' intermediate results."""

_FEATURE_BYTES = 16
"""float64 while computed, float32 in the batch's table and once more in the part."""

_MOST_BATCH_CYCLES = 2048
"""More makes nothing faster."""

_LEAST_BATCH_CYCLES = 32
_PART_BYTES = 24 * 10**6
_MOST_PART_CYCLES = 16384


def bytes_of(memory: str | int) -> int:
    """Return a number of bytes from a number or a text such as ``"1GB"`` or ``"512 MiB"``.

    Raises
    ------
    SchemaError
        If it is neither.

    Examples
    --------
    >>> bytes_of("1.5GB"), bytes_of("512MiB")
    (1500000000, 536870912)
    """
    match = _PATTERN.fullmatch(str(memory))
    if match is None or match.group(2).upper() not in _UNITS:
        raise SchemaError(
            expected="an amount of memory such as 1GB, 800MB or 512MiB",
            got=repr(memory),
            where="memory",
        )
    return int(float(match.group(1)) * _UNITS[match.group(2).upper()])


def batch_cycles_within(memory: str | int, recipe: Recipe, rows_a_cycle: int, least: int) -> int:
    """Return how many cycles a batch may have.

    Parameters
    ----------
    memory : str or int
        What one process may hold.
    recipe : Recipe
        The features.
    rows_a_cycle : int
        150 if a file of the source is in the long layout, else 1.
    least : int
        Cycles that must be in one batch: those of the largest group where features between
        strides are computed, else 1.

    Raises
    ------
    SchemaError
        If a batch does not fit; the message gives the least budget that would do.
    """
    a_cycle = bytes_a_cycle(recipe, rows_a_cycle)
    least = max(least, _LEAST_BATCH_CYCLES)
    fixed = _LIBRARIES_BYTES + _part_bytes(recipe)
    fitting = (bytes_of(memory) - fixed) // a_cycle
    if fitting < least:
        needed = (fixed + least * a_cycle) / 10**6
        raise SchemaError(
            expected=f"at least {needed:,.0f}MB for one batch ({least} cycles, which must be "
            f"computed together, of {a_cycle / 1000:,.0f} kB each; the libraries themselves hold "
            f"{_LIBRARIES_BYTES / 10**6:,.0f}MB)",
            got=f"{bytes_of(memory) / 10**6:,.0f}MB",
            where="memory",
            fix=f"give --memory {-(-needed // 1):.0f}MB or more, or ask for fewer feature groups",
        )
    return max(least, min(fitting, _MOST_BATCH_CYCLES))


def bytes_a_cycle(recipe: Recipe, rows_a_cycle: int) -> int:
    """Return about how many bytes each cycle of a batch takes while it is worked on."""
    curves = len(channels_needed(recipe)) * N_PHASES * 4 * _COPIES
    columns = len(recipe.columns) * 8 * (rows_a_cycle + 8)
    return curves + columns + len(plan_of(recipe).specs) * _FEATURE_BYTES


def part_cycles(recipe: Recipe, batch_cycles: int) -> int:
    """Return about how many cycles a part has, so that its features fit beside a batch."""
    fitting = _PART_BYTES // max(1, 4 * len(plan_of(recipe).specs))
    return max(batch_cycles, min(fitting, _MOST_PART_CYCLES))


def _part_bytes(recipe: Recipe) -> int:
    return min(_PART_BYTES, 4 * len(plan_of(recipe).specs) * _MOST_PART_CYCLES)
