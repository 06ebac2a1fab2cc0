"""From gait cycles to the rows a model was trained on."""

import logging
from functools import lru_cache

import numpy as np
import pandas as pd

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.features.plan import FeaturePlan
from locomotion_analysis.features.schema import Schema
from locomotion_analysis.features.view import CycleView
from locomotion_analysis.models.supervised.paired_features import (
    BEFORE,
    CHANGE,
    paired_features,
)
from locomotion_analysis.production.bundle.curve_points import curve_rows
from locomotion_analysis.production.bundle.manifest import Inputs
from locomotion_analysis.standard import KEY

_logger = logging.getLogger(__name__)
_SHOWN = 5


def trained_rows(data: LocomotionData, inputs: Inputs, names: tuple[str, ...]) -> pd.DataFrame:
    """Return the features of cycles in the trained order; what they do not give is NaN.

    Those of a network are the points of the curves.

    Channels and columns that the training data did not have are passed over: a feature would
    otherwise be made in another way than the model knows it.

    Parameters
    ----------
    data : LocomotionData
        New cycles.
    inputs : Inputs
        What the training features were made of.
    names : tuple of str
        Features of the model.

    Returns
    -------
    DataFrame, shape (n_rows, n_features)
        float64; indexed by the cycle key, or for paired models by leg.

    Raises
    ------
    SchemaError
        If there are no cycles, or channels are missing that training always had.
    """
    known = as_trained(data, inputs)
    if not inputs.feature_groups:
        return curve_rows(known, [each.name for each in inputs.channels])
    plan = _plan(known.channels, tuple(map(str, known.cycles.columns)), inputs)
    view = CycleView(known, plan.schema.aggregations)
    values = plan.compute_view(view)
    if any("stance_percent" in spec.requires for spec in plan.specs):
        _logger.info("%s", view.stance.note())
    columns = [spec.name for spec in plan.specs]
    frame = pd.DataFrame(values.T, index=known.key, columns=columns, copy=False)
    if inputs.paired:
        frame, notes = paired_features(frame, known.cycles)
        for note in notes:
            _logger.warning("%s", note)
    return frame.reindex(columns=list(names))


def as_trained(data: LocomotionData, inputs: Inputs) -> LocomotionData:
    """Return cycles with the channels and columns of the training alone.

    Raises
    ------
    SchemaError
        If there are no cycles, or channels are missing that training always had.
    """
    if not len(data):
        raise SchemaError(expected="gait cycles", got="none", where="data")
    there = set(data.channels)
    missing = [each.name for each in inputs.channels if each.needed and each.name not in there]
    if missing:
        more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        raise SchemaError(
            expected="the channels that the model was trained on",
            got=f"{len(missing)} missing: {', '.join(missing[:_SHOWN])}{more}",
            where="data.channels",
            fix="measure them, or train a model without them",
        )
    channels = [each.name for each in inputs.channels if each.name in there]
    wanted = {*inputs.columns, *KEY}
    columns = [name for name in data.cycles.columns if name in wanted]
    if channels == list(data.channels) and len(columns) == data.cycles.shape[1]:
        return data
    block = np.stack([data.curves(name) for name in channels])
    return LocomotionData(data.cycles[columns], block, channels, data.history)


def made_of(
    features: set[str],
    channels: tuple[str, ...],
    columns: tuple[str, ...],
    groups: tuple[str, ...],
    aggregations: tuple[str, ...],
) -> set[str]:
    """Return the channels and columns that go into some features.

    Parameters
    ----------
    features : set of str
        Names; of paired models with their endings.
    channels, columns, groups, aggregations : tuple of str
        What the training features were made of.
    """
    base = {name.removesuffix(BEFORE).removesuffix(CHANGE) for name in features}
    plan = FeaturePlan.of(Schema.of(channels, columns, aggregations), groups)
    return {
        part
        for spec in plan.specs
        if spec.name in base or spec.name in features
        for part in spec.requires
    }


@lru_cache(maxsize=8)
def _plan(channels: tuple[str, ...], columns: tuple[str, ...], inputs: Inputs) -> FeaturePlan:
    return FeaturePlan.of(Schema.of(channels, columns, inputs.aggregations), inputs.feature_groups)
