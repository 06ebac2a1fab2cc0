"""The tables of the report on groups."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from locomotion_analysis.evaluation.discovery.profiles import apart
from locomotion_analysis.reporting.names import channel_title, feature_title, value_title
from locomotion_analysis.reporting.page import Table

if TYPE_CHECKING:
    from locomotion_analysis.evaluation.discovery.findings import Findings

_MOST_UNUSUAL = 12
_MOST_LEFT_OUT = 30
_MOST_PHASES = 6


def size_table(findings: "Findings") -> Table:
    """Return subjects, cycles and stability of each group."""
    units = findings.units
    rows = []
    for group in range(findings.n_groups):
        own = findings.labels == group
        cycles = int((findings.labels[units.unit_of_cycle] == group).sum())
        rows.append(
            (
                f"Group {group + 1}",
                f"{len(np.unique(units.subjects[own])):,}",
                f"{cycles:,}",
                f"{findings.stability.jaccard[group]:.2f}",
            )
        )
    columns = ("", "Subjects", "Cycles", "Stability (Jaccard)")
    return Table("The groups", columns, rows)


def explained_table(findings: "Findings") -> Table:
    """Return what explains the groups, in numbers."""
    rows = [
        (
            feature_title(str(row["variable"])),
            f"{row['share']:.2f}",
            f"{row['low_by_chance']:.2f} to {row['high_by_chance']:.2f}",
            f"{row['p_value']:.3f}",
            f"{'η²' if row['effect'] == 'eta_squared' else 'V'} = {row['effect_size']:.2f}",
            f"{row['n_units']:,}",
        )
        for row in findings.explained.to_dict("records")
    ]
    columns = ("Variable", "Share", "By chance", "p", "Effect size", "Units")
    return Table("What explains the groups", columns, rows)


def apart_table(findings: "Findings") -> Table:
    """Return where in the cycle each group is clearly apart from the others."""
    rows = []
    for group, effect in enumerate(findings.effects):
        found = [
            (abs(size), channel_title(name), start, stop, size)
            for place, name in enumerate(findings.units.channels)
            for start, stop, size in apart(effect, place)
        ]
        for _, title, start, stop, size in sorted(found, reverse=True)[:_MOST_PHASES]:
            where = "higher" if size > 0 else "lower"
            phases = f"{start:.0f} to {stop:.0f} %"
            rows.append((f"Group {group + 1}", title, phases, where, f"{size:+.1f}"))
    columns = ("", "Channel", "Gait cycle", "Lies", "Largest g")
    return Table("Where a group is clearly apart from the others", columns, rows, first_number=4)


def people_table(findings: "Findings") -> Table:
    """Return demographics and clinical scores of each group."""
    groups = findings.groups
    names = list(dict.fromkeys(groups["variable"]))
    cells = groups.set_index(["variable", "group"])
    rows = [
        (
            feature_title(name),
            *(_mean_and_sd(cells, (name, group + 1)) for group in range(findings.n_groups)),
        )
        for name in names
    ]
    columns = ("", *(f"Group {group + 1}" for group in range(findings.n_groups)))
    return Table("Mean ± SD over subjects", columns, rows)


def categories_table(findings: "Findings") -> Table:
    """Return how many subjects of each category are in each group."""
    units = findings.units
    cycles = units.data.cycles
    texts = [
        name
        for name in ("dataset", "laboratory", "task", "session", "sex", "pathology", "side")
        if name in cycles and 1 < cycles[name].nunique() <= _MOST_PHASES * 2
    ]
    subject = units.subjects[units.unit_of_cycle]
    group = findings.labels[units.unit_of_cycle]
    rows = []
    for name in texts:
        each = pd.DataFrame({"value": cycles[name], "group": group, "subject": subject})
        count = pd.crosstab(*each.drop_duplicates()[["value", "group"]].to_numpy().T)
        count = count.reindex(columns=range(findings.n_groups), fill_value=0)
        rows += [
            (f"{value_title(name)}: {value_title(value)}", *(f"{cell:,}" for cell in line))
            for value, line in zip(count.index, count.to_numpy(), strict=True)
        ]
    columns = ("", *(f"Group {place + 1}" for place in range(findings.n_groups)))
    return Table("Subjects by category", columns, rows)


def unusual_table(findings: "Findings") -> Table:
    """Return the most unusual units, by the mean of their ranks in the three detectors."""
    table = findings.anomalies
    ranks = table.drop(columns="unusual").rank().mean(axis=1)
    rows = []
    for place in ranks.sort_values(kind="stable").index[:_MOST_UNUSUAL]:
        unit = table.loc[place]
        rows.append(
            (
                unit_name(findings, int(place)),
                f"Group {findings.labels[place] + 1}",
                f"{-unit['mahalanobis']:.1f}",
                f"{unit['isolation_forest']:.2f}",
                f"{unit['band_depth']:.2f}",
                "yes" if unit["unusual"] else "no",
            )
        )
    columns = ("", "Group", "Mahalanobis distance", "Isolation", "Depth", "Two of three agree")
    return Table("The most unusual", columns, rows, first_number=2)


def left_out_table(findings: "Findings") -> Table:
    """Return the cycles that were left out, the first thirty by name."""
    left_out = findings.units.left_out
    rows = [
        (str(row.subject), str(row.task), str(row.task_id), str(row.step), str(row.reason))
        for row in left_out.head(_MOST_LEFT_OUT).itertuples(index=False)
    ]
    more = len(left_out) - len(rows)
    caption = "Cycles left out" + (f" (and {more:,} more: left_out.csv)" if more else "")
    return Table(caption, ("Subject", "Task", "Trial", "Step", "Why"), rows, first_number=9)


def unit_name(findings: "Findings", place: int) -> str:
    """Return the name of a unit: its subject, and task and step where it is a cycle."""
    name = str(findings.units.subjects[place])
    if findings.units.by == "subject":
        return name
    row = findings.units.table.iloc[place]
    return f"{name}, {value_title(row['task']).lower()}, {row['task_id']}, step {row['step']}"


def _mean_and_sd(cells: pd.DataFrame, at: tuple[Any, Any]) -> str:
    if at not in cells.index:
        return "unknown"
    place = cells.index.get_loc(at)
    mean, deviation = cells[["mean", "sd"]].to_numpy(dtype=float)[place]
    spread = "" if np.isnan(deviation) else f" ± {deviation:.3g}"
    return f"{mean:.4g}{spread}"
