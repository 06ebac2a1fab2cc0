"""Autoencoders: what they keep, what gaps do, what they refuse."""

import numpy as np
import pytest

pytest.importorskip("torch")

import torch
from scipy.stats import norm
from sklearn.exceptions import NotFittedError

from locomotion_analysis.errors import CycleShapeError, SchemaError
from locomotion_analysis.models.deep import CurveAutoencoder, load_network, save_network
from locomotion_analysis.models.deep.autoencoder import Latent, divergence
from locomotion_analysis.models.deep.core import KnownPointsLoss

SMALL = {"width": 12, "batch_size": 24, "learning_rate": 8e-3, "device": "cpu"}


@pytest.fixture(scope="module")
def plain(curves):
    return CurveAutoencoder(2, max_epochs=25, **SMALL).fit(curves)


@pytest.fixture(scope="module")
def variational(curves):
    return CurveAutoencoder(3, variational=True, max_epochs=25, **SMALL).fit(curves)


def test_two_numbers_are_enough_for_curves_made_of_two(plain, curves):
    assert plain.score(curves) > 0.97
    rebuilt = plain.inverse_transform(plain.transform(curves))
    off = ((rebuilt - curves) ** 2).mean() / curves.reshape(-1, 2).var(axis=0).mean()
    assert off < 0.05


def test_a_curve_not_measured_is_rebuilt_from_the_others(curves):
    half = curves.copy()
    half[::2, :, 1] = np.nan
    model = CurveAutoencoder(2, max_epochs=25, **SMALL).fit(half)
    rebuilt = model.inverse_transform(model.transform(half))[::2, :, 1]
    assert np.isfinite(rebuilt).all()
    # The second wave of the channel cannot be known, the first is.
    assert np.corrcoef(rebuilt.ravel(), curves[::2, :, 1].ravel())[0, 1] > 0.8


def test_the_variational_latent_is_near_a_standard_normal(variational, curves):
    places = variational.transform(curves)
    used = variational.latent_divergence_ > 0.1
    assert 2 <= used.sum() <= 3
    assert np.abs(places.mean(axis=0)).max() < 0.6
    assert places.std(axis=0).max() < 1.5


def test_divergence_is_that_of_normal_distributions():
    mean, deviation = 0.7, 1.8
    x = np.linspace(-20, 20, 20001)
    density = norm.pdf(x, mean, deviation)
    expected = np.trapezoid(density * (np.log(density) - norm.logpdf(x)), x)
    told = divergence(Latent(torch.tensor(mean), torch.tensor(deviation**2).log()))
    assert float(told) == pytest.approx(expected, rel=1e-5)


def test_drawn_cycles_look_like_the_training(variational, curves):
    drawn = variational.sample(200)
    assert drawn.shape == (200, 48, 2)
    np.testing.assert_allclose(drawn.mean(axis=0)[:, 0], curves.mean(axis=0)[:, 0], atol=0.7)
    assert not np.array_equal(drawn, variational.sample(200, random_state=1))


def test_a_plain_one_has_nothing_to_draw_from(plain):
    with pytest.raises(SchemaError, match="variational=True"):
        plain.sample(3)


def test_a_traversal_passes_the_mean_and_moves_one_coordinate(plain):
    moved = plain.traverse(0, (-2.0, 0.0, 2.0))
    middle = plain.inverse_transform(plain.latent_mean_[None])[0]
    np.testing.assert_allclose(moved.curves[1], middle, rtol=1e-5)
    back = plain.transform(moved.curves)
    assert (back[2] - back[0])[0] > 2 * plain.latent_std_[0]
    with pytest.raises(SchemaError, match="from 0 to 1"):
        plain.traverse(2)


def test_the_order_puts_first_what_moves_the_curves(plain):
    def reach(k):
        ends = plain.traverse(k, (-1, 1)).curves / plain.scaler_.scale_
        return float((np.diff(ends, axis=0) ** 2).mean())

    order = plain.latent_order()
    assert sorted(order) == [0, 1]
    assert reach(order[0]) >= reach(order[1])


@pytest.mark.parametrize("variational", [False, True])
def test_the_file_gives_the_same_numbers(variational, curves, tmp_path):
    model = CurveAutoencoder(2, variational=variational, max_epochs=1, **SMALL).fit(curves)
    save_network(model, tmp_path / "a.safetensors")
    other = load_network(tmp_path / "a.safetensors")
    np.testing.assert_array_equal(model.transform(curves), other.transform(curves))
    np.testing.assert_array_equal(model.traverse(1).curves, other.traverse(1).curves)
    assert other.get_feature_names_out().tolist() == ["curveautoencoder0", "curveautoencoder1"]


def test_the_seed_decides_and_the_callers_random_numbers_stay(curves):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first, again = (
        CurveAutoencoder(2, max_epochs=1, random_state=3, **SMALL).fit(curves) for _ in range(2)
    )
    np.testing.assert_array_equal(first.transform(curves), again.transform(curves))
    torch.testing.assert_close(torch.rand(3), expected)
    other = CurveAutoencoder(2, max_epochs=1, random_state=4, **SMALL).fit(curves)
    assert not np.array_equal(first.transform(curves), other.transform(curves))


def test_refuses_what_it_cannot_learn_from(curves, plain):
    with pytest.raises(SchemaError, match="two cycles or more"):
        CurveAutoencoder(2, **SMALL).fit(curves[:1])
    with pytest.raises(SchemaError, match="two cycles or more"):
        CurveAutoencoder(2, **SMALL).fit(np.full((5, 48, 2), np.nan))
    with pytest.raises(SchemaError, match="n_latent"):
        CurveAutoencoder(0, **SMALL).fit(curves)
    with pytest.raises(CycleShapeError, match="2 channels"):
        plain.transform(curves[:, :, :1])
    with pytest.raises(CycleShapeError, match="coordinates of shape"):
        plain.inverse_transform(np.zeros((3, 5)))
    with pytest.raises(NotFittedError):
        CurveAutoencoder().transform(curves)


def test_gaps_have_no_say_in_loss_and_gradient():
    answer = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    KnownPointsLoss()(answer, torch.tensor([0.0, torch.nan, 3.0])).backward()
    assert answer.grad.tolist() == [1.0, 0.0, 0.0]
    assert float(KnownPointsLoss()(answer.detach(), torch.full((3,), torch.nan))) == 0.0
