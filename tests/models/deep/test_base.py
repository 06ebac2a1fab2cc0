"""What all estimators around a network promise: parameters, tags, and nothing learned that is lost."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils import get_tags

torch = pytest.importorskip("torch")
pytest.importorskip("skorch")

from locomotion_analysis.models.deep import (  # noqa: E402
    CurveAutoencoder,
    CurveDiffusion,
    CurveGAN,
    CurveRegressor,
    CycleEncoder,
    DeepClassifier,
    DeepMultiTask,
    DeepRegressor,
    FinetunedClassifier,
    FinetunedRegressor,
    load_network,
    save_network,
)
from locomotion_analysis.simulation import simulate  # noqa: E402

WIDTH = {"network_options": {"width": 8}}
SMALL = {
    DeepClassifier: {"max_epochs": 1, **WIDTH},
    DeepRegressor: {"max_epochs": 1, **WIDTH},
    DeepMultiTask: {"max_epochs": 1, **WIDTH},
    CurveAutoencoder: {"n_latent": 2, "max_epochs": 1, "width": 8},
    CycleEncoder: {"max_epochs": 1, **WIDTH},
    CurveRegressor: {"max_epochs": 1, **WIDTH},
    CurveDiffusion: {"max_epochs": 1, "width": 8, "n_components": 4},
    CurveGAN: {"max_epochs": 1, "width": 8, "n_components": 4},
}


@pytest.fixture(scope="session")
def walkers():
    return simulate(n_subjects=4, n_cycles=4, tasks=["level_walking"])


def fitted(kind, cycles, walkers):
    model = kind(**SMALL[kind], device="cpu", random_state=1)
    several = pd.DataFrame({"class": cycles.y, "speed": cycles.speed})
    arguments = {
        DeepClassifier: (cycles.X, cycles.y, cycles.groups),
        DeepRegressor: (cycles.X, cycles.speed, cycles.groups),
        DeepMultiTask: (cycles.X, several, cycles.groups),
        CurveRegressor: (cycles.X, cycles.X[..., :1]),
        CurveDiffusion: (walkers,),
        CurveGAN: (walkers,),
    }
    return model.fit(*arguments.get(kind, (cycles.X,)))


@pytest.mark.parametrize("kind", SMALL)
def test_parameters_are_kept_as_given_and_the_tags_tell_of_curves_with_gaps(kind):
    model = kind(**SMALL[kind], learning_rate=0.25, random_state=3)
    assert model.get_params().items() >= {**SMALL[kind], "learning_rate": 0.25}.items()
    assert clone(model).get_params() == model.get_params()
    assert kind().get_params()["random_state"] == 0
    tags = get_tags(model).input_tags
    assert (tags.two_d_array, tags.three_d_array, tags.allow_nan) == (False, True, True)


@pytest.mark.parametrize("kind", SMALL)
def test_a_file_holds_all_that_was_learned_and_training_leaves_the_callers_chance_alone(
    kind, cycles, walkers, tmp_path
):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    model = fitted(kind, cycles, walkers)
    assert torch.equal(torch.rand(3), expected)
    save_network(model, tmp_path / "m.safetensors")
    loaded = load_network(tmp_path / "m.safetensors", device="cpu")
    assert vars(loaded).keys() == vars(model).keys()
    np.testing.assert_array_equal(np.asarray(loaded.history_), np.asarray(model.history_))


@pytest.mark.parametrize("kind", [FinetunedClassifier, FinetunedRegressor])
def test_a_file_of_a_finetuned_network_holds_all_too(kind, cycles, walkers, tmp_path):
    encoder = fitted(CycleEncoder, cycles, walkers)
    y = cycles.y if kind is FinetunedClassifier else cycles.speed
    model = kind(encoder, frozen=True, device="cpu").fit(cycles.X, y, cycles.groups)
    save_network(model, tmp_path / "m.safetensors")
    loaded = load_network(tmp_path / "m.safetensors", device="cpu")
    assert vars(loaded).keys() == vars(model).keys()
    assert vars(loaded.encoder).keys() == vars(encoder).keys()


@pytest.mark.parametrize("kind", [DeepClassifier, DeepRegressor, DeepMultiTask, CurveRegressor])
def test_nothing_is_predicted_before_fit(kind, cycles):
    with pytest.raises(NotFittedError):
        kind().predict(cycles.X)
    if kind is DeepClassifier:
        with pytest.raises(NotFittedError):
            kind().score(cycles.X, cycles.y)
