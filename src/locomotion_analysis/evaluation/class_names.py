"""Readable names of the classes, matched to the labels they stand for."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from locomotion_analysis.errors import LocomotionWarning, SchemaError

TaskNames = Sequence[str] | Mapping[Any, str]


def class_names(classes: NDArray[Any], task_names: TaskNames | None) -> list[str]:
    """Give each class a name for reports and figures.

    Labels that are numbers take the names in ascending order, as scikit-learn's
    ``target_names``. Labels that are text are sorted by alphabet, which is seldom the order
    in which somebody lists names: there, names are matched by their text first ("Level
    Walking" is ``level_walking``), a single name left over takes the single label left over,
    and only then do the rest pair up in order, with a warning that says how.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        Sorted labels.
    task_names : sequence of str, mapping from label to name, or None
        Names; None takes the labels.

    Returns
    -------
    list of str
        One name a class, in the order of `classes`.

    Raises
    ------
    SchemaError
        If there are more or fewer names than classes, or one name stands for two classes.

    Examples
    --------
    >>> import numpy as np
    >>> labels = np.array(["incline_walking", "level_walking", "stair_ascent"])
    >>> class_names(labels, ["Level Walking", "Incline Walking", "Stair Climbing"])
    ['Incline Walking', 'Level Walking', 'Stair Climbing']
    """
    labels = classes.tolist()
    if task_names is None:
        return [str(label) for label in labels]
    _check(labels, task_names)
    if isinstance(task_names, Mapping):
        return [str(task_names[label]) for label in labels]
    if not all(isinstance(label, str) for label in labels):
        return list(task_names)
    return _matched(labels, task_names)


def _check(labels: list[Any], task_names: TaskNames) -> None:
    names = list(task_names.values() if isinstance(task_names, Mapping) else task_names)
    known = isinstance(task_names, Mapping) and set(task_names) != set(labels)
    if len(names) != len(labels) or len(set(names)) != len(names) or known:
        raise SchemaError(
            expected=f"{len(labels)} different names, for the classes {labels}",
            got=f"{len(names)}: {task_names}",
            where="task_names",
            fix="pass one name a class, or a mapping from class to name",
        )


def _plain(name: str) -> str:
    return "_".join(name.lower().replace("-", " ").replace("_", " ").split())


def _matched(labels: list[str], task_names: Sequence[str]) -> list[str]:
    by_text = {_plain(name): name for name in task_names}
    found = {label: by_text[_plain(label)] for label in labels if _plain(label) in by_text}
    rest = [name for name in task_names if name not in found.values()]
    open_labels = [label for label in labels if label not in found]
    if len(rest) > 1:
        pairs = ", ".join(
            f"{label} = {name!r}" for label, name in zip(open_labels, rest, strict=True)
        )
        warnings.warn(
            f"task_names do not say which class they name; taken in sorted order: {pairs}. "
            "Pass a mapping from class to name to be sure.",
            LocomotionWarning,
            stacklevel=4,
        )
    return [{**dict(zip(open_labels, rest, strict=True)), **found}[label] for label in labels]
