"""What a network looks at is where the class was put; sums are what they must be; figures show it."""

import sys
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is the extra `deep`")

from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin  # noqa: E402 - torch first
from sklearn.exceptions import NotFittedError  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402

from locomotion_analysis.errors import (  # noqa: E402
    CycleShapeError,
    LocomotionWarning,
    MissingExtraError,
    SchemaError,
)
from locomotion_analysis.evaluation.explain.networks import (  # noqa: E402
    CycleRelevance,
    integrated_gradients,
    phase_attention,
    phase_occlusion,
    plot_relevance,
    plot_relevance_map,
    plot_relevance_on_curves,
)
from locomotion_analysis.models.deep import (  # noqa: E402
    NETWORKS,
    CurveScaler,
    DeepClassifier,
    DeepMultiTask,
)
from locomotion_analysis.simulation import simulate  # noqa: E402

CHANNELS = ["hip_flexion_angle_ipsi_rad", "knee_flexion_angle_ipsi_rad"]


class Walkers(NamedTuple):
    X: np.ndarray
    y: np.ndarray
    groups: np.ndarray


class _Network(BaseEstimator):
    """The least a network estimator holds, fitted in a second."""

    def __init__(self, architecture="cnn", n_epochs=15):
        self.architecture, self.n_epochs = architecture, n_epochs

    def _fit(self, X, target, loss, n_outputs):
        torch.manual_seed(0)
        self.scaler_ = CurveScaler().fit(X)
        self.network_ = NETWORKS[self.architecture](
            X.shape[2], X.shape[1], n_outputs, width=16, dropout=0.0
        )
        optimizer = torch.optim.AdamW(self.network_.parameters(), lr=1e-2)
        inputs = [torch.from_numpy(part) for part in self.scaler_.transform(X)]
        for _ in range(self.n_epochs):
            optimizer.zero_grad()
            loss(self.network_(*inputs), torch.from_numpy(target)).backward()
            optimizer.step()
        return self

    def _outputs(self, X):
        inputs = [torch.from_numpy(part) for part in self.scaler_.transform(X)]
        with torch.no_grad():
            return self.network_.eval()(*inputs)


class Classifier(ClassifierMixin, _Network):
    def fit(self, X, y):
        self.classes_, target = np.unique(y, return_inverse=True)
        return self._fit(X, target, torch.nn.functional.cross_entropy, len(self.classes_))

    def predict_proba(self, X):
        return self._outputs(X).softmax(dim=1).numpy()

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


class Regressor(RegressorMixin, _Network):
    def fit(self, X, y):
        return self._fit(
            X, y.astype(np.float32)[:, None], torch.nn.functional.mse_loss, n_outputs=1
        )

    def predict(self, X):
        return self._outputs(X).numpy()[:, 0]


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def walkers():
    """Twenty-four people of two cycles; the knee at 60 to 75 % of the cycle tells the class."""
    rng = np.random.default_rng(0)
    groups = np.repeat([f"S{i:02d}" for i in range(24)], 2)
    y = np.where(np.repeat(np.arange(24) % 2, 2), "stiff", "free")
    X = rng.normal(0, 0.1, (48, 150, 2))
    X[:, 90:112, 1] += (y == "stiff")[:, None]
    return Walkers(X, y, groups)


@pytest.fixture(scope="module")
def classifier(walkers):
    return Classifier().fit(walkers.X, walkers.y)


@pytest.fixture(scope="module")
def attentive(walkers):
    return Classifier("gru").fit(walkers.X, walkers.y)


@pytest.fixture(scope="module")
def regressor(walkers):
    return Regressor().fit(walkers.X, (walkers.y == "stiff") * 1.0)


def _knee_swing(found):
    """Share of the relevance that lies where the class was put."""
    values = np.abs(found.values).mean(axis=0)
    middles = (found.edges[1:] + found.edges[:-1]) / 2
    told = (middles > 58) & (middles < 77)
    channel = -1 if values.shape[1] > 1 else 0
    return values[told, channel].sum() / values.sum()


def _logits(model, X):
    curves, measured = model.scaler_.transform(X)
    with torch.no_grad():
        return model.network_(torch.from_numpy(curves), torch.from_numpy(measured)).numpy()


