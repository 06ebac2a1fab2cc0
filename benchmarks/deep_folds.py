"""Models on the same subject folds: fitted once, kept on disk, scored over subjects."""

import hashlib
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from joblib import Parallel, delayed
from measured_page import DOCS, machine
from numpy.typing import NDArray
from platformdirs import user_cache_dir
from threadpoolctl import threadpool_limits

from locomotion_analysis._version import __version__
from locomotion_analysis.evaluation.metrics import (
    percentile_interval,
    resampled_sums,
    subject_weights,
)
from locomotion_analysis.files import atomic_path

PAGE = DOCS / "deep-learning.md"
HEAD = "# Deep learning, measured\n"
N_BOOTSTRAP = 1000


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
    started = time.perf_counter()
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        model = fit.make().fit(take(train), study.labels[train], **more)
        predicted = model.predict(take(test))
    seconds = time.perf_counter() - started
    kept.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(kept) as temporary, temporary.open("wb") as file:
        np.savez(file, predicted=predicted, seconds=seconds)
    print(f"{study.name}: {name}, fold {number + 1}: {seconds:.0f} s", flush=True)


def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


class Score(NamedTuple):
    """Pooled balanced accuracy and its draws over subjects."""

    value: float
    draws: NDArray[np.float64]


def score(study: Study, predicted: NDArray[np.int64]) -> Score:
    """Return the balanced accuracy with draws over the same subjects for every model."""
    subjects = np.unique(study.subjects, return_inverse=True)[1]
    n_classes = int(study.labels.max()) + 1
    right = np.zeros((subjects.max() + 1, n_classes, 2))
    np.add.at(right, (subjects, study.labels, 0), predicted == study.labels)
    np.add.at(right, (subjects, study.labels, 1), 1)
    weights = subject_weights(len(right), N_BOOTSTRAP, random_state=0)
    with np.errstate(invalid="ignore"):
        draws = np.divide(*np.moveaxis(resampled_sums(weights, right), -1, 0)).mean(axis=1)
        value = np.divide(*np.moveaxis(right.sum(axis=0), -1, 0)).mean()
    return Score(float(value), draws)


def row(of: Score, base: Score) -> str:
    """Return the score's and the difference's cells of a Markdown table."""
    low, high = percentile_interval(of.draws)
    below, above = percentile_interval(of.draws - base.draws)
    difference = f"{of.value - base.value:+.3f} ({below:+.3f} to {above:+.3f})"
    return f"{of.value:.3f} ({low:.3f} to {high:.3f}) | {difference if of is not base else ''}"


def write_part(name: str, paragraphs: list[str]) -> None:
    """Put a part into the page, in place of the part of that name where there is one."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else HEAD
    if begin not in page:
        page = f"{page.rstrip()}\n\n{begin}\n{end}\n"
    before, rest = page.split(begin)
    part = "\n\n".join([begin, *paragraphs, f"Measured {machine()}.", end])
    with atomic_path(PAGE) as temporary:
        temporary.write_text(before + part + rest.split(end)[1], encoding="utf-8")
