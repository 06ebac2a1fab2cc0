"""What each of the ready-made datasets is: whom it simulates, and what it is for."""

from dataclasses import dataclass, field

import pandas as pd

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.simulation import simulate
from locomotion_analysis.standard import N_PHASES

_WALKING_AND_STAIRS = (
    "level_walking",
    "incline_walking",
    "decline_walking",
    "stair_ascent",
    "stair_descent",
)
_SIX_CLASSES = (
    "healthy",
    "stroke",
    "parkinsons",
    "knee_osteoarthritis",
    "cerebral_palsy",
    "transtibial_amputation",
)
_ADULTS = ("healthy", "fall_risk", "knee_osteoarthritis", "parkinsons", "stroke")
_SAGITTAL_JOINT_ANGLES = tuple(
    f"{motion}_angle_{side}_rad"
    for side in ("ipsi", "contra")
    for motion in ("hip_flexion", "knee_flexion", "ankle_dorsiflexion")
)
_PER_CYCLE = ("kinematic", "kinetic", "temporal", "spatial")


@dataclass(frozen=True)
class Recipe:
    """How a dataset is made.

    Attributes
    ----------
    name : str
        Name for :func:`~locomotion_analysis.load_dataset`.
    purpose : str
        What it is for, in one line.
    version : str
        Raised whenever the recipe changes; results name it.
    published : str
        Date of that version.
    n_subjects, n_cycles, tasks, pathologies, seed
        Arguments of :func:`~locomotion_analysis.simulation.simulate`; `n_cycles` counts the
        cycles of each subject in each task.
    targets : tuple of str
        Columns of ``cycles`` to predict.
    stratify_by : str
        Column that the splits keep in proportion, together with the task.
    feature_groups : tuple of str
        Groups of the feature table.
    promised_features : str
        At least how many features there are, for people.
    channels : tuple of str
        The only channels kept; all where empty.
    kept_variance : float or None
        Share of the variance of the training features that their principal components keep;
        None where features stay as they are.
    """

    name: str
    purpose: str
    n_subjects: int
    n_cycles: int
    tasks: tuple[str, ...]
    pathologies: tuple[str, ...]
    seed: int
    version: str = "1.0.0"
    published: str = "2026-11-23"
    targets: tuple[str, ...] = ()
    stratify_by: str = "pathology"
    feature_groups: tuple[str, ...] = field(default=_PER_CYCLE)
    promised_features: str = "150+"
    channels: tuple[str, ...] = ()
    kept_variance: float | None = None

    @property
    def size(self) -> int:
        """Number of simulated cycles."""
        return self.n_subjects * len(self.tasks) * self.n_cycles


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            name="classification",
            purpose="tell pathologies and tasks apart from features",
            n_subjects=132,
            n_cycles=4,
            tasks=_WALKING_AND_STAIRS,
            pathologies=_SIX_CLASSES,
            seed=101,
            targets=("pathology", "task"),
            feature_groups=(*_PER_CYCLE, "derived"),
        ),
        Recipe(
            name="timeseries",
            purpose="learn from curves: 6 joint angles of 150 points",
            n_subjects=108,
            n_cycles=5,
            tasks=("level_walking", "incline_walking", "stair_ascent"),
            pathologies=_SIX_CLASSES,
            seed=102,
            targets=("pathology", "task"),
            channels=_SAGITTAL_JOINT_ANGLES,
        ),
        Recipe(
            name="regression",
            purpose="predict age, body mass index, speed and performance tests",
            n_subjects=165,
            n_cycles=8,
            tasks=("level_walking",),
            pathologies=_ADULTS,
            seed=103,
            targets=(
                "age",
                "bmi",
                "speed_m_s",
                "tug_s",
                "five_sit_to_stand_s",
                "six_minute_walk_m",
            ),
            stratify_by="age",
            feature_groups=(*_PER_CYCLE, "derived", "clinical"),
            promised_features="200+",
        ),
        Recipe(
            name="clustering",
            purpose="find gait patterns in principal components; pathology, subtype, severity judge them",
            n_subjects=200,
            n_cycles=16,
            tasks=("level_walking",),
            pathologies=(*_SIX_CLASSES, "transfemoral_amputation", "fall_risk"),
            seed=104,
            promised_features="PCA-reduced",
            kept_variance=0.95,
        ),
    )
}
"""The four ready-made datasets by name."""


def recipe_of(name: str) -> Recipe:
    """Return the recipe of a name.

    Raises
    ------
    SchemaError
        If there is none.
    """
    if name not in RECIPES:
        raise SchemaError(
            expected=f"a dataset among {', '.join(RECIPES)}",
            got=repr(name),
            where="name of the dataset",
            fix="`locomotion datasets list` says what each is for",
        )
    return RECIPES[name]


def recipe_table() -> pd.DataFrame:
    """Return the ready-made datasets: size, features, megabytes of curves, and what they are for."""
    channels = simulate(n_subjects=1, n_cycles=1, tasks=["level_walking"]).channels
    rows = [
        {
            "name": recipe.name,
            "cycles": f"{recipe.size:,}",
            "subjects": recipe.n_subjects,
            "tasks": len(recipe.tasks),
            "features": recipe.promised_features,
            "curves, MB": f"{recipe.size * len(recipe.channels or channels) * N_PHASES * 4e-6:.0f}",
            "what for": recipe.purpose,
        }
        for recipe in RECIPES.values()
    ]
    return pd.DataFrame(rows)
