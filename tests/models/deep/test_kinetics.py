"""Curves predicted from curves: what is learned, what is masked, what is refused, what is saved."""

import warnings

import numpy as np
import pytest

pytest.importorskip("torch")

import torch
from sklearn.base import clone
from sklearn.linear_model import Ridge

from locomotion_analysis import LocomotionData
from locomotion_analysis.errors import (
    CycleShapeError,
    FileReadError,
    LocomotionWarning,
    SchemaError,
    TargetError,
)
from locomotion_analysis.models.deep import (
    CurveRegressor,
    MeanCurve,
    RidgeCurves,
    kinetics_arrays,
    load_network,
    save_network,
    train_kinetics,
)
from locomotion_analysis.models.deep.curve_baselines import cosine_basis
from locomotion_analysis.simulation import simulate

GROUPS = np.repeat(np.arange(15), 4)
FAST = CurveRegressor(
    max_epochs=15, batch_size=10, learning_rate=5e-3, dropout=0.1, network_options={"width": 32}
)
MODELS = [MeanCurve(), RidgeCurves(), FAST]


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def pair():
    """Smooth angles of 15 people, and moments of two channels that follow from them."""
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(60, 3, 4)) / (1 + np.arange(4))
    X = np.einsum("nch,ph->npc", scores, cosine_basis(60)[:, :4]).astype(np.float32)
    Y = np.stack([2 * X[..., 0] - X[..., 1], 5 + 30 * X[..., 0] ** 2], axis=-1)
    return X, Y


@pytest.fixture(scope="module")
def data():
    return simulate(5, 2, ["level_walking"])


def test_the_mean_curve_is_numpys_mean(pair):
    X, Y = pair
    assert MeanCurve().fit(X, Y).predict(X[:2])[1] == pytest.approx(Y.mean(axis=0), abs=1e-4)


@pytest.mark.parametrize("channels", [1, 3], ids=["more cycles", "more scores"])
def test_ridge_is_scikit_learns_on_the_same_scores(channels, pair):
    X, Y = pair[0][..., :channels], pair[1]
    model = RidgeCurves().fit(X, Y, GROUPS)
    prepared = model.preparation_.transform(X)
    scores = np.einsum("npc,ph->nhc", prepared, cosine_basis(60)).reshape(60, -1).astype(float)
    size = np.square(scores - scores.mean(axis=0)).sum()
    for target in range(2):
        penalty = model.penalties_[target] * size / len(X)
        expected = Ridge(alpha=penalty).fit(scores, Y[..., target]).predict(scores)
        assert model.predict(X)[..., target] == pytest.approx(expected, abs=1e-3)


def test_each_model_beats_the_one_before_where_it_should():
    scores = np.random.default_rng(0).normal(size=(200, 2))
    X = np.einsum("nc,p->npc", scores, cosine_basis(60)[:, 1])
    Y = np.stack([X[..., 0] - X[..., 1], X[..., 0] * scores[:, :1]], axis=-1)
    longer = clone(FAST).set_params(max_epochs=25, dropout=0.0)
    errors = []
    for model in (*MODELS[:2], longer):
        fitted = clone(model).fit(X[:150], Y[:150], np.arange(150))
        errors.append(np.sqrt(((fitted.predict(X[150:]) - Y[150:]) ** 2).mean(axis=(0, 1))))
    mean, ridge, network = errors
    assert ridge[0] < 0.1 * mean[0]  # linear
    assert network[1] < 0.5 * min(mean[1], ridge[1])  # a square: no line fits it


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_a_laboratory_without_force_plates_teaches_nothing_about_forces(model, pair):
    X, Y = pair
    gaps = Y.copy()
    gaps[::4, :, 1] = np.nan
    predicted = clone(model).fit(X, gaps, GROUPS).predict(X)
    assert np.isfinite(predicted).all()
    assert np.abs(predicted[..., 1] - Y[..., 1]).mean() < np.abs(Y[..., 1]).mean()
    if not isinstance(model, CurveRegressor):  # the network's layers are shared by all targets
        rows = np.setdiff1d(np.arange(60), np.arange(0, 60, 4))
        alone = clone(model).fit(X[rows], Y[rows], GROUPS[rows]).predict(X)
        assert predicted[..., 1] == pytest.approx(alone[..., 1], rel=0.1, abs=0.3)


