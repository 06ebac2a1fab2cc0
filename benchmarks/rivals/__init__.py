"""Other ways to the same features, one file each."""

from rivals import (
    catch22_all,
    catch22_moments,
    numpy_vectorised,
    page_recipe,
    pandas_groupby,
    polars_arrays,
    polars_groupby,
    tsflex_vectorised,
    tsfresh_minimal,
)

RIVALS = [
    rival
    for module in (
        numpy_vectorised,
        polars_arrays,
        tsflex_vectorised,
        polars_groupby,
        pandas_groupby,
        catch22_moments,
        catch22_all,
        tsfresh_minimal,
        page_recipe,
    )
    for rival in module.RIVALS
]
