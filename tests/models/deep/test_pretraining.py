"""Pretraining without labels, and encoders put to a task."""

import numpy as np
import pytest

pytest.importorskip("torch")

import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler

from locomotion_analysis import BiomechanicalModelEvaluator
from locomotion_analysis.errors import CycleShapeError, LocomotionWarning, SchemaError, TargetError
from locomotion_analysis.models.deep import (
    NETWORKS,
    CycleEncoder,
    FinetunedClassifier,
    FinetunedRegressor,
    finetune,
    load_network,
    pretrain,
    save_network,
)
from locomotion_analysis.models.deep.pretraining import (
    MaskedCycleNetwork,
    hide_parts,
    in_order,
    logistic_head,
    ridge_head,
)
from locomotion_analysis.simulation import simulate

HIP, MOMENT = "hip_flexion_angle_ipsi_rad", "hip_flexion_moment_ipsi_Nm_kg"


@pytest.fixture(scope="session")
def encoder(curves):
    """Pretrained enough to know how one channel follows from the other."""
    return pretrain(
        curves,
        "cnn",
        ["hip_flexion_angle_ipsi_rad", "hip_flexion_moment_ipsi_Nm_kg"],
        network_options={"width": 16, "depth": 3},
        max_epochs=40,
        batch_size=20,
        learning_rate=5e-3,
    )


def hidden_batch(measured, n_points=100):
    curves = torch.ones(len(measured), n_points, measured.shape[1])
    target = curves.masked_fill(~measured[:, None], torch.nan)
    batch = ({"curves": curves, "measured": measured}, target)
    return hide_parts(batch, torch.Generator().manual_seed(0))


def test_what_is_asked_for_is_exactly_what_is_hidden_and_known():
    measured = torch.rand(300, 4, generator=torch.Generator().manual_seed(1)) < 0.7
    measured[:, 0] = True
    inputs, target = hidden_batch(measured)
    seen = inputs["measured"][:, None] & ~inputs["hidden"][:, :, None]
    assert torch.equal(~torch.isnan(target), measured[:, None] & ~seen)
    assert not (inputs["measured"] & ~measured).any()
    assert inputs["measured"].any(dim=1).all()


def test_a_tenth_to_a_half_of_the_cycle_is_hidden_in_one_piece():
    hidden = hidden_batch(torch.ones(300, 2, dtype=torch.bool))[0]["hidden"].numpy()
    share = hidden.mean(axis=1)
    assert 0.08 < share.min() < 0.15
    assert 0.45 < share.max() < 0.52
    # Going round the cycle there is one beginning.
    assert ((hidden & ~np.roll(hidden, 1, axis=1)).sum(axis=1) == 1).all()
    assert hidden[:, 0].any() and hidden[:, -1].any()


def test_the_network_cannot_see_what_is_hidden():
    network = MaskedCycleNetwork("cnn", 2, 30, width=8).eval()
    rng = torch.Generator().manual_seed(0)
    curves = torch.randn(1, 30, 2, generator=rng)
    hidden = torch.zeros(1, 30, dtype=torch.bool)
    hidden[:, 10:18] = True
    measured = torch.tensor([[True, False]])
    other = curves.clone()
    other[:, 10:18] = 9.0
    other[:, :, 1] = -9.0
    assert torch.equal(network(curves, measured, hidden), network(other, measured, hidden))


def test_hidden_phases_and_channels_are_rebuilt_better_than_by_the_mean_curve(encoder, curves):
    hidden = np.zeros(curves.shape[1], bool)
    hidden[10:20] = True
    rebuilt = encoder.rebuild(curves, hidden)[:, hidden]
    mean = curves.mean(axis=0)[hidden]
    off = ((rebuilt - curves[:, hidden]) ** 2).mean(axis=(0, 1))
    assert (off < 0.3 * ((curves[:, hidden] - mean) ** 2).mean(axis=(0, 1))).all()
    rest = encoder.rebuild(curves[:, :, :1], channels=[HIP])[:, :, 1]
    known = np.corrcoef(rest.ravel(), curves[:, :, 1].ravel())[0, 1]
    assert known > 0.7


@pytest.mark.parametrize("architecture", NETWORKS)
def test_every_architecture_can_be_pretrained_and_saved(architecture, curves, tmp_path):
    model = CycleEncoder(
        architecture, network_options={"width": 16}, max_epochs=1, batch_size=60, device="cpu"
    ).fit(curves[:60])
    features = model.transform(curves)
    assert features.shape == (120, 16)
    assert np.isfinite(features).all()
    save_network(model, tmp_path / "encoder.safetensors")
    np.testing.assert_array_equal(
        load_network(tmp_path / "encoder.safetensors").transform(curves), features
    )


def test_a_channel_the_encoder_never_saw_is_left_out_and_named(encoder, curves):
    with pytest.warns(LocomotionWarning, match="knee_flexion_angle_ipsi_rad"):
        features = encoder.transform(curves, channels=[HIP, "knee_flexion_angle_ipsi_rad"])
    alone = encoder.transform(curves[:, :, :1], channels=[HIP])
    np.testing.assert_array_equal(features, alone)


def test_channels_are_matched_by_name(encoder, curves):
    swapped = encoder.transform(curves[:, :, ::-1], channels=[MOMENT, HIP])
    np.testing.assert_array_equal(swapped, encoder.transform(curves))


def test_names_that_cannot_be_matched_are_refused(curves, encoder):
    with pytest.raises(SchemaError, match="at least one of the encoder"):
        in_order(curves, ["a", "b"], ["c"])
    with pytest.raises(SchemaError, match="without names"):
        in_order(curves, ["a", "b"], None)
    with pytest.raises(CycleShapeError, match="each once"):
        in_order(curves, ["a", "a"], ["a"])
    with pytest.raises(CycleShapeError, match="2 channels"):
        encoder.transform(curves[:, :, :1])


def test_a_dataset_gives_its_channels_names():
    data = simulate(n_subjects=3, n_cycles=2, tasks=["level_walking"])
    encoder = pretrain(
        data, "cnn", [HIP], max_epochs=1, network_options={"width": 8, "depth": 1}, device="cpu"
    )
    assert encoder.channels == [HIP]
    assert encoder.transform(data.array([HIP])).shape == (6, 8)


def test_refuses_an_unknown_architecture_and_a_wrong_number_of_names(curves):
    with pytest.raises(SchemaError, match="gru"):
        CycleEncoder("perceptron").fit(curves)
    with pytest.raises(CycleShapeError, match="names of 2 channels"):
        CycleEncoder(channels=[HIP]).fit(curves)


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
    with pytest.raises(TargetError, match="a quantity that varies"):
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
