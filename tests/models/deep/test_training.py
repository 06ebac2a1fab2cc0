"""Training of the estimators: what they learn, what they refuse, what the same seed gives."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

torch = pytest.importorskip("torch")
pytest.importorskip("skorch")

from locomotion_analysis.errors import CycleShapeError, LocomotionWarning, SchemaError, TargetError  # noqa: E402
from locomotion_analysis.models.deep import (  # noqa: E402
    ARCHITECTURES,
    DeepClassifier,
    DeepMultiTask,
    DeepRegressor,
    sweep_learning_rate,
)
from locomotion_analysis.models.deep.callbacks import share_of_rate  # noqa: E402
from locomotion_analysis.models.deep.estimators import MultiTaskLoss  # noqa: E402
from locomotion_analysis.models.deep.training import validation_split  # noqa: E402

CHANNELS = ["knee_flexion_angle_ipsi_rad", "knee_flexion_angle_contra_rad"]


@pytest.fixture(autouse=True)
def one_core():
    """Small networks lose by a second core."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_a_classifier_learns_what_is_easy_to_see(cycles, settings):
    train = np.flatnonzero(cycles.groups < "S08")
    test = np.flatnonzero(cycles.groups >= "S08")
    model = DeepClassifier(**{**settings, "max_epochs": 25, "learning_rate": 1e-2})
    model.fit(cycles.X[train], cycles.y[train], cycles.groups[train])
    assert model.score(cycles.X[test], cycles.y[test]) == 1.0
    probability = model.predict_proba(cycles.X[test])
    np.testing.assert_allclose(probability.sum(axis=1), 1)
    np.testing.assert_array_equal(
        model.classes_[probability.argmax(axis=1)], model.predict(cycles.X[test])
    )


def test_a_regressor_answers_in_the_targets_unit(cycles, settings):
    model = DeepRegressor(**{**settings, "max_epochs": 30, "learning_rate": 1e-2})
    centimetres = model.fit(cycles.X, 100 * cycles.speed, cycles.groups).predict(cycles.X)
    assert np.abs(centimetres - 100 * cycles.speed).mean() < 0.5 * (100 * cycles.speed).std()
    best = model.history_["valid_loss"].argmin()
    assert model.history_["valid_mae"][best] < 50


@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
def test_every_architecture_trains_with_a_last_batch_of_one(cycles, settings, architecture):
    options = {} if architecture == "two_leg" else {"width": 16}
    names = CHANNELS if architecture == "two_leg" else None
    model = DeepClassifier(
        **{**settings, "architecture": architecture, "network_options": options, "channels": names},
    ).set_params(max_epochs=1, batch_size=8, validation_share=None)
    model.fit(cycles.X[:25], cycles.y[:25])
    assert np.isfinite(model.predict_proba(cycles.X[:1])).all()


def test_the_same_seed_gives_the_same_network_and_leaves_torchs_own_alone(cycles, settings):
    model = DeepClassifier(**settings, random_state=5)
    state = torch.get_rng_state()
    first = model.fit(cycles.X, cycles.y, cycles.groups).predict_proba(cycles.X)
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(99)
    again = clone(model).fit(cycles.X, cycles.y, cycles.groups).predict_proba(cycles.X)
    other = clone(model).set_params(random_state=6).fit(cycles.X, cycles.y, cycles.groups)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other.predict_proba(cycles.X))


def test_the_network_kept_is_that_of_the_best_epoch(cycles, settings):
    """Patience 1 and a rate that throws the loss about: the last epoch is not the best."""
    settings = {**settings, "max_epochs": 12, "patience": 2, "learning_rate": 0.3}
    model = DeepClassifier(**settings).fit(cycles.X, cycles.y, cycles.groups)
    losses = model.history_["valid_loss"].to_numpy()
    assert len(losses) == min(12, losses.argmin() + 3)
    best = DeepClassifier(**settings).set_params(patience=99)
    best.fit(cycles.X, cycles.y, cycles.groups)
    assert best.history_["valid_loss"].min() <= losses.min()


def test_validation_subjects_are_apart_and_leave_every_class_to_train_on(cycles):
    rng = np.random.default_rng(0)
    for seed in range(20):
        n_subjects = int(rng.integers(3, 15))
        groups = rng.integers(0, n_subjects, 60)
        labels = rng.integers(0, 4, n_subjects)[groups]
        if len(np.unique(labels)) < 2:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", LocomotionWarning)
            train, held = validation_split(labels, groups, 0.25, seed)
        assert sorted([*train, *held]) == list(range(60))
        assert not set(groups[train]) & set(groups[held])
        assert set(labels[train]) == set(labels)


