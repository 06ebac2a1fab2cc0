"""Choice of hyperparameters by optuna (extra ``tuning``): for grids too large to try in full."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.metrics import get_scorer

from locomotion_analysis.extras import require

N_TRIALS = 30
_TRIALS_BEFORE_PRUNING = 5


def best_by_optuna(
    pipeline: Any,
    space: dict[str, list[Any]],
    X: pd.DataFrame,
    y: Any,
    cv: Any,
    scoring: str,
    random_state: int,
) -> dict[str, Any]:
    """Return the best combination that 30 trials of a tree-structured Parzen estimator find.

    A trial ends early when its mean over the folds so far is below the median of earlier trials
    (Akiba et al. 2019, doi:10.1145/3292500.3330701). Grids of at most 30 combinations are tried
    whole, each once.

    Parameters
    ----------
    pipeline : scikit-learn estimator
        Left as it is.
    space : dict of str to list
        Values to try of each parameter.
    X : DataFrame, shape (n_cycles, n_features)
        Features with the cycle key as index.
    y : array-like, shape (n_cycles,)
        Target.
    cv : splitter
        Folds of subjects.
    scoring : str
        scikit-learn's name of the score.
    random_state : int
        Seed: the same trials in the same order.

    Raises
    ------
    MissingExtraError
        If optuna is not installed.
    """
    optuna = require("optuna", "tuning")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    folds, scorer, values = list(cv.split(X, y)), get_scorer(scoring), np.asarray(y)

    def score(trial: Any) -> float:
        places = {
            name: trial.suggest_categorical(name, list(range(len(choices))))
            for name, choices in space.items()
        }
        model = clone(pipeline).set_params(**_chosen(space, places))
        scores: list[float] = []
        for step, (train, test) in enumerate(folds):
            model.fit(X.iloc[train], values[train])
            scores.append(float(scorer(model, X.iloc[test], values[test])))
            trial.report(float(np.mean(scores)), step)
            if trial.should_prune():
                raise optuna.TrialPruned
        return float(np.mean(scores))

    n_combinations = int(np.prod([len(choices) for choices in space.values()]))
    places = {name: list(range(len(choices))) for name, choices in space.items()}
    whole = n_combinations <= N_TRIALS
    samplers = optuna.samplers
    study = optuna.create_study(
        direction="maximize",
        sampler=samplers.GridSampler(places, seed=random_state)
        if whole
        else samplers.TPESampler(seed=random_state),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=_TRIALS_BEFORE_PRUNING),
    )
    study.optimize(score, n_trials=min(n_combinations, N_TRIALS))
    return _chosen(space, study.best_params)


def _chosen(space: dict[str, list[Any]], places: dict[str, int]) -> dict[str, Any]:
    """Return the values at some places: optuna itself keeps only numbers and texts."""
    return {name: space[name][place] for name, place in places.items()}
