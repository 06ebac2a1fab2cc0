"""Fitted models on disk without pickle: skops files, read against our own list of types."""

import os
import sys
import threading
import zipfile
import zlib
from functools import cache
from pathlib import Path
from typing import Any

from locomotion_analysis.errors import FileReadError
from locomotion_analysis.extras import require, require_installed
from locomotion_analysis.files import fault_of, write_all
from locomotion_analysis.models.supervised.recipes import PROBLEMS

_OWN = "locomotion_analysis."
# skops lists all estimators when it is imported, for which scikit-learn imports these as well.
_WALKED = tuple(f"sklearn.externals.array_api_compat.{name}" for name in ("torch", "dask.array"))
TRUSTED = frozenset(
    {
        "numpy.dtype",
        "sklearn._loss.link.BaseLink",
        "sklearn._loss.link.IdentityLink",
        "sklearn._loss.link.Interval",
        "sklearn._loss.link.LogitLink",
        "sklearn._loss.link.MultinomialLogit",
        "sklearn._loss.loss.HalfBinomialLoss",
        "sklearn._loss.loss.HalfMultinomialLoss",
        "sklearn._loss.loss.HalfSquaredError",
        "sklearn._loss._loss.CyHalfBinomialLoss",
        "sklearn._loss._loss.CyHalfMultinomialLoss",
        "sklearn._loss._loss.CyHalfSquaredError",
        "sklearn.compose._column_transformer._RemainderColsList",
        "sklearn.compose._column_transformer.make_column_selector",
        "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.feature_selection._univariate_selection.f_classif",
        "sklearn.feature_selection._univariate_selection.f_regression",
        "sklearn.tree._tree.Tree",
        "sklearn.utils._bunch.Bunch",
    }
)
"""Types that a model file may hold besides those skops trusts and :func:`own_types`."""
# A damaged archive fails wherever its bytes happen to lead: zipfile refuses encrypted or odd
# compression (RuntimeError, NotImplementedError), skops walks a tree it trusts to be one.
_DAMAGED = (
    OSError,
    EOFError,
    zipfile.BadZipFile,
    zlib.error,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    RuntimeError,
    ImportError,
)


@cache
def own_types() -> frozenset[str]:
    """Return the estimators of this package that a model of ``locomotion train`` is made of."""
    found = set()
    for problem in PROBLEMS.values():
        for recipe in problem.recipes():
            tuned, pipeline = recipe.model(), recipe.pipeline
            parts = [tuned, pipeline, *pipeline.get_params(deep=True).values()]
            found |= {type(part) for part in parts}
    names = {f"{each.__module__}.{each.__qualname__}" for each in found}
    return frozenset(name for name in names if name.startswith(_OWN))


def skops_io() -> Any:
    """Import skops without torch and dask, which take most of the seconds and hold no estimator."""
    require_installed("skops", "models")
    if _walk not in sys.meta_path:
        # Never taken away again: another thread may be going through the list.
        sys.meta_path.insert(0, _walk)
    _walk.refused = _WALKED
    try:
        return require("skops.io", "models")
    finally:
        _walk.refused = ()


class _Walk(threading.local):
    """A finder that lets some imports fail in the thread that asks for it, and in no other."""

    refused: tuple[str, ...] = ()

    def find_spec(self, name: str, *_: object) -> None:
        if name in self.refused:
            raise ImportError(name)  # the walk over scikit-learn's packages passes over it


_walk = _Walk()


def save_model(model: Any, path: str | os.PathLike[str]) -> None:
    """Write a fitted model, whole or not at all.

    Parameters
    ----------
    model : scikit-learn estimator
        Fitted.
    path : path-like
        File to write, by custom ``model.skops``.

    Raises
    ------
    MissingExtraError
        If skops is not installed.
    """
    skops = skops_io()
    write_all({Path(path): skops.dumps(model)})


def load_model(path: str | os.PathLike[str]) -> Any:
    """Read a model that :func:`save_model` wrote.

    The file is data, not a program: only types that are on the list are made.

    Parameters
    ----------
    path : path-like
        File to read.

    Returns
    -------
    estimator
        Fitted.

    Raises
    ------
    MissingExtraError
        If skops is not installed.
    FileReadError
        If the file is missing, damaged, or holds types that no model of ours has.
    """
    skops = skops_io()
    place = Path(path)
    try:
        found = set(skops.get_untrusted_types(file=place))
        strange = sorted(found - TRUSTED - own_types())
        if not strange:
            return skops.load(place, trusted=sorted(found))
    except _DAMAGED as error:
        raise FileReadError(
            expected="a model file (skops)",
            got=fault_of(error),
            where=str(place),
            fix="save the model again, with the versions that its run folder names",
        ) from error
    raise FileReadError(
        expected="a model of this package and scikit-learn",
        got=f"types {', '.join(strange[:3])}",
        where=str(place),
        fix="load it with skops.io.load yourself if you know where it comes from",
    )
