import json

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis.datasets import fit_reducer, load_reducer, save_reducer
from locomotion_analysis.datasets.reducer import ARRAYS, DESCRIPTION
from locomotion_analysis.errors import FileReadError, SchemaError

RNG = np.random.default_rng(5)


@pytest.fixture(scope="module")
def frame():
    """Forty rows of seven correlated features, with gaps, a constant and an empty one."""
    values = RNG.normal(size=(40, 3)) @ RNG.normal(size=(3, 7)) + 0.1 * RNG.normal(size=(40, 7))
    table = pd.DataFrame(values * [1, 10, 1e3, 1e-3, 1, 1, 1], columns=list("abcdefg"))
    table.loc[::7, "b"] = np.nan
    table["f"] = 4.2
    table["g"] = np.nan
    return table


@pytest.fixture(scope="module")
def reducer(frame):
    return fit_reducer(frame, 0.95)


@pytest.fixture
def folder(reducer, tmp_path):
    save_reducer(reducer, tmp_path, "all")
    return tmp_path


def by_hand(frame, folder):
    """The transformation as the description states it, from the arrays alone."""
    with np.load(folder / ARRAYS, allow_pickle=False) as a:
        filled = np.where(frame.isna(), a["medians"], frame)
        scaled = (filled - a["means"]) / a["scales"]
        return (scaled - a["component_means"]) @ a["components"].T


def test_rebuilt_it_gives_the_same_numbers(frame, reducer, folder):
    loaded = load_reducer(folder)
    new = frame * 1.5 + 1
    for rows in (frame, new, new.iloc[:1]):
        pd.testing.assert_frame_equal(loaded.transform(rows), reducer.transform(rows), rtol=1e-12)
    assert loaded.transform(frame).index.equals(frame.index)
    assert [name for name, _ in loaded.steps] == ["impute", "scale", "pca"]


def test_the_arrays_suffice_to_repeat_it(frame, reducer, folder):
    np.testing.assert_allclose(by_hand(frame, folder), reducer.transform(frame), atol=1e-10)


def test_the_rebuilt_steps_answer_as_fitted_ones(frame, reducer, folder):
    loaded = load_reducer(folder)
    scores = loaded.transform(frame)
    back, same = (r["pca"].inverse_transform(scores) for r in (loaded, reducer))
    np.testing.assert_allclose(back, same, atol=1e-12)
    for name in ("explained_variance_ratio_", "singular_values_", "noise_variance_"):
        np.testing.assert_array_equal(getattr(loaded["pca"], name), getattr(reducer["pca"], name))
    assert loaded.get_feature_names_out().tolist() == reducer.get_feature_names_out().tolist()


def test_as_many_components_as_the_variance_asks_for(frame, reducer):
    filled = frame.fillna(frame.median()).fillna(0.0)
    scaled = (filled - filled.mean()) / filled.std(ddof=0).replace(0.0, 1.0)
    variances = np.sort(np.linalg.eigvalsh(np.cov(scaled.T)))[::-1]
    share = np.cumsum(variances) / variances.sum()
    wanted = int(np.searchsorted(share, 0.95) + 1)
    assert reducer.transform(frame).shape == (40, wanted)


def test_other_features_are_refused(frame, folder):
    with pytest.raises(ValueError, match="feature names"):
        load_reducer(folder).transform(frame.rename(columns={"a": "z"}))


def test_one_cycle_is_too_few(frame):
    with pytest.raises(SchemaError, match="two training cycles"):
        fit_reducer(frame.iloc[:1])


def cut_off(folder):
    whole = (folder / ARRAYS).read_bytes()
    (folder / ARRAYS).write_bytes(whole[: len(whole) // 2])


def without_a_feature(folder):
    described = json.loads((folder / DESCRIPTION).read_text())
    described["features"].pop()
    (folder / DESCRIPTION).write_text(json.dumps(described))


def of_the_future(folder):
    described = json.loads((folder / DESCRIPTION).read_text())
    (folder / DESCRIPTION).write_text(json.dumps({**described, "format": 9}))


def pickled(folder):
    np.savez(folder / ARRAYS, medians=np.array([{}], dtype=object))


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (cut_off, "copy the files again"),
        (without_a_feature, "arrays for 6 features"),
        (of_the_future, "format 9"),
        (pickled, "copy the files again"),
        (lambda folder: (folder / DESCRIPTION).write_text("[]"), "not all of them"),
        (lambda folder: (folder / DESCRIPTION).write_text("{"), "copy the files again"),
        (lambda folder: (folder / ARRAYS).unlink(), "copy the files again"),
    ],
)
def test_damaged_files(folder, damage, says):
    damage(folder)
    with pytest.raises(FileReadError, match=says):
        load_reducer(folder)
