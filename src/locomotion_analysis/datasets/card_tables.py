"""The tables of a dataset card, counted from its cycles."""

from typing import Any

import pandas as pd

from locomotion_analysis.datasets.split_table import PARTS
from locomotion_analysis.features.feature import FeatureSpec
from locomotion_analysis.standard import TASKS

_MEASURES = {
    "age": ("age, years", 0),
    "height_m": ("height, m", 2),
    "mass_kg": ("mass, kg", 0),
    "bmi": ("BMI, kg/m²", 1),
}
_MOST_CLASSES = 20


def class_table(cycles: pd.DataFrame) -> pd.DataFrame:
    """Return one row a pathology (or one in all): subjects, cycles, sex, age, size (mean ± SD)."""
    by = cycles["pathology"].fillna("not known") if "pathology" in cycles else "all"
    people = cycles.assign(pathology=by).drop_duplicates(["dataset", "subject", "pathology"])
    groups = people.groupby("pathology", sort=True)
    table = pd.DataFrame({"subjects": groups.size()})
    table["cycles"] = cycles.assign(pathology=by).groupby("pathology").size()
    if "sex" in people:
        counts = pd.crosstab(people["pathology"], people["sex"])
        table["sex"] = [
            ", ".join(f"{sex} {n}" for sex, n in row.items() if n) for _, row in counts.iterrows()
        ]
    for name, (title, digits) in _MEASURES.items():
        if name in people and pd.api.types.is_numeric_dtype(people[name]):
            mean, sd = groups[name].mean(), groups[name].std()
            table[title] = [
                f"{m:.{digits}f} ± {s:.{digits}f}" for m, s in zip(mean, sd, strict=True)
            ]
    return table.reset_index()


def task_table(cycles: pd.DataFrame) -> pd.DataFrame:
    """Return one row a task: subjects, cycles and cycles of each subject."""
    groups = cycles.groupby("task", sort=False)
    table = pd.DataFrame({"subjects": groups["subject"].nunique(), "cycles": groups.size()})
    each = cycles.groupby(["task", "subject"], sort=False).size().groupby("task", sort=False)
    table["cycles a subject"] = [
        f"{low}" if low == high else f"{low}-{high}"
        for low, high in zip(each.min(), each.max(), strict=True)
    ]
    table.insert(0, "meaning", [TASKS.get(str(name), str(name)) for name in table.index])
    return table.reset_index()


def split_table(cycles: pd.DataFrame, splits: pd.DataFrame) -> pd.DataFrame:
    """Return one row a part: subjects, cycles and subjects of each pathology."""
    joined = cycles.merge(splits, on=["dataset", "subject"])
    people = joined.drop_duplicates(["dataset", "subject"])
    table = pd.DataFrame({"subjects": people.groupby("split").size()})
    table["cycles"] = joined.groupby("split").size()
    if "pathology" in people:
        table = table.join(pd.crosstab(people["split"], people["pathology"]))
    return table.reindex(PARTS).rename_axis("part").reset_index()


def target_table(cycles: pd.DataFrame, targets: tuple[str, ...]) -> pd.DataFrame:
    """Return one row a target: its classes, or mean, SD and range, and cycles without it."""
    rows = [
        {
            "target": name,
            "values": _values(cycles[name]),
            "cycles without": int(cycles[name].isna().sum()),
        }
        for name in targets
    ]
    return pd.DataFrame(rows)


def group_table(specs: tuple[FeatureSpec, ...]) -> pd.DataFrame:
    """Return one row a feature group: number of features and three of them."""
    frame = pd.DataFrame({"group": [s.group for s in specs], "name": [s.name for s in specs]})
    groups = frame.groupby("group", sort=False)["name"]
    table = pd.DataFrame({"features": groups.size()})
    table["for example"] = groups.agg(lambda names: ", ".join(names.iloc[:: len(names) // 3][:3]))
    return table.reset_index()


def markdown(table: pd.DataFrame) -> str:
    """Return a frame as a Markdown table.

    Examples
    --------
    >>> print(markdown(pd.DataFrame({"task": ["level_walking"], "cycles": [12000]})))
    | task | cycles |
    |---|---|
    | level_walking | 12,000 |
    """
    lines = [list(map(str, table.columns)), ["---"] * table.shape[1]]
    lines += [[_cell(value) for value in row] for row in table.itertuples(index=False)]
    rows = ["| " + " | ".join(cells) + " |" for cells in lines]
    rows[1] = "|" + "|".join(lines[1]) + "|"
    return "\n".join(rows)


def _values(column: "pd.Series[Any]") -> str:
    known = column.dropna()
    if pd.api.types.is_numeric_dtype(known) and not pd.api.types.is_bool_dtype(known):
        return (
            f"{known.mean():.3g} ± {known.std():.3g} (mean ± SD of the cycles), "
            f"{known.min():.3g} to {known.max():.3g}"
        )
    names = sorted(map(str, known.unique()))
    more = len(names) - _MOST_CLASSES
    return ", ".join(names[:_MOST_CLASSES]) + (f" and {more} more" if more > 0 else "")


def _cell(value: object) -> str:
    text = f"{value:,}" if isinstance(value, int) else str(value)
    return text.replace("|", "\\|").replace("\n", " ")
