"""Cross-validate a network with a training loop of your own on gait curves, by subject."""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassifierMixin
from torch.utils.data import DataLoader, TensorDataset

from locomotion_analysis import BiomechanicalModelEvaluator, LocomotionData
from locomotion_analysis.evaluation.plots import plot_confusion_matrix

ANGLES = ("hip_flexion", "knee_flexion", "ankle_dorsiflexion")


class Network(torch.nn.Module):
    """Two convolutions along the cycle, averaged over it."""

    def __init__(self, n_channels: int, n_classes: int) -> None:
        super().__init__()
        self.layers = torch.nn.Sequential(
            torch.nn.Conv1d(n_channels, 16, kernel_size=9, stride=3),
            torch.nn.ReLU(),
            torch.nn.Conv1d(16, 16, kernel_size=9, stride=3),
            torch.nn.ReLU(),
            torch.nn.AdaptiveAvgPool1d(4),
            torch.nn.Flatten(),
            torch.nn.Linear(16 * 4, n_classes),
        )

    def forward(self, curves: torch.Tensor) -> torch.Tensor:
        """Return logits (cycles, classes) of curves (cycles, points, channels)."""
        return self.layers(curves.transpose(1, 2))


class LoopClassifier(ClassifierMixin, BaseEstimator):
    """A training loop behind scikit-learn's `fit` and `predict_proba`."""

    def __init__(self, epochs=40, batch_size=16, learning_rate=0.01, seed=0):
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.seed = seed

    def fit(self, X, y):
        """Train on curves (cycles, points, channels)."""
        torch.manual_seed(self.seed)
        self.classes_, codes = np.unique(y, return_inverse=True)
        self.mean_ = X.mean(axis=(0, 1))
        self.spread_ = X.std(axis=(0, 1))
        self.network_ = Network(X.shape[2], len(self.classes_))
        cycles = TensorDataset(self._scaled(X), torch.as_tensor(codes))
        optimizer = torch.optim.Adam(self.network_.parameters(), lr=self.learning_rate)
        for _ in range(self.epochs):
            for curves, target in DataLoader(cycles, batch_size=self.batch_size, shuffle=True):
                loss = torch.nn.functional.cross_entropy(self.network_(curves), target)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
        return self

    def predict_proba(self, X):
        """Return the probability of each class, (cycles, classes)."""
        self.network_.eval()
        with torch.no_grad():
            return self.network_(self._scaled(X)).softmax(dim=1).numpy()

    def predict(self, X):
        """Return the most probable class of each cycle."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def _scaled(self, X):
        return torch.as_tensor((X - self.mean_) / self.spread_, dtype=torch.float32)


def main() -> None:
    """Read the command line, evaluate, write scores and a picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", help="gait cycles (Parquet)")
    parser.add_argument("--target", default="pathology", help="column to predict")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--out", type=Path, default="scores.json")
    given = parser.parse_args()

    data = LocomotionData.from_parquet(given.data)
    channels = [f"{angle}_angle_{side}_rad" for side in ("ipsi", "contra") for angle in ANGLES]
    X, y = data.prepare_sequential_features(given.target, 150, features=channels)

    evaluator = BiomechanicalModelEvaluator(n_splits=given.folds)
    results = evaluator.evaluate_classification(LoopClassifier(), X, y, data.groups)
    low, high = results["intervals"]["balanced_accuracy"]
    scores = {
        "balanced_accuracy": results["balanced_accuracy"],
        "interval": [low, high],
        "baseline": results["baseline"]["balanced_accuracy"],
    }
    given.out.write_text(json.dumps(scores, indent=2))
    plot_confusion_matrix(results).figure.savefig(given.out.with_name("confusion.png"))
    print(f"{results['balanced_accuracy']:.2f}, 95 % interval {low:.2f} to {high:.2f}")


if __name__ == "__main__":
    main()
