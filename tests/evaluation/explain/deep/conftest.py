"""Networks fitted on cycles of which one phase of one channel tells the class."""

from typing import NamedTuple

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

torch = pytest.importorskip("torch", reason="PyTorch is the extra `deep`")

from locomotion_analysis.models.deep import NETWORKS, CurveScaler  # noqa: E402

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


@pytest.fixture(autouse=True, scope="package")
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="package")
def walkers():
    """Twenty-four people of two cycles; the knee at 60 to 75 % of the cycle tells the class."""
    rng = np.random.default_rng(0)
    groups = np.repeat([f"S{i:02d}" for i in range(24)], 2)
    y = np.where(np.repeat(np.arange(24) % 2, 2), "stiff", "free")
    X = rng.normal(0, 0.1, (48, 150, 2))
    X[:, 90:112, 1] += (y == "stiff")[:, None]
    return Walkers(X, y, groups)


@pytest.fixture(scope="package")
def classifier(walkers):
    return Classifier().fit(walkers.X, walkers.y)


@pytest.fixture(scope="package")
def attentive(walkers):
    return Classifier("gru").fit(walkers.X, walkers.y)


@pytest.fixture(scope="package")
def regressor(walkers):
    return Regressor().fit(walkers.X, (walkers.y == "stiff") * 1.0)