def test_about_the_share_of_subjects_is_set_aside(cycles):
    labels = (cycles.y == "stroke").astype(int)
    held = validation_split(labels, cycles.groups, 0.25, 0).validation
    assert len(np.unique(cycles.groups[held])) == 3
    assert set(labels[held]) == {0, 1}


@pytest.mark.parametrize(
    ("groups", "told"),
    [(None, "subjects are not known"), ("one", "of 1 subject none can be spared")],
)
def test_without_subjects_to_spare_it_trains_all_epochs_and_says_so(cycles, settings, groups, told):
    groups = None if groups is None else np.full(48, "S01")
    model = DeepClassifier(**settings)
    with pytest.warns(LocomotionWarning, match=told):
        model.fit(cycles.X, cycles.y, groups)
    assert len(model.history_) == 3
    assert "valid_loss" not in model.history_


def test_a_channel_not_measured_changes_nothing_but_through_the_mask(cycles, settings):
    X = cycles.X.copy()
    X[::2, :, 1] = np.nan
    model = DeepClassifier(**settings).fit(X, cycles.y, cycles.groups)
    assert np.isfinite(model.predict_proba(X)).all()
    X[0, :, 1] = model.scaler_.mean_[1]
    measured, missing = model.predict_proba(X[:1]), model.predict_proba(cycles.X[:1] * [1, np.nan])
    assert not np.array_equal(measured, missing)


def test_curves_with_gaps_and_channels_never_measured_are_told_of(cycles, settings):
    X = np.concatenate([cycles.X, np.full((48, 30, 1), np.nan)], axis=2)
    X[0, 3, 0] = np.nan
    with pytest.warns(LocomotionWarning) as told:
        model = DeepClassifier(**settings).fit(X, cycles.y, cycles.groups)
    messages = " ".join(str(each.message) for each in told)
    assert "channels at positions 2" in messages
    assert "1 curves have gaps" in messages
    with pytest.warns(LocomotionWarning, match="1 of 2 cycles have no curve without gaps"):
        model.predict(np.stack([X[1], np.full((30, 3), np.nan)]))


@pytest.mark.parametrize(
    ("change", "error", "told"),
    [
        ({"architecture": "rnn"}, SchemaError, "lstm, gru, cnn"),
        ({"network_options": {"width": 8, "heads": 2}}, SchemaError, "'heads'"),
        ({"max_epochs": 0}, SchemaError, "max_epochs"),
        ({"batch_size": 2.5}, SchemaError, "batch_size"),
        ({"learning_rate": 0}, SchemaError, "learning_rate"),
        ({"balance": "class"}, SchemaError, "balance"),
        ({"validation_share": 0.9}, SchemaError, "validation_share"),
        ({"channels": ["one"]}, SchemaError, "names of the 2 channels"),
        ({"device": "tpu"}, SchemaError, "device"),
        ({"architecture": "two_leg", "network_options": None}, SchemaError, "names of the 2"),
        ({"augmentation": "warp"}, SchemaError, "augmentation"),
        ({"log": __file__}, SchemaError, "ends in .csv"),
    ],
)
def test_settings_that_cannot_be_are_refused(cycles, settings, change, error, told):
    with pytest.raises(error, match=told):
        DeepClassifier(**{**settings, **change}).fit(cycles.X, cycles.y, cycles.groups)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_gpu_that_is_not_there_is_refused(cycles, settings):
    with pytest.raises(SchemaError, match="0 devices cuda"):
        DeepClassifier(**{**settings, "device": "cuda"}).fit(cycles.X, cycles.y, cycles.groups)


def test_curves_and_targets_that_do_not_fit_are_refused(cycles, settings):
    model = DeepClassifier(**settings).fit(cycles.X, cycles.y, cycles.groups)
    with pytest.raises(CycleShapeError, match="30 points and 2 channels"):
        model.predict(cycles.X[..., :1])
    with pytest.raises(CycleShapeError, match="30 points and 2 channels"):
        model.predict(cycles.X[:, :20])
    with pytest.raises(SchemaError, match="same number of rows"):
        clone(model).fit(cycles.X, cycles.y[:-1], cycles.groups)
    with pytest.raises(TargetError, match="at least two classes"):
        clone(model).fit(cycles.X, np.full(48, "stroke"), cycles.groups)
    with pytest.raises(SchemaError, match="gaps in all of them"):
        clone(model).fit(np.full((8, 30, 2), np.nan), cycles.y[:8])
    with pytest.raises(TargetError, match="varies"):
        DeepRegressor(**settings).fit(cycles.X, np.ones(48), cycles.groups)
    with pytest.warns(LocomotionWarning, match="count as wrong: diplegia"):
        assert model.score(cycles.X[:2], ["diplegia", "diplegia"]) == 0


