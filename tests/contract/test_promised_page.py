"""The Python examples of the promised page run as they are printed there."""

import re
import textwrap
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pytest

import locomotion_analysis
from locomotion_analysis.simulation import simulate

PAGE = "contract/for_data_scientists.md"


@pytest.fixture(scope="module")
def blocks(shared_folder):
    text = (shared_folder / PAGE).read_text(encoding="utf-8")
    found = re.findall(r"^( *)```python\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(code) for _, code in found]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("page")
    data = simulate(n_subjects=9, n_cycles=2)
    data.to_parquet(path / "ml_training_dataset.parquet", layout="long")
    data.select(task="level_walking").to_parquet(path / "timeseries_dataset.parquet", layout="long")
    return path


def _run(code, names=None):
    space = dict(names or {}, __name__="page")
    with warnings.catch_warnings():
        # The page closes no figure and asks a screenless machine to show one.
        warnings.filterwarnings("ignore", message=".*non-interactive.*")
        exec(compile(code, PAGE, "exec"), space)
    plt.close("all")
    return space


def test_scikit_learn_example(blocks, folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    space = _run(blocks[0])
    assert space["X"].shape[1] >= 150
    assert len(space["X"]) == 90
    assert space["scores"].mean() > 0.5
    assert "Top 10 most important features" in capsys.readouterr().out


@pytest.mark.slow
def test_pytorch_example(blocks, folder, monkeypatch, capsys):
    torch = pytest.importorskip("torch", reason="PyTorch is the extra `deep`")
    torch.manual_seed(0)  # the page sets none
    monkeypatch.chdir(folder)
    # The page imports the class in the tab before this one only.
    space = _run(blocks[1], {"LocomotionData": locomotion_analysis.LocomotionData})
    assert space["X"].shape[1:] == (150, 3)
    assert space["X"].dtype == np.float32
    assert "Training Accuracy" in capsys.readouterr().out
    commonest = space["y"].value_counts(normalize=True).max()
    assert space["accuracy"] > commonest


@pytest.mark.slow
def test_feature_engineering_usage(blocks, folder, monkeypatch):
    monkeypatch.chdir(folder)
    usage = blocks[2][blocks[2].index("# Usage example") :]
    (folder / "training_data.parquet").write_bytes(
        (folder / "ml_training_dataset.parquet").read_bytes()
    )
    names = {
        "LocomotionData": locomotion_analysis.LocomotionData,
        "BiomechanicalFeatureEngineer": locomotion_analysis.BiomechanicalFeatureEngineer,
    }
    engineered = _run(usage, names)["X_engineered"]
    assert len(engineered) == 90
    assert engineered.notna().all(axis=None)


def test_the_pages_own_extraction_runs_on_our_frame(blocks, folder, monkeypatch):
    """The page's class, word for word, on `.dataframe`; ours gives the same numbers.

    Its `fit_transform` cannot run on any data: it joins rows of single samples to rows of cycles.
    """
    # NumPy deprecated `trapz`, which the page calls, and then removed it; the name is all it needs.
    monkeypatch.setattr(np, "trapz", np.trapezoid, raising=False)
    definition, _ = blocks[2].split("# Usage example")
    page = _run(definition)["BiomechanicalFeatureEngineer"]()
    data = locomotion_analysis.LocomotionData.from_parquet(folder / "timeseries_dataset.parquet")
    frame = data.dataframe
    temporal = page.extract_temporal_features(frame)
    assert (temporal["cycle_duration"] == 150).all()
    # The 150 samples lie at 100/149 % each: 60 % falls between the 90th and the 91st.
    assert (temporal["stance_duration"] == 90).all()
    assert (temporal["swing_duration"] == 60).all()
    ours = locomotion_analysis.BiomechanicalFeatureEngineer()
    for theirs, own in (
        (page.extract_kinematic_features(frame), ours.extract_kinematic_features(data)),
        (page.extract_kinetic_features(frame), ours.extract_kinetic_features(frame)),
    ):
        own = own.droplevel(["dataset", "task", "task_id"]).sort_index()
        for names in (("peak", "max"), ("min", "min"), ("rom", "rom"), ("peak_flex", "max")):
            both = [
                (theirs[f"{channel}_{names[0]}"], own[f"{channel}_{names[1]}"])
                for channel in data.channels
                if f"{channel}_{names[0]}" in theirs
            ]
            for their_values, own_values in both:
                np.testing.assert_allclose(own_values, their_values.sort_index(), rtol=1e-5)
    assert {"pca_kinematic", "pca_kinetic", "feature_selector"} <= set(vars(page))
    for name in vars(page):
        assert type(getattr(ours, name)) is type(getattr(page, name))
        for parameter in ("n_components", "k"):
            wanted = getattr(getattr(page, name), parameter, None)
            assert getattr(getattr(ours, name), parameter, None) == wanted


@pytest.mark.slow
@pytest.mark.parametrize("whose", ["ours", "the page's"])
def test_evaluator_example(blocks, folder, monkeypatch, whose):
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    monkeypatch.chdir(folder)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    data = locomotion_analysis.LocomotionData.from_parquet("ml_training_dataset.parquet")
    three = data.select(task=["level_walking", "incline_walking", "stair_ascent"])
    X, y = three.prepare_ml_features(target="task", features=["kinematic"])
    names = {
        "trained_model": make_pipeline(StandardScaler(), LogisticRegression()),
        "X_test": X.to_numpy(),
        "y_test": y.to_numpy(),
        "subject_groups": X.index.get_level_values("subject"),
    }
    evaluator = next(code for code in blocks if "class BiomechanicalModelEvaluator" in code)
    if whose == "ours":
        code = evaluator[evaluator.index("# Usage example") :]
        names["BiomechanicalModelEvaluator"] = locomotion_analysis.BiomechanicalModelEvaluator
    else:
        code = evaluator
    results = _run(code, names)["results"]
    assert {
        "cv_scores",
        "mean_accuracy",
        "std_accuracy",
        "classification_report",
        "confusion_matrix",
    } <= set(results)
    assert results["confusion_matrix"].sum() == len(y)
