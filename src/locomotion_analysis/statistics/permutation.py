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

__all__ = list(curve_tests.TESTS)


def _by_permutation(test: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(test)
    def run(*arguments: Any, **options: Any) -> CurveTest | Effects:
        made = test(*arguments, **options)
        if isinstance(made, Effects):
            return Effects(replace(each, method="permutation") for each in made)
        return replace(made, method="permutation")  # type: ignore[no-any-return]

    return run


ttest = _by_permutation(curve_tests.ttest)
ttest_paired = _by_permutation(curve_tests.ttest_paired)
ttest2 = _by_permutation(curve_tests.ttest2)
regress = _by_permutation(curve_tests.regress)
glm = _by_permutation(curve_tests.glm)
anova1 = _by_permutation(curve_tests.anova1)
anova1rm = _by_permutation(curve_tests.anova1rm)
anova2 = _by_permutation(curve_tests.anova2)
anova2nested = _by_permutation(curve_tests.anova2nested)
anova2rm = _by_permutation(curve_tests.anova2rm)
anova2onerm = _by_permutation(curve_tests.anova2onerm)
anova3 = _by_permutation(curve_tests.anova3)
anova3nested = _by_permutation(curve_tests.anova3nested)
anova3rm = _by_permutation(curve_tests.anova3rm)
anova3onerm = _by_permutation(curve_tests.anova3onerm)
anova3tworm = _by_permutation(curve_tests.anova3tworm)
hotellings = _by_permutation(curve_tests.hotellings)
hotellings_paired = _by_permutation(curve_tests.hotellings_paired)
hotellings2 = _by_permutation(curve_tests.hotellings2)
cca = _by_permutation(curve_tests.cca)
manova1 = _by_permutation(curve_tests.manova1)
