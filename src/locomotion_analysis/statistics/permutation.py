"""The tests of :mod:`~locomotion_analysis.statistics.curve_tests` with inference by permutation.

The same names and arguments; ``.inference(alpha, two_tailed, iterations=10000, seed=0)`` then
exchanges what the null hypothesis lets be exchanged, all there is where that is few.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any

from locomotion_analysis.statistics import curve_tests
from locomotion_analysis.statistics.curve_inference import CurveTest, Effects

__all__ = [
    "anova1",
    "anova1rm",
    "anova2",
    "anova2nested",
    "anova2onerm",
    "anova2rm",
    "anova3",
    "anova3nested",
    "anova3onerm",
    "anova3rm",
    "anova3tworm",
    "cca",
    "glm",
    "hotellings",
    "hotellings2",
    "hotellings_paired",
    "manova1",
    "regress",
    "ttest",
    "ttest2",
    "ttest_paired",
]


def _by_permutation(test: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(test)
    def run(*arguments: Any, **options: Any) -> CurveTest | Effects:
        made = test(*arguments, **options)
        if isinstance(made, Effects):
            return Effects(replace(each, method="permutation") for each in made)
        return replace(made, method="permutation")  # type: ignore[no-any-return]

    return run


ttest = _by_permutation(curve_tests.ttest)
"""One mean, by flipping signs of people."""
ttest_paired = _by_permutation(curve_tests.ttest_paired)
"""Pairs, by flipping signs of the differences."""
ttest2 = _by_permutation(curve_tests.ttest2)
"""Two groups, by permuting people between groups; Welch's t unless `equal_var`."""
regress = _by_permutation(curve_tests.regress)
"""A slope, by permuting people."""
glm = _by_permutation(curve_tests.glm)
"""A contrast beside covariates, by permuting residuals."""
anova1 = _by_permutation(curve_tests.anova1)
"""Several groups, by permuting people between groups; Welch's F unless `equal_var`."""
anova1rm = _by_permutation(curve_tests.anova1rm)
"""One factor within people, by permuting conditions within each."""
anova2 = _by_permutation(curve_tests.anova2)
"""Two factors between people, by permuting residuals."""
anova2nested = _by_permutation(curve_tests.anova2nested)
"""Nested factors, by permuting units within the unit above."""
anova2rm = _by_permutation(curve_tests.anova2rm)
"""Two factors within people, by permuting conditions within each."""
anova2onerm = _by_permutation(curve_tests.anova2onerm)
"""A factor between and one within people."""
anova3 = _by_permutation(curve_tests.anova3)
"""Three factors between people, by permuting residuals."""
anova3nested = _by_permutation(curve_tests.anova3nested)
"""Three nested factors, by permuting units within the unit above."""
anova3rm = _by_permutation(curve_tests.anova3rm)
"""Three factors within people, by permuting conditions within each."""
anova3onerm = _by_permutation(curve_tests.anova3onerm)
"""Two factors between and one within people."""
anova3tworm = _by_permutation(curve_tests.anova3tworm)
"""A factor between and two within people."""
hotellings = _by_permutation(curve_tests.hotellings)
"""A mean vector, by flipping signs of people."""
hotellings_paired = _by_permutation(curve_tests.hotellings_paired)
"""Pairs of vectors, by flipping signs of the differences."""
hotellings2 = _by_permutation(curve_tests.hotellings2)
"""Mean vectors of two groups, by permuting people between groups."""
cca = _by_permutation(curve_tests.cca)
"""Dependence of a vector on numbers, by permuting people."""
manova1 = _by_permutation(curve_tests.manova1)
"""Mean vectors of several groups, by permuting people between groups."""
