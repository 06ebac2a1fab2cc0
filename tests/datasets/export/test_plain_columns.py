import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locomotion_analysis.datasets.export import plain_columns

CELLS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**40), 2**40), st.floats(width=32), st.text()
)


@given(cells=st.lists(CELLS, min_size=1, max_size=20))
def test_any_mixture_is_stored_without_pickle(cells):
    array = plain_columns(pd.DataFrame({"c": pd.Series(cells, dtype=object)}))["c"]
    assert array.shape == (len(cells),)
    np.save(io.BytesIO(), array, allow_pickle=False)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([1, 2], np.array([1, 2], dtype=np.int64)),
        ([1, None], np.array([1.0, np.nan])),
        (pd.array([2**60 + 1, 7], dtype="Int64"), np.array([2**60 + 1, 7])),
        ([True, False], np.array([True, False])),
        ([True, None], np.array([1.0, np.nan])),
        (["a", None], np.array(["a", ""])),
        (pd.Categorical(["b", "a"]), np.array(["b", "a"])),
        ([None, None], np.array(["", ""])),
    ],
)
def test_each_kind_has_its_array(cells, expected):
    array = plain_columns(pd.DataFrame({"c": pd.Series(cells)}))["c"]
    assert array.dtype.kind == expected.dtype.kind
    np.testing.assert_array_equal(array, expected)