def test_what_was_not_measured_is_not_read(pair):
    X, Y = pair
    missing = X.copy()
    missing[::2, :, 1] = np.nan
    broken = missing.copy()
    broken[::2, 5:, 1] = 777.0  # one gap makes a curve not measured: the rest must not matter
    model = clone(FAST).set_params(max_epochs=2).fit(missing, Y)
    assert np.array_equal(model.predict(missing), model.predict(broken))
    assert not np.array_equal(model.predict(missing), model.predict(np.nan_to_num(missing)))


def test_the_loss_ignores_single_missing_points(pair):
    X, Y = pair
    gaps = Y.copy()
    gaps[:30, 20:30, 0] = np.nan
    model = clone(FAST).fit(X, gaps)
    assert np.isfinite(model.history_).all()
    assert model.history_[-1] < 0.5 * model.history_[0]


def test_the_same_seed_gives_the_same_network(pair):
    X, Y = pair
    short = clone(FAST).set_params(max_epochs=2)
    one, two, other = (
        clone(short).set_params(random_state=seed).fit(X, Y).predict(X) for seed in (1, 1, 2)
    )
    assert np.array_equal(one, two)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("architecture", ["gru", "cnn", "transformer"])
def test_encoders_of_the_package_are_read_out_step_by_step(architecture, pair):
    X, Y = pair
    model = CurveRegressor(
        architecture, max_epochs=2, dropout=0.1, network_options={"width": 16}, batch_size=20
    ).fit(X, Y)
    assert model.predict(X).shape == Y.shape
    assert model.history_[1] < model.history_[0]


def test_training_starts_from_the_mean_curve(pair):
    X, Y = pair
    model = clone(FAST).set_params(max_epochs=1, learning_rate=1e-12).fit(X, Y)
    assert model.predict(X[:1])[0] == pytest.approx(Y.mean(axis=0), abs=1e-3)


def test_a_subject_with_many_cycles_counts_no_more(pair):
    X, Y = pair
    Y = Y.copy()
    Y[GROUPS == 0] += 1000.0
    rows = np.concatenate([np.arange(60), np.repeat(np.flatnonzero(GROUPS == 0), 14)])
    short = clone(FAST).set_params(max_epochs=1)
    plain = short.fit(X[rows], Y[rows]).history_[0]
    balanced = short.fit(X[rows], Y[rows], GROUPS[rows]).history_[0]
    assert balanced != plain  # other cycles were drawn


def test_a_file_gives_the_same_predictions(pair, tmp_path):
    X, Y = pair
    model = clone(FAST).set_params(max_epochs=1).fit(X, Y)
    file = tmp_path / "model.safetensors"
    save_network(model, file)
    again = load_network(file)
    assert np.array_equal(again.predict(X), model.predict(X))
    assert again.get_params()["network_options"] == {"width": 32}
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(FileReadError, match="cut short"):
        load_network(file)


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        (lambda X, Y: (X[0], Y), CycleShapeError, "three|shape"),
        (lambda X, Y: (X, Y[:-1]), SchemaError, "59 cycles"),
        (lambda X, Y: (X, Y[:, :-1]), SchemaError, "59 points"),
        (lambda X, Y: (X, np.where(Y > 1e9, Y, np.inf)), SchemaError, "where: .*Y|channels at"),
        (lambda X, Y: (X, np.where([True, False], Y, np.nan)), TargetError, r"positions \[1\]"),
    ],
)
@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_curves_that_do_not_fit_are_refused(model, change, error, says, pair):
    with pytest.raises(error, match=says):
        clone(model).fit(*change(*pair), GROUPS)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_other_channels_than_in_training_are_refused(model, pair):
    X, Y = pair
    fitted = clone(model)
    if isinstance(fitted, CurveRegressor):
        fitted.set_params(max_epochs=1)
    fitted.fit(X, Y, GROUPS)
    for wrong in (X[..., :2], X[:, :50]):
        with pytest.raises(CycleShapeError, match="as in training"):
            fitted.predict(wrong)