def test_several_answers_are_learned_from_what_is_known_of_each(cycles, settings):
    y = pd.DataFrame({"pathology": cycles.y, "speed_m_s": cycles.speed})
    y.loc[::3, "speed_m_s"] = np.nan
    y.loc[1::3, "pathology"] = None
    model = DeepMultiTask(**{**settings, "max_epochs": 30, "learning_rate": 1e-2})
    predicted = model.fit(cycles.X, y, cycles.groups).predict(cycles.X)
    assert (predicted["pathology"] == cycles.y).mean() > 0.9
    assert np.corrcoef(predicted["speed_m_s"], cycles.speed)[0, 1] > 0.8
    assert model.predict_proba(cycles.X)["pathology"].shape == (48, 2)
    assert model.score(cycles.X, y) > 0.5
    assert {"valid_pathology", "valid_speed_m_s"} <= set(model.history_)


def test_the_loss_of_several_answers_is_that_of_each_where_it_is_known():
    outputs = torch.tensor([[1.0, -1.0, 0.5], [0.0, 2.0, 1.0]])
    targets = torch.tensor([[0.0, torch.nan], [1.0, 3.0]])
    classes = torch.nn.functional.cross_entropy(outputs[:, :2], torch.tensor([0, 1]))
    expected = (classes + 4.0) / 2
    assert MultiTaskLoss([2, 1], 0.0)(outputs, targets) == pytest.approx(float(expected))
    assert MultiTaskLoss([2, 1], 0.0)(outputs, torch.full((2, 2), torch.nan)) == 0


@pytest.mark.parametrize("y", [np.zeros((48, 2)), pd.DataFrame(index=range(48))])
def test_several_answers_need_a_table_with_columns(cycles, settings, y):
    with pytest.raises(SchemaError, match="a DataFrame"):
        DeepMultiTask(**settings).fit(cycles.X, y, cycles.groups)


def test_the_learning_rate_rises_and_falls_once():
    rates = np.array([share_of_rate(done) for done in np.linspace(0, 1, 101)])
    assert rates.argmax() == 10
    assert rates.max() == 1
    assert (np.diff(rates[:11]) > 0).all()
    assert (np.diff(rates[10:]) < 0).all()


def test_the_sweep_ends_where_the_loss_grows_and_suggests_a_rate_below(cycles, settings):
    model = DeepRegressor(**settings)
    sweep = sweep_learning_rate(
        model, cycles.X, cycles.speed, cycles.groups, highest=1000.0, n_steps=60
    )
    assert len(sweep.rates) == len(sweep.losses) < 60
    assert sweep.suggested < sweep.rates[sweep.losses.argmin()]
    assert not hasattr(model, "network_")
    with pytest.raises(SchemaError, match="lowest < highest"):
        sweep_learning_rate(model, cycles.X, cycles.speed, lowest=1.0, highest=0.1)


def test_subjects_with_many_cycles_count_no_more_than_others(cycles, settings):
    """The weights of the draw are those of the balance, for training cycles alone."""
    rows = np.r_[np.repeat(0, 50), np.arange(48)]
    model = DeepClassifier(**settings)
    targets = model._targets(cycles.y[rows], cycles.groups[rows])
    chosen = model._cycles(cycles.X[rows], targets, cycles.groups[rows])
    net = model._untrained(chosen, targets, [])
    weights = pd.Series(net.get_params()["iterator_train__weights"])
    of_subject = weights.groupby(cycles.groups[rows][chosen.split.train]).sum()
    of_class = weights.groupby(cycles.y[rows][chosen.split.train]).sum()
    np.testing.assert_allclose(of_class, 0.5)
    assert of_subject.max() / of_subject.min() < 1.5


def test_what_does_not_compile_runs_uncompiled_and_says_so(cycles, settings, monkeypatch):
    def broken(self):
        raise RuntimeError("no compiler")

    plain = DeepClassifier(**settings).fit(cycles.X, cycles.y, cycles.groups)
    monkeypatch.setattr(torch.nn.Module, "compile", broken)
    with pytest.warns(LocomotionWarning, match="no compiler"):
        model = DeepClassifier(**settings, compiled=True).fit(cycles.X, cycles.y, cycles.groups)
    np.testing.assert_array_equal(model.predict_proba(cycles.X), plain.predict_proba(cycles.X))
