"""Fine-tuning: heads, frozen and full, other channels, files, bad input."""

import numpy as np
import pytest

pytest.importorskip("torch")

from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler

from locomotion_analysis import BiomechanicalModelEvaluator
from locomotion_analysis.errors import SchemaError, TargetError
from locomotion_analysis.models.deep import load_network, save_network
from locomotion_analysis.models.deep.representation import (
    CycleEncoder,
    FinetunedClassifier,
    FinetunedRegressor,
    finetune,
)
from locomotion_analysis.models.deep.representation.linear_head import logistic_head, ridge_head

HIP = "hip_flexion_angle_ipsi_rad"
SUBJECTS = np.repeat(np.arange(30), 4)


@pytest.fixture(scope="module")
def size(curves):
    """What a cycle's first channel swings about its mean, which its class follows from."""
    return np.ptp(curves[:, :, 0], axis=1)


@pytest.fixture(scope="module")
def label(size):
    return np.where(size > np.median(size), "wide", "narrow")


@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_logistic_head_says_what_scikit_learn_says(n_classes):
    rng = np.random.default_rng(0)
    features, labels = rng.normal(3, 2, (60, 5)), np.arange(60) % n_classes
    weights = rng.uniform(0.5, 1.5, 60)
    layer = logistic_head(features, labels, weights)
    logits = features @ layer["weight"].numpy().T + layer["bias"].numpy()
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    scaled = StandardScaler().fit_transform(features)
    model = LogisticRegression(C=0.1).fit(scaled, labels, sample_weight=weights)
    np.testing.assert_allclose(shares, model.predict_proba(scaled), atol=2e-4)


def test_the_ridge_head_says_what_scikit_learn_says():
    rng = np.random.default_rng(0)
    features, values, weights = rng.normal(3, 2, (60, 5)), rng.normal(size=(60, 1)), np.ones(60)
    layer = ridge_head(features, values, weights)
    scaled = StandardScaler().fit_transform(features)
    expected = Ridge(alpha=10.0).fit(scaled, values).predict(scaled)
    answer = features @ layer["weight"].numpy().T + layer["bias"].numpy()
    np.testing.assert_allclose(answer, expected.reshape(-1, 1), atol=1e-5)


@pytest.mark.parametrize("frozen", [True, False])
def test_learns_a_class_from_few_subjects(frozen, encoder, curves, label):
    few = np.isin(SUBJECTS, np.arange(12))
    model = finetune(encoder, curves[few], label[few], SUBJECTS[few], frozen=frozen, n_updates=40)
    assert (model.predict(curves[~few]) == label[~few]).mean() > 0.85
    np.testing.assert_allclose(model.predict_proba(curves).sum(axis=1), 1)


def test_learns_a_number(encoder, curves, size):
    model = finetune(encoder, curves[:80], size[:80].astype(float), SUBJECTS[:80], n_updates=100)
    assert isinstance(model, FinetunedRegressor)
    assert model.score(curves[80:], size[80:]) > 0.8


def test_frozen_leaves_the_encoder_as_it_is_and_full_does_not(encoder, curves, label):
    before = encoder.encoder_state()
    frozen = FinetunedClassifier(encoder, frozen=True).fit(curves, label)
    full = FinetunedClassifier(encoder, n_updates=5).fit(curves, label)
    changed = full.network_.network.state_dict()
    for name, tensor in before.items():
        assert frozen.network_.network.state_dict()[name].equal(tensor)
        if "running_" in name:
            # The statistics of the pretraining stay.
            assert changed[name].equal(tensor)
    assert any(not changed[name].equal(tensor) for name, tensor in before.items())
    after = encoder.encoder_state()
    assert all(after[name].equal(tensor) for name, tensor in before.items())


def test_a_random_start_knows_nothing_of_the_pretraining(encoder, curves, label):
    other = CycleEncoder(
        "cnn", network_options=encoder.network_options, max_epochs=1, device="cpu"
    ).fit(curves * 3 + 1)
    settings = {"start": "random", "n_updates": 3, "device": "cpu"}
    one = FinetunedClassifier(encoder, **settings).fit(curves, label)
    two = FinetunedClassifier(other, **settings).fit(curves, label)
    np.testing.assert_array_equal(one.predict_proba(curves), two.predict_proba(curves))


def test_a_laboratory_with_one_of_the_channels(encoder, curves, label):
    one = curves[:, :, :1]
    model = FinetunedClassifier(encoder, channels=[HIP], n_updates=40).fit(one, label, SUBJECTS)
    assert (model.predict(one) == label).mean() > 0.9


def test_the_evaluator_takes_it_unchanged(encoder, curves, label):
    results = BiomechanicalModelEvaluator(n_splits=3).evaluate_classification(
        FinetunedClassifier(encoder, frozen=True), curves, label, groups=SUBJECTS
    )
    assert results["balanced_accuracy"] > 0.85


def test_a_clone_shares_the_encoder_and_forgets_the_fit(encoder, curves, label):
    model = FinetunedClassifier(encoder, frozen=True).fit(curves, label)
    copy = clone(model)
    assert copy.encoder is encoder
    with pytest.raises(NotFittedError):
        copy.predict(curves)


@pytest.mark.parametrize("kind", [FinetunedClassifier, FinetunedRegressor])
def test_the_file_gives_the_same_answers(kind, encoder, curves, label, size, tmp_path):
    y = label if kind is FinetunedClassifier else size
    model = kind(encoder, n_updates=3).fit(curves, y)
    save_network(model, tmp_path / "model.safetensors")
    other = load_network(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(other.predict(curves), model.predict(curves))
    # The encoder comes along, so that it can be tuned again.
    np.testing.assert_array_equal(other.encoder.transform(curves), encoder.transform(curves))


def test_refuses_what_it_cannot_learn_from(encoder, curves, label):
    with pytest.raises(TargetError, match="two classes"):
        FinetunedClassifier(encoder).fit(curves, ["same"] * 120)
    with pytest.raises(TargetError, match="differ"):
        FinetunedRegressor(encoder).fit(curves, np.ones(120))
    with pytest.raises(SchemaError, match="a target for each"):
        FinetunedClassifier(encoder).fit(curves, label[:100])
    with pytest.raises(SchemaError, match="CycleEncoder"):
        FinetunedClassifier("cnn").fit(curves, label)
    with pytest.raises(SchemaError, match="'pretrained' or 'random'"):
        FinetunedClassifier(encoder, start="zero").fit(curves, label)
    with pytest.raises(SchemaError, match="frozen"):
        FinetunedClassifier(encoder, start="random", frozen=True).fit(curves, label)
    with pytest.raises(NotFittedError):
        FinetunedClassifier(CycleEncoder()).fit(curves, label)
