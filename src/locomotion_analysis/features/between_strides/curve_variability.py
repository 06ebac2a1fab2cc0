"""Group derived: how alike the curves of one subject's strides are."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from locomotion_analysis.features.between_strides.cycle_groups import CycleGroups, groups_of
from locomotion_analysis.features.family import Family
from locomotion_analysis.features.feature import FeatureSpec, LeftOut, Values
from locomotion_analysis.features.kernels.spread import series_spread
from locomotion_analysis.features.schema import Schema
from locomotion_analysis.features.view import CycleView
from locomotion_analysis.standard import N_PHASES

_MEASUREMENTS = ("angle", "moment", "grf")
_CMC = "Kadaba et al. 1989 (doi:10.1002/jor.1100070611)"
_MEAN_SD = "Dingwell & Marin 2006 (doi:10.1016/j.jbiomech.2004.12.014)"


def curve_variability_families(schema: Schema) -> Iterator[Family | LeftOut]:
    """Yield the coefficient of multiple correlation and the mean SD of each curve."""
    names = tuple(schema.of_measurement(*_MEASUREMENTS))
    if not names:
        yield LeftOut("CMC and mean SD of curves", "no angle, moment or ground reaction force")
        return
    specs = [spec for name in names for spec in _specs(name, schema.channels[name].unit)]
    yield Family(tuple(specs), partial(_compute, channels=names), across_cycles=True)


def _specs(channel: str, unit: str) -> tuple[FeatureSpec, FeatureSpec]:
    among = "among the strides of a subject in a task, left and right apart"
    return (
        FeatureSpec(
            name=f"{channel}_cmc",
            group="derived",
            unit="1",
            formula="sqrt(1 - [SS about the mean curve / (F (G - 1))] / [SS about the grand mean "
            f"/ (G F - 1)]), F = 150 points, G strides, {among}; NaN where the root is imaginary",
            source=_CMC,
            requires=(channel,),
        ),
        FeatureSpec(
            name=f"{channel}_stride_sd",
            group="derived",
            unit=unit,
            formula=f"mean over the cycle of the SD {among} (root of the mean square of the two)",
            source=_MEAN_SD,
            requires=(channel,),
        ),
    )


def _compute(view: CycleView, channels: tuple[str, ...]) -> Iterator[Values]:
    groups = groups_of(view)
    rows = np.array([view.data.channels.index(name) for name in channels])
    for spread in series_spread(view.data.block, rows, groups.order, groups.starts):
        yield multiple_correlation(spread, groups)[groups.group]
        yield np.sqrt(groups.pooled(spread[:, 3] ** 2))[groups.group]


def multiple_correlation(spread: Values, groups: CycleGroups) -> Values:
    """Return each group's coefficient of multiple correlation.

    Parameters
    ----------
    spread : ndarray, shape (n_series, 4)
        One channel's, from :func:`~locomotion_analysis.features.kernels.spread.series_spread`.
    groups : CycleGroups

    Returns
    -------
    ndarray, shape (n_groups,)
        Sums of squares and degrees of freedom of left and right are added. NaN for one stride.
    """
    enough = spread[:, 0] > 1
    count = np.where(enough, spread[:, 0], 0.0)
    squares = np.where(enough[:, None], spread[:, 1:3], 0.0)
    freedom = np.stack(
        [N_PHASES * (count - 1.0), np.where(enough, count * N_PHASES - 1.0, 0.0)], axis=1
    )
    freedom[~enough] = 0.0
    total = np.zeros((groups.n_groups, 4))
    np.add.at(total, groups.group_of, np.concatenate([squares, freedom], axis=1))
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = (total[:, 0] / total[:, 2]) / (total[:, 1] / total[:, 3])
        found: Values = np.sqrt(np.where(ratio <= 1.0, 1.0 - ratio, np.nan))
    return found
