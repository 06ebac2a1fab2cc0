"""Masked-cycle pretraining: what is hidden, what is learned, which channels are matched."""

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from locomotion_analysis.errors import CycleShapeError, LocomotionWarning, SchemaError
from locomotion_analysis.models.deep import load_network, save_network
from locomotion_analysis.models.deep.networks import NETWORKS
from locomotion_analysis.models.deep.representation import CycleEncoder, pretrain
from locomotion_analysis.models.deep.representation.channel_order import in_order
from locomotion_analysis.models.deep.representation.hidden_parts import hide_parts
from locomotion_analysis.models.deep.representation.masked_network import MaskedCycleNetwork
from locomotion_analysis.simulation import simulate

HIP, MOMENT = "hip_flexion_angle_ipsi_rad", "hip_flexion_moment_ipsi_Nm_kg"


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
