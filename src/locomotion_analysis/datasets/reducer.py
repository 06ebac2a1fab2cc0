"""Principal components of features: fitted once, kept as plain arrays, rebuilt without pickle."""

import io
import json
import os
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from locomotion_analysis.errors import FileReadError, SchemaError
from locomotion_analysis.files import fault_of, json_text, write_all

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

ARRAYS, DESCRIPTION = "reducer.npz", "reducer.json"
_FORMAT = 1
_PER_FEATURE = ("medians", "means", "variances", "scales", "component_means")


def fit_reducer(features: pd.DataFrame, kept_variance: float = 0.95) -> "Pipeline":
    """Fit medians, scales and principal components to the features of training cycles.

    Parameters
    ----------
    features : DataFrame, shape (n_cycles, n_features)
        Training cycles only; NaN where not known.
    kept_variance : float
        Share of the variance of the standardised features that the components keep, 0 to 1.

    Returns
    -------
    Pipeline
        Steps ``impute`` (median), ``scale`` (zero mean, unit variance) and ``pca``; gives a
        frame with columns ``pca0, pca1, ...``.

    Raises
    ------
    SchemaError
        If there are fewer than two cycles.

    Examples
    --------
    >>> frame = pd.DataFrame({"a": [1.0, 2.0, 4.0], "b": [2.0, 4.0, 8.0]})
    >>> fit_reducer(frame).transform(frame).shape
    (3, 1)
    """
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

    if len(features) < 2:
        raise SchemaError(
            expected="at least two training cycles", got=str(len(features)), where="fit_reducer"
        )
    # Exact and repeatable; with far more cycles than features this solver is far faster.
    solver = "covariance_eigh" if len(features) > features.shape[1] else "full"
    pca = PCA(kept_variance, svd_solver=solver)
    reducer = _pipeline(_imputer(), StandardScaler(), pca)
    # Sums over several threads round differently with their number.
    with threadpool_limits(1):
        reducer.fit(features.astype(np.float64))
    return reducer


def save_reducer(reducer: "Pipeline", folder: str | os.PathLike[str], fitted_on: str) -> None:
    """Write a reducer as ``reducer.npz`` (arrays) and ``reducer.json`` (names).

    Parameters
    ----------
    reducer : Pipeline
        From :func:`fit_reducer`.
    folder : path-like
        Where to write.
    fitted_on : str
        Which cycles it was fitted on, in words.
    """
    impute, scale, pca = (step for _, step in reducer.steps)
    arrays = {
        "medians": impute.statistics_,
        "means": scale.mean_,
        "variances": scale.var_,
        "scales": scale.scale_,
        "components": pca.components_,
        "component_means": pca.mean_,
        "explained_variance": pca.explained_variance_,
        "explained_variance_ratio": pca.explained_variance_ratio_,
        "singular_values": pca.singular_values_,
    }
    described = {
        "format": _FORMAT,
        "steps": [
            "impute: a missing feature becomes its median",
            "scale: minus mean, over scale (square root of the variance; 1 where constant)",
            "pca: minus component mean, times the transposed components",
        ],
        "fitted_on": fitted_on,
        "n_cycles": int(scale.n_samples_seen_),
        "noise_variance": float(pca.noise_variance_),
        "components": list(map(str, pca.get_feature_names_out())),
        "features": list(map(str, impute.feature_names_in_)),
    }
    place = Path(folder)
    packed = io.BytesIO()
    np.savez(packed, allow_pickle=False, **arrays)
    write_all({place / ARRAYS: packed.getvalue(), place / DESCRIPTION: json_text(described)})


def load_reducer(folder: str | os.PathLike[str]) -> "Pipeline":
    """Rebuild the reducer that :func:`save_reducer` wrote.

    Parameters
    ----------
    folder : path-like
        Where ``reducer.npz`` and ``reducer.json`` lie.

    Returns
    -------
    Pipeline
        Gives the same numbers as the one that was saved.

    Raises
    ------
    FileReadError
        If a file is missing or damaged, or the two do not belong together.

    Examples
    --------
    >>> import tempfile
    >>> frame = pd.DataFrame({"a": [1.0, 2.0, 4.0], "b": [2.0, np.nan, 8.0]})
    >>> folder = tempfile.mkdtemp()
    >>> save_reducer(fit_reducer(frame), folder, "all cycles")
    >>> load_reducer(folder).transform(frame).equals(fit_reducer(frame).transform(frame))
    True
    """
    place = Path(folder)
    try:
        described = json.loads((place / DESCRIPTION).read_text(encoding="utf-8"))
        # NumPy leaves a damaged file open that it opened itself.
        with (place / ARRAYS).open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise FileReadError(
            expected=f"a reducer: {ARRAYS} and {DESCRIPTION}",
            got=fault_of(error),
            where=str(place),
            fix="copy the files again, or build the dataset again",
        ) from error
    needed = {"format", "features", "components", "n_cycles", "noise_variance"}
    is_whole = isinstance(described, dict) and needed <= set(described)
    if not is_whole or described["format"] > _FORMAT:
        raise FileReadError(
            expected=f"{', '.join(sorted(needed))}, with format {_FORMAT} or earlier",
            got=f"format {described['format']}" if is_whole else "not all of them",
            where=str(place / DESCRIPTION),
            fix="update the package, or build the dataset again",
        )
    features = described["features"]
    n_components = len(described["components"])
    wanted = {
        **dict.fromkeys(_PER_FEATURE, (len(features),)),
        **dict.fromkeys(("explained_variance", "explained_variance_ratio"), (n_components,)),
        "singular_values": (n_components,),
        "components": (n_components, len(features)),
    }
    found = {name: arrays[name].shape for name in wanted if name in arrays}
    if found != wanted:
        raise FileReadError(
            expected=f"arrays for {len(features)} features and {n_components} components",
            got=", ".join(f"{name} {shape}" for name, shape in found.items()) or "no array",
            where=str(place / ARRAYS),
            fix="copy both files of the reducer again",
        )
    return _rebuilt(arrays, described)


def _rebuilt(arrays: dict[str, NDArray[np.float64]], described: dict[str, Any]) -> "Pipeline":
    """Give scikit-learn's steps the attributes that fitting set."""
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import StandardScaler

    names = np.array(described["features"], dtype=object)
    # The medians of one row are that row, so fitting sets what scikit-learn keeps private.
    impute = _imputer().fit(pd.DataFrame([arrays["medians"]], columns=names))
    scale = StandardScaler()
    scale.mean_, scale.var_, scale.scale_ = (arrays[n] for n in ("means", "variances", "scales"))
    scale.n_samples_seen_ = described["n_cycles"]
    pca = PCA(len(arrays["components"]))
    pca.components_, pca.mean_ = arrays["components"], arrays["component_means"]
    pca.n_components_, pca.n_samples_ = len(arrays["components"]), described["n_cycles"]
    for name in ("explained_variance", "explained_variance_ratio", "singular_values"):
        setattr(pca, f"{name}_", arrays[name])
    pca.noise_variance_ = described["noise_variance"]
    for step in (scale, pca):
        step.n_features_in_, step.feature_names_in_ = len(names), names
    return _pipeline(impute, scale, pca)


def _imputer() -> Any:
    from sklearn.impute import SimpleImputer

    return SimpleImputer(strategy="median", keep_empty_features=True)


def _pipeline(impute: Any, scale: Any, pca: Any) -> "Pipeline":
    from sklearn.pipeline import Pipeline

    steps = [("impute", impute), ("scale", scale), ("pca", pca)]
    return Pipeline(steps).set_output(transform="pandas")