def test_unknown_architectures_and_devices_are_refused(pair):
    with pytest.raises(SchemaError, match="whole_cycle, lstm"):
        CurveRegressor("resnet").fit(*pair)
    with pytest.raises(SchemaError, match="device"):
        CurveRegressor(device="cuda:99").fit(*pair)


def test_one_cycle_and_one_subject_are_enough_to_train(pair):
    X, Y = pair
    assert np.isfinite(RidgeCurves().fit(X[:4], Y[:4], GROUPS[:4]).predict(X)).all()
    assert np.isfinite(clone(FAST).set_params(max_epochs=1).fit(X[:1], Y[:1]).predict(X)).all()


def test_ridge_without_groups_says_what_it_means(pair):
    with pytest.warns(LocomotionWarning, match="over cycles, not subjects"):
        RidgeCurves().fit(*pair)


def test_kinetics_are_no_inputs(data):
    arrays = kinetics_arrays(data)
    assert all(name.endswith(("_rad", "_rad_s")) for name in arrays.inputs)
    assert all(name.endswith(("_Nm_kg", "_BW")) for name in arrays.targets)
    assert arrays.X.shape == (10, 150, len(arrays.inputs))
    with pytest.raises(SchemaError, match="give each other away"):
        kinetics_arrays(data, inputs=["hip_flexion_angle_ipsi_rad", "hip_power_ipsi_W_kg"])
    angles = LocomotionData(data.cycles, [data.curves(n) for n in arrays.inputs], arrays.inputs)
    with pytest.raises(SchemaError, match="moment or grf"):
        kinetics_arrays(angles)


def test_missing_kinetics_are_filled_and_said_so(data, tmp_path):
    knee, force = "knee_flexion_moment_ipsi_Nm_kg", "grf_vertical_ipsi_BW"
    inputs = ["knee_flexion_angle_ipsi_rad", "ankle_flexion_angle_ipsi_rad"]
    short = clone(FAST).set_params(max_epochs=1)
    model = train_kinetics(data, short, inputs=inputs, targets=[knee, force])
    assert model.inputs[1] == "ankle_dorsiflexion_angle_ipsi_rad"
    half = data.curves(knee).copy()
    half[:5] = np.nan
    half[5, 40:] = np.nan  # a measured curve with a gap stays as it is
    without = LocomotionData(
        data.cycles, [*(data.curves(n) for n in model.inputs), half], [*model.inputs, knee]
    )
    filled = model.predict(without)
    assert np.array_equal(filled.curves(knee)[5:], half[5:], equal_nan=True)
    assert np.isfinite(filled.curves(knee)[:5]).all()
    assert np.isfinite(filled.curves(force)).all()
    assert [entry.count for entry in filled.history if entry.action == "predicted"] == [5, 10]
    assert filled.cycles["kinetics_predicted"].all()
    save_network(model, tmp_path / "model.safetensors")
    again = load_network(tmp_path / "model.safetensors").predict(without)
    assert np.array_equal(again.block, filled.block, equal_nan=True)


def test_absent_inputs_are_told_and_no_input_at_all_is_refused(data):
    inputs = ["knee_flexion_angle_ipsi_rad", "ankle_dorsiflexion_angle_ipsi_rad"]
    short = clone(FAST).set_params(max_epochs=1)
    model = train_kinetics(data, short, inputs=inputs, targets=["grf_vertical_ipsi_BW"])
    knee = data.curves(inputs[0]).copy()
    knee[3] = np.nan
    only = LocomotionData(data.cycles, [knee], inputs[:1])
    with pytest.warns(LocomotionWarning, match=inputs[1]):
        filled = model.predict(only)
    assert np.isnan(filled.curves("grf_vertical_ipsi_BW")).all(axis=1).tolist() == [
        cycle == 3 for cycle in range(10)
    ]
    assert filled.cycles["kinetics_predicted"].tolist() == [cycle != 3 for cycle in range(10)]
    hip = "hip_flexion_angle_ipsi_rad"
    with (
        warnings.catch_warnings(),
        pytest.raises(SchemaError, match="the training had 2 channels"),
    ):
        model.predict(LocomotionData(data.cycles, [data.curves(hip)], [hip]))
