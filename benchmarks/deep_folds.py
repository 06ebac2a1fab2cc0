"""Models on the same subject folds: fitted once, kept on disk, scored over subjects."""

import hashlib
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from joblib import Parallel, delayed
from measured_page import DOCS
from numpy.typing import NDArray
from platformdirs import user_cache_dir
from threadpoolctl import threadpool_limits

from locomotion_analysis._version import __version__
from locomotion_analysis.evaluation.metrics import (
    balanced_accuracy,
    confusion_per_unit,
    difference_interval,
    metric_interval,
)
from locomotion_analysis.files import atomic_path

PAGE = DOCS / "deep-learning.md"
METRIC = "balanced_accuracy"


class Fit(NamedTuple):
    """A model, what it is fitted on, and the rows of each fold."""

    make: Callable[[], Any]
    X: Any
    takes_groups: bool


class Study(NamedTuple):
    """Labels, subjects and folds that all models share."""

    name: str
    labels: NDArray[np.int64]
    subjects: NDArray[Any]
    folds: list[tuple[NDArray[np.intp], NDArray[np.intp]]]


class Outcome(NamedTuple):
    """Held-out predictions of a model and the seconds of all its fits."""

    predicted: NDArray[np.int64]
    seconds: float


def run(study: Study, fits: Mapping[str, Fit], jobs: int) -> dict[str, Outcome]:
    """Fit every model on every fold that is not kept from an earlier, broken-off run."""
    todo = [(name, number) for name in fits for number in range(len(study.folds))]
    Parallel(n_jobs=jobs)(
        delayed(_fit)(study, name, fits[name], number, _kept(study, name, fits[name], number))
        for name, number in todo
    )
    outcomes = {}
    for name, fit in fits.items():
        predicted, seconds = np.empty_like(study.labels), 0.0
        for number, (_, test) in enumerate(study.folds):
            with np.load(_kept(study, name, fit, number)) as kept:
                predicted[test], seconds = kept["predicted"], seconds + float(kept["seconds"])
        outcomes[name] = Outcome(predicted, seconds)
    return outcomes


def _kept(study: Study, name: str, fit: Fit, number: int) -> Path:
    rows = b"".join(part.tobytes() for part in (*study.folds[number], study.labels))
    settings = sorted(fit.make().get_params(deep=True).items())  # repr() would cut them short
    what = f"{__version__}{name}{settings}".encode() + rows
    folder = Path(user_cache_dir("locomotion-analysis")) / "deep-benchmarks" / study.name
    return folder / f"{name}-{number}-{hashlib.sha256(what).hexdigest()[:12]}.npz"


def _fit(study: Study, name: str, fit: Fit, number: int, kept: Path) -> None:
    if kept.exists():
        return
    _one_thread()
    train, test = study.folds[number]
    take = fit.X.iloc.__getitem__ if hasattr(fit.X, "iloc") else fit.X.__getitem__
    more = {"groups": study.subjects[train]} if fit.takes_groups else {}
    started = time.process_time()
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        model = fit.make().fit(take(train), study.labels[train], **more)
        predicted = model.predict(take(test))
    seconds = time.process_time() - started
    kept.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(kept) as temporary, temporary.open("wb") as file:
        np.savez(file, predicted=predicted, seconds=seconds)
    print(f"{study.name}: {name}, fold {number + 1}: {seconds:.0f} s", flush=True)


def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


class Score(NamedTuple):
    """Pooled balanced accuracy, and the confusion matrix of each subject it is made of."""

    value: float
    of_subjects: NDArray[np.int64]


def score(study: Study, predicted: NDArray[np.int64]) -> Score:
    """Return the balanced accuracy over the subjects that all models share."""
    names, subjects = np.unique(study.subjects, return_inverse=True)
    n_classes = int(study.labels.max()) + 1
    counts = confusion_per_unit(study.labels, predicted, subjects, len(names), n_classes)
    return Score(float(balanced_accuracy(counts.sum(axis=0))), counts)


def row(of: Score, base: Score) -> str:
    """Return the score's and the difference's cells of a Markdown table."""
    low, high = metric_interval(METRIC, of.of_subjects)
    below, above = difference_interval(METRIC, of.of_subjects, base.of_subjects)
    difference = f"{of.value - base.value:+.3f} ({below:+.3f} to {above:+.3f})"
    return f"{of.value:.3f} ({low:.3f} to {high:.3f}) | {difference if of is not base else ''}"
