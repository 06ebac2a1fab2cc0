"""Features that are one number a cycle from the start, not a statistic of a curve."""

import numpy as np

from locomotion_analysis.features.feature import Feature, FeatureSpec, LeftOut, Values


def scalar(spec: FeatureSpec, values: Values, missing: str) -> Feature | LeftOut:
    """Return a feature of known values, or say why there is none.

    Parameters
    ----------
    spec : FeatureSpec
        What it is.
    values : ndarray, shape (n_cycles,)
        NaN where unknown.
    missing : str
        The reason to give when all are unknown.
    """
    if np.isnan(values).all():
        return LeftOut(spec.name, missing)
    return Feature(spec, lambda: values)