class TestIntegratedGradients:
    def test_the_phase_and_the_channel_that_tell_the_class_are_found(self, walkers, classifier):
        found = integrated_gradients(classifier, walkers.X, walkers.groups, CHANNELS)
        assert found.values.shape == walkers.X.shape
        assert _knee_swing(found) > 0.5  # by chance: 0.1
        assert found.by_channel()["channel"][0] == CHANNELS[1]

    def test_values_of_a_cycle_sum_to_the_change_of_the_logit(self, walkers, classifier):
        reference = walkers.X[walkers.y == "free"].mean(axis=0)
        found = integrated_gradients(
            classifier,
            walkers.X,
            walkers.groups,
            CHANNELS,
            outcome="stiff",
            reference=reference,
            n_steps=64,
        )
        change = _logits(classifier, walkers.X)[:, 1] - _logits(classifier, reference[None])[:, 1]
        told = found.values.sum(axis=(1, 2))
        stiff = walkers.y == "stiff"
        np.testing.assert_allclose(told[stiff], change[stiff], rtol=0.05)
        assert told[stiff].min() > 1

    def test_a_linear_network_gets_its_weights_times_the_difference(self, walkers, classifier):
        class Linear(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.weight = torch.nn.Parameter(torch.randn(150, 2, 2))

            def forward(self, curves, measured):
                return torch.einsum("npc,pco->no", curves * measured[:, None], self.weight)

        model = type(classifier)().fit(walkers.X, walkers.y)
        model.network_ = Linear()
        found = integrated_gradients(model, walkers.X, walkers.groups, CHANNELS, outcome="free")
        scaled = model.scaler_.transform(walkers.X).curves
        expected = (scaled - scaled.mean(axis=0)) * model.network_.weight[..., 0].detach().numpy()
        np.testing.assert_allclose(found.values, expected, atol=1e-4)

    def test_an_unmeasured_channel_has_no_part(self, walkers, classifier):
        X = walkers.X.copy()
        X[:5, :, 0] = np.nan
        found = integrated_gradients(classifier, X, walkers.groups, CHANNELS)
        assert not found.values[:5, :, 0].any()
        assert found.values[5:, :, 0].any()
        assert np.isfinite(found.values).all()

    def test_recurrent_networks_and_quantities_are_explained_too(
        self, walkers, attentive, regressor
    ):
        for model in (attentive, regressor):
            found = integrated_gradients(model, walkers.X, walkers.groups, CHANNELS)
            assert _knee_swing(found) > 0.25
        assert set(found.outcomes) == {"predicted value"}
        assert found.quantity == "added to the standardised value"

    def test_too_few_steps_are_told(self, walkers, attentive):
        with pytest.warns(LocomotionWarning, match="n_steps=1"):
            integrated_gradients(attentive, walkers.X, walkers.groups, CHANNELS, n_steps=1)

    def test_the_network_is_left_as_it_was(self, walkers, classifier):
        classifier.network_.train()
        before = {key: value.clone() for key, value in classifier.network_.state_dict().items()}
        integrated_gradients(
            classifier, walkers.X, walkers.groups, CHANNELS, outcome="stiff", n_steps=8
        )
        assert classifier.network_.training
        after = classifier.network_.state_dict()
        assert all(torch.equal(value, after[key]) for key, value in before.items())

    def test_without_captum_the_extra_is_named(self, walkers, classifier, monkeypatch):
        monkeypatch.setitem(sys.modules, "captum", None)
        monkeypatch.setattr("locomotion_analysis.extras.find_spec", lambda name: None)
        with pytest.raises(MissingExtraError, match=r"captum(.|\n)*\[deep\]"):
            integrated_gradients(classifier, walkers.X, walkers.groups, CHANNELS)


class TestPhaseOcclusion:
    @pytest.mark.parametrize("by_channel", [True, False])
    def test_the_window_that_tells_the_class_is_found(self, walkers, classifier, by_channel):
        found = phase_occlusion(
            classifier, walkers.X, walkers.groups, CHANNELS, by_channel=by_channel
        )
        assert found.values.shape == (48, 20, 2 if by_channel else 1)
        assert _knee_swing(found) > 0.5

    def test_the_fall_is_that_of_the_probability(self, walkers, classifier):
        found = phase_occlusion(
            classifier, walkers.X, walkers.groups, CHANNELS, outcome="stiff", n_windows=2
        )
        occluded = walkers.X.copy()
        occluded[:, 75:] = walkers.X.mean(axis=0)[75:]
        fall = classifier.predict_proba(walkers.X) - classifier.predict_proba(occluded)
        np.testing.assert_allclose(found.values[:, 1, 0], fall[:, 1], atol=1e-5)

    def test_what_was_not_measured_stays_so(self, walkers, classifier):
        X = walkers.X.copy()
        X[:5, :, 0] = np.nan
        found = phase_occlusion(classifier, X, walkers.groups, CHANNELS, by_channel=True)
        assert not found.values[:5, :, 0].any()

    def test_quantities_are_explained(self, walkers, regressor):
        found = phase_occlusion(regressor, walkers.X, walkers.groups, CHANNELS)
        assert _knee_swing(found) > 0.5
        assert found.quantity == "fall of the predicted value"


class TestPhaseAttention:
    def test_weights_are_those_of_the_network(self, walkers, attentive):
        found = phase_attention(attentive, walkers.X, walkers.groups)
        assert found.values.shape == (48, 50, 1)
        np.testing.assert_allclose(found.values.sum(axis=1), 1, atol=1e-5)
        curves, measured = (
            torch.from_numpy(part) for part in attentive.scaler_.transform(walkers.X)
        )
        expected = attentive.network_.phase_weights(curves, measured).detach().numpy()
        np.testing.assert_allclose(found.values[:, :, 0], expected, atol=1e-6)
        assert found.edges[0] == 0
        assert found.edges[-1] == 100

    def test_each_answer_of_several_has_weights_of_its_own(self, walkers):
        y = pd.DataFrame({"knee": walkers.y, "speed": np.linspace(1.0, 2.0, len(walkers.y))})
        model = DeepMultiTask("cnn", max_epochs=1, network_options={"width": 8}, device="cpu")
        model.fit(walkers.X, y, walkers.groups)
        found = {name: phase_attention(model, walkers.X, walkers.groups, name) for name in y}
        curves, measured = (torch.from_numpy(part) for part in model.scaler_.transform(walkers.X))
        for name, each in found.items():
            expected = model.network_.phase_weights(curves, measured, name).detach().numpy()
            np.testing.assert_allclose(each.values[:, :, 0], expected, atol=1e-6)
        assert set(found["knee"].outcomes) <= set(walkers.y)
        assert set(found["speed"].outcomes) == {"predicted value"}
        with pytest.raises(SchemaError, match="knee, speed"):
            phase_attention(model, walkers.X, walkers.groups)

    def test_an_answer_of_a_network_with_one_is_refused(self, walkers, attentive):
        with pytest.raises(SchemaError, match="the model has one"):
            phase_attention(attentive, walkers.X, walkers.groups, "knee")

    def test_a_network_without_attention_is_refused(self, walkers, classifier):
        with pytest.raises(SchemaError, match="lstm, gru, transformer"):
            phase_attention(classifier, walkers.X, walkers.groups)


class TestBadInput:
    def test_channels_subjects_outcome_reference(self, walkers, classifier):
        X, groups = walkers.X, walkers.groups
        with pytest.raises(SchemaError, match="channels"):
            phase_occlusion(classifier, X, groups, CHANNELS[:1])
        with pytest.raises(SchemaError, match="groups"):
            phase_occlusion(classifier, X, groups[:-1], CHANNELS)
        with pytest.raises(SchemaError, match="free, stiff"):
            integrated_gradients(classifier, X, groups, CHANNELS, outcome="limping")
        with pytest.raises(CycleShapeError, match="reference"):
            integrated_gradients(classifier, X, groups, CHANNELS, reference=X[0, :50])
        with pytest.raises(SchemaError, match="n_windows"):
            phase_occlusion(classifier, X, groups, CHANNELS, n_windows=1)

    def test_a_quantity_has_no_outcome(self, walkers, regressor):
        with pytest.raises(SchemaError, match="quantity"):
            phase_occlusion(regressor, walkers.X, walkers.groups, CHANNELS, outcome="stiff")

    def test_a_model_of_several_answers_is_refused(self, walkers, regressor):
        class Several(BaseEstimator):
            network_, scaler_ = regressor.network_, regressor.scaler_

        with pytest.raises(SchemaError, match="one answer"):
            integrated_gradients(Several(), walkers.X, walkers.groups, CHANNELS)

    def test_another_kind_of_model_is_refused(self, walkers):
        with pytest.raises(SchemaError, match="LogisticRegression"):
            integrated_gradients(LogisticRegression(), walkers.X, walkers.groups, CHANNELS)


def test_profiles_are_means_of_subjects_not_of_cycles(walkers, classifier):
    rows = np.r_[np.zeros(20, int), 2, 4]  # one person twenty times, two once
    X, groups = walkers.X[rows], walkers.groups[rows]
    found = phase_occlusion(classifier, X, groups, CHANNELS, outcome="stiff", n_windows=5)
    profile = found.profile(signed=True)
    expected = found.values[[0, 20, 21], :, 0].mean(axis=0)
    np.testing.assert_allclose(profile["relevance"], expected, rtol=1e-6)
    assert (profile["low"] <= profile["relevance"] + 1e-12).all()
    assert (profile["relevance"] <= profile["high"] + 1e-12).all()
    with pytest.raises(SchemaError, match="that was explained: stiff"):
        found.profile(outcome="free")
    with pytest.raises(SchemaError, match="all channels"):
        found.profile("ankle")


def test_shares_of_channels_sum_to_one(walkers, classifier):
    found = integrated_gradients(classifier, walkers.X, walkers.groups, CHANNELS)
    table = found.by_channel("stiff")
    assert table["share"].sum() == pytest.approx(1)
    assert table["relevance"].is_monotonic_decreasing


def test_a_network_that_is_not_fitted(walkers):
    with pytest.raises(NotFittedError):
        integrated_gradients(DeepClassifier(), walkers.X, walkers.groups, CHANNELS)


@pytest.fixture(scope="module")
def data():
    return simulate(
        n_subjects=6, n_cycles=2, tasks=["level_walking"], pathologies=["healthy", "stroke"]
    )


@pytest.fixture(scope="module")
def found(data):
    values = np.zeros((len(data.cycles), 10, 2), np.float32)
    values[:, 6, 1], values[:, 2, 0] = 1.0, -0.4
    return CycleRelevance(
        values,
        np.linspace(0, 100, 11),
        tuple(CHANNELS),
        data.cycles["pathology"].to_numpy(),
        data.groups,
        "added to the logit",
    )


def test_a_line_for_each_outcome(found, data):
    axes = plot_relevance(found, data, CHANNELS[1], by_outcome=True)
    steps = [patch.get_data() for patch in axes.patches if hasattr(patch, "get_data")]
    assert len(steps) == 2
    np.testing.assert_allclose(steps[0].values, found.profile(CHANNELS[1])["relevance"])
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["Healthy", "Stroke"]
    assert axes.get_xlabel() == "Gait cycle (%)"
    assert axes.get_ylabel() == "Added to the logit, size"


def test_simulated_data_is_marked_and_toe_off_drawn(found, data):
    for axes in (
        plot_relevance(found, data),
        plot_relevance_map(found, data),
        plot_relevance_on_curves(found, data, CHANNELS[1], "stroke"),
    ):
        assert axes.get_title(loc="right") == "SIMULATED DATA"
        assert "toe-off" in [text.get_text() for text in axes.texts]


def test_the_map_has_the_channel_of_most_weight_on_top(found, data):
    axes = plot_relevance_map(found, data, "stroke")
    assert [label.get_text() for label in axes.get_yticklabels()] == ["Knee flexion", "Hip flexion"]
    (image,) = axes.collections
    low, high = image.get_clim()
    assert low == -high
    assert axes.get_ylim()[0] > axes.get_ylim()[1]


def test_the_curve_is_coloured_by_what_speaks_for_its_outcome(found, data):
    axes = plot_relevance_on_curves(found, data, CHANNELS[1], "stroke")
    (line,) = axes.collections
    assert line.get_array().argmax() == pytest.approx(0.65 * 149, abs=2)
    assert axes.get_ylabel() == "Angle (°)"


def test_other_cycles_or_channels_are_refused(found, data):
    with pytest.raises(SchemaError, match="in the same order"):
        plot_relevance_on_curves(found, data.take([0, 1]), CHANNELS[1], "stroke")
    with pytest.raises(SchemaError, match="channel"):
        plot_relevance_on_curves(found, data, "knee", "stroke")
