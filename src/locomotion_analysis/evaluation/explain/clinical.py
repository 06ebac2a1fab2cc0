"""Clinical variables beside the features of the curves."""

from collections.abc import Sequence

import pandas as pd

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import SchemaError

CLINICAL_VARIABLES = ("speed_m_s", "age", "bmi", "height_m", "mass_kg")
"""Columns of the cycle table that a partial dependence is asked for most."""


def with_clinical_variables(
    X: pd.DataFrame, data: LocomotionData, variables: Sequence[str] = CLINICAL_VARIABLES
) -> tuple[pd.DataFrame, list[str]]:
    """Add numbers of the cycle table to a feature table.

    Parameters
    ----------
    X : DataFrame, shape (n_cycles, n_features)
        Features, indexed by the cycle key.
    data : LocomotionData
        Where the features came from; the body mass index is mass / height² where the table
        does not hold it.
    variables : sequence of str
        Columns of ``data.cycles`` that hold numbers.

    Returns
    -------
    X : DataFrame
        A copy with those of the variables that are known for some cycle and vary.
    added : list of str
        Their names; among the columns of `X` already or new.

    Raises
    ------
    SchemaError
        If a variable holds no numbers, or the rows of `X` are not cycles of `data`.

    Examples
    --------
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(n_subjects=4, n_cycles=2, tasks=["level_walking"])
    >>> X, _ = data.prepare_ml_features(target="pathology", features=["temporal"])
    >>> with_clinical_variables(X, data, ["age"])[1]
    ['age']
    """
    known = data.cycles.set_axis(data.key)
    if "bmi" not in known and {"height_m", "mass_kg"} <= set(known):
        known = known.assign(bmi=known["mass_kg"] / known["height_m"] ** 2)
    if not X.index.isin(known.index).all():
        raise SchemaError(
            expected="features of these cycles",
            got="rows whose cycle key is not in the data",
            where="X",
            fix="compute X from the same data",
        )
    rows = known.loc[X.index]
    wanted = [name for name in variables if name in rows]
    text = [name for name in wanted if not pd.api.types.is_numeric_dtype(rows[name])]
    if text:
        raise SchemaError(
            expected="columns of numbers", got=f"text in {text[0]}", where="variables"
        )
    varying = [name for name in wanted if rows[name].max() > rows[name].min()]
    new = rows[[name for name in varying if name not in X]].astype(float)
    joined = pd.concat([X, new], axis=1)
    joined.attrs = dict(X.attrs)
    return joined, varying
