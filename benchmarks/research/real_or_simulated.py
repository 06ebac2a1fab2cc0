"""Whether recorded and simulated people can be told apart by scale-free features of their curves."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from locomotion_analysis import LocomotionData
from locomotion_analysis.evaluation.metrics import Jackknife, effective_people
from locomotion_analysis.standard import resample_curves

HIP, KNEE, ANKLE = (
    "hip_flexion_angle_ipsi_rad",
    "knee_flexion_angle_ipsi_rad",
    "ankle_dorsiflexion_angle_ipsi_rad",
)
STRIDES = 10
RECORDED_POINTS = 101
SHAPE_POINTS = 26
HARMONICS = (1, 4, 7, 16)
"""Where the shares of the spectrum begin; the last two are the tail above 6 harmonics."""

PARTS = ("shape", "closing gap", "spectrum")
N_SPLITS = 5
LINEAR, BOOSTING = "logistic regression", "gradient boosting"
MODELS = {
    LINEAR: make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=2000)),
    BOOSTING: HistGradientBoostingClassifier(max_iter=100, min_samples_leaf=5, random_state=0),
}


class People(NamedTuple):
    """Curves of some people, one or several each: (n_curves, 150) a channel, and whose they are."""

    curves: dict[str, np.ndarray]
    person: np.ndarray

    @classmethod
    def of(cls, data: LocomotionData, channels):
        names = data.cycles["dataset"] + " " + data.cycles["subject"]
        return cls({name: data.curves(name).astype(float) for name in channels}, names.to_numpy())


def recorded_hips(folder: Path) -> LocomotionData:
    """Return the healthy right hips: the left ones are stored in the phase of the right."""
    return LocomotionData.from_parquet(folder / "hip_oa_phase.parquet").select(
        pathology=["healthy"], side=["right"]
    )


def recorded_runners(folder: Path) -> LocomotionData:
    """Return the first strides of each runner."""
    data = LocomotionData.from_parquet(folder / "running_phase.parquet")
    return data.take(np.flatnonzero((data.cycles["step"] < STRIDES).to_numpy()))


def through_recorded_grid(people: People) -> People:
    """Bring curves to the 101 points that the recorded came with and back, as those were.

    Without, the corners that linear resampling leaves would tell them apart.
    """
    recorded = {name: resample_curves(x, RECORDED_POINTS) for name, x in people.curves.items()}
    return People({name: resample_curves(x) for name, x in recorded.items()}, people.person)


def mean_of_people(people: People) -> People:
    """Return each person's mean curve."""
    names = np.unique(people.person)
    means = {
        name: pd.DataFrame(curves).groupby(people.person).mean().loc[names].to_numpy()
        for name, curves in people.curves.items()
    }
    return People(means, names)


def described(curves: np.ndarray) -> dict[str, np.ndarray]:
    """Return what no scale or offset of a curve changes, each (n_curves, n).

    Shape in standard deviations of the cycle at 26 phases; closing gap as a share of the range;
    shares of the spectrum (logarithm), of the curve less the line from its first to its last
    sample, with its roughness, the mean square of the second difference.
    """
    away = curves - curves.mean(axis=1, keepdims=True)
    shape = away / away.std(axis=1, keepdims=True)
    gap = (curves[:, -1] - curves[:, 0]) / np.ptp(curves, axis=1)
    closed = shape - (shape[:, -1] - shape[:, 0])[:, None] * np.linspace(0, 1, curves.shape[1])
    power = np.abs(np.fft.rfft(closed[:, :-1], axis=1)) ** 2
    shares = np.stack([part.sum(axis=1) for part in np.split(power, HARMONICS, axis=1)[1:]])
    rough = (np.diff(shape, n=2, axis=1) ** 2).mean(axis=1)
    return {
        "shape": resample_curves(shape, SHAPE_POINTS),
        "closing gap": np.column_stack([gap, np.abs(gap)]),
        "spectrum": np.log10(np.vstack([shares[1:] / shares.sum(axis=0), rough]) + 1e-12).T,
    }


def told_apart(
    model, real: People, made: People, channels, parts=PARTS
) -> tuple[float, tuple[float, float]]:
    """Return the area under the curve over people not trained on, and its 95 % interval.

    A person's score is the mean over the own curves.
    """
    X = np.concatenate(
        [
            np.hstack([described(people.curves[name])[part] for name in channels for part in parts])
            for people in (real, made)
        ]
    )
    person = np.concatenate([real.person, made.person])
    y = np.repeat([0, 1], [len(real.person), len(made.person)])
    chance = np.empty(len(y))
    folds = StratifiedGroupKFold(N_SPLITS, shuffle=True, random_state=0)
    for train, test in folds.split(X, y, person):
        chance[test] = clone(model).fit(X[train], y[train]).predict_proba(X[test])[:, 1]
    people = pd.DataFrame({"chance": chance, "made": y}).groupby(person).mean()
    score, label = people["chance"].to_numpy(), people["made"].to_numpy()
    rest = ~np.eye(len(people), dtype=bool)
    auc = Jackknife(
        np.asarray(roc_auc_score(label, score)),
        np.array([roc_auc_score(label[others], score[others]) for others in rest]),
        effective_people(np.ones((len(people), 1))),
    )
    return float(auc.value), auc.interval("share")
