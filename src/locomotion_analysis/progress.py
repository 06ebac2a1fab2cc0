"""How long work tells how far it is: one signature for all of it."""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Called as ``progress(stage, done, total)``: what is being done, how much of it, of how much."""


def silent(stage: str, done: int, total: int) -> None:
    """Take a report and say nothing."""


def as_stage(progress: Progress, stage: str) -> Progress:
    """Return a `progress` that tells of part of some work under the name of the whole.

    Examples
    --------
    >>> as_stage(print, "robustness")("folds", 1, 5)
    robustness 1 5
    """
    return lambda _, done, total: progress(stage, done, total)
