"""A watch as one HTML page with its figures, and as numbers."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

from locomotion_analysis.errors import counted
from locomotion_analysis.files import write_all
from locomotion_analysis.production.bundle import Bundle
from locomotion_analysis.production.monitoring.drift import LEVEL, PHASES, Drift, People
from locomotion_analysis.production.monitoring.watching import (
    Watch,
    current_people,
    reference_people,
)
from locomotion_analysis.reporting.names import (
    ShownQuantity,
    channel_title,
    feature_title,
    in_sentence,
    number_text,
    p_equals,
    p_text,
    shown_unit,
)
from locomotion_analysis.reporting.page import Page, Picture, Section, Table
from locomotion_analysis.reporting.provenance import provenance
from locomotion_analysis.reporting.style import (
    INK,
    MUTED,
    PALETTE,
    colour,
    curve_axes,
    figure,
    light_grid,
    panels,
)
from locomotion_analysis.standard import PHASE_PERCENT

if TYPE_CHECKING:
    from matplotlib.axes import Axes


# Figures of a watch: curves then and now, and how each day went


def plot_then_and_now(axes: "Axes", reference: People, current: People, channel: str) -> None:
    """Draw the mean curve of the training people, ± 1 SD between them, and that of now.

    Parameters
    ----------
    axes : matplotlib Axes
    reference, current : People
        With curves of that channel.
    channel : str
        Its name; angles are drawn in degrees.
    """
    factor = shown_unit(channel)[1]
    phase = PHASE_PERCENT[list(PHASES)]
    then, now = (
        people.curves[:, :, people.channels.index(channel)] * factor
        for people in (reference, current)
    )
    mean, spread = np.nanmean(then, axis=0), np.nanstd(then, axis=0, ddof=1)
    axes.fill_between(phase, mean - spread, mean + spread, color=MUTED, alpha=0.25, linewidth=0)
    axes.plot(phase, mean, color=INK, linewidth=1.4, label=f"Training (n = {len(then)} people)")
    axes.plot(
        phase, np.nanmean(now, axis=0), color=PALETTE[1], linewidth=1.8, linestyle="--",
        label=f"Now (n = {len(now)} people)",
    )  # fmt: skip
    curve_axes(axes, channel)


def plot_days(axes: "Axes", daily: pd.DataFrame) -> None:
    """Draw the share of rows out of distribution, and of each class, by day."""
    days = pd.to_datetime(daily["day"])
    axes.plot(
        days, daily["outside"], color=INK, marker="o", markersize=3, label="Out of distribution"
    )
    shares = [name for name in map(str, daily) if name.startswith("share_")]
    for place, name in enumerate(shares):
        label = f"Predicted {in_sentence(name.removeprefix('share_'))}"
        axes.plot(days, daily[name], color=colour(place), linewidth=1.2, label=label)
    axes.set_ylim(-0.02, 1.02)
    axes.set_ylabel("Share of rows")
    locator = AutoDateLocator(minticks=2, maxticks=8)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=3)
    light_grid(axes)


# A watch as one HTML page, and as numbers


_CURVES_SHOWN = 4
_ROWS_SHOWN = 15
_LEAST_DISTANCE = 0.005
"""What is less apart would be told as 0.00 standard deviations."""
_READING = (
    (
        "Drift compares people, not cycles: how far today's people are from those of the training,"
        " against random divisions of all of them into two groups. Other patients of the same kind "
        "raise an alarm once in twenty reports at most."
    ),
    (
        "An alarm says that the model works on other data than it was tested on. That may be a "
        "sensor, a processing step, a laboratory, or other patients: look at the curves first."
    ),
    (
        "p is corrected for the number of channels or features, and for asking four questions. "
        "Alarms go by p: a population stability index (PSI) of 0.25 and more is what chance alone "
        "gives with a few dozen people."
    ),
    (
        "Measured: the share of people who have a channel (or feature) at all. What half of them "
        "lack, then or now, is not compared by its values."
    ),
    (
        "Out of distribution: the row is farther from the training people than 99 % of held-out "
        "ones. Single rows are flagged by this, slow shifts of all by drift."
    ),
)


def write_watch_report(found: Watch, bundle: Bundle, path: str | os.PathLike[str]) -> None:
    """Write one self-contained HTML file.

    Parameters
    ----------
    found : Watch
    bundle : Bundle
        The model that answered.
    path : path-like
        File to write, whole or not at all.
    """
    rows = found.stored.predictions
    first, last = (pd.to_datetime(rows["at"].agg(end), unit="s") for end in ("min", "max"))
    facts = [
        ("Rows", f"{len(rows):,}"),
        ("People", f"{rows['subject'].nunique():,}"),
        ("From", f"{first:%Y-%m-%d}" if len(rows) else "–"),
        ("To", f"{last:%Y-%m-%d}" if len(rows) else "–"),
        ("Out of distribution", f"{rows['outside'].mean():.1%}" if len(rows) else "–"),
    ]
    if found.performance.score is not None:
        facts.append(("Live score", f"{found.performance.score:.2f}"))
    page = Page(
        about=bundle.manifest.training,
        title="Model watch",
        subtitle=f"{bundle.manifest.name} · {found.stored.watched.version}",
        verdict=[*(found.alarms or ("No alarm.",)), *found.notes],
        facts=facts,
        sections=[
            section
            for section in (_performance(found), _drift(found, bundle), _days(found, bundle))
            if section is not None
        ],
        reading=_READING,
        provenance=provenance(()),
        record=(("Model", f"{bundle.manifest.name} {found.stored.watched.version}"),),
    )
    write_all({Path(path): page.html()})


def watch_numbers(found: Watch) -> dict[str, Any]:
    """Return the result as plain JSON values, for a webhook or a log; no data of people.

    Parameters
    ----------
    found : Watch
        From :func:`watch`.

    Returns
    -------
    dict
    """
    live, drift = found.performance, found.drift
    numbers: dict[str, Any] = {
        "model": found.stored.watched.version,
        "rows": len(found.stored.predictions),
        "alarms": list(found.alarms),
        "notes": list(found.notes),
        "live": {
            "metric": live.metric,
            "score": live.score,
            "interval": None if live.interval is None else list(live.interval),
            "trained": live.trained,
            "n_subjects": live.n_subjects,
        },
        "drift": None,
    }
    if drift is not None:
        numbers["drift"] = {
            "alarm": drift.alarm,
            "n_subjects": drift.n_current,
            "p_values": drift.p_values,
            "domain_auc": drift.domain_auc,
            "measured": json.loads(
                drift.measured[drift.measured["p_corrected"] <= LEVEL].to_json(orient="records")
            ),
            "channels": json.loads(drift.channels.head(_CURVES_SHOWN).to_json(orient="records")),
        }
    return numbers


def _performance(found: Watch) -> Section:
    live = found.performance
    if live.score is None or live.interval is None:
        text = f"Labels are known of {live.n_subjects} people: too few for a score."
        return Section("Live score", (text,))
    low, high = live.interval
    trained = "–" if live.trained is None else f"{live.trained:.3f}"
    rows = [
        ("Now, on people with a label", f"{live.score:.3f}", f"{low:.3f} to {high:.3f}"),
        ("When trained, on people left out", trained, ""),
    ]
    columns = (live.metric.replace("_", " ").capitalize(), "Score", "95 % interval over people")
    caption = f"{live.n_labelled:,} rows of {live.n_subjects} people"
    return Section("Live score", (), (), (Table(caption, columns, rows),))


def _drift(found: Watch, bundle: Bundle) -> Section | None:
    drift = found.drift
    if drift is None:
        return None
    told = {"curves": "Curves of all channels", "features": "All features",
            "domain": "A classifier of then and now",
            "measured": "What is measured of whom"}  # fmt: skip
    questions = [
        (told[name], p_text(p), p_text(min(1.0, len(drift.p_values) * p)))
        for name, p in drift.p_values.items()
    ]
    tables = [Table("Four questions", ("", "p", "p corrected"), questions)]
    pictures: list[Picture] = []
    channels: list[tuple[str, ...]] = []
    if len(drift.channels):
        names = drift.channels["channel"].head(_CURVES_SHOWN).tolist()
        reference, current = reference_people(bundle), current_people(found.stored)
        made = panels(
            lambda axes, name: plot_then_and_now(axes, reference, current, name),
            names,
            of=bundle.manifest.training,
        )
        titles = ", ".join(channel_title(name) for name in names)
        pictures.append(
            Picture.of(
                made,
                f"Mean curves of the training and of now: {titles}.",
                "The channels that are farthest. Band: mean ± 1 SD between the training people.",
            )
        )
        apart = drift.channels[drift.channels["distance"] >= _LEAST_DISTANCE].head(_ROWS_SHOWN)
        shown = (apart[each] for each in ("channel", "distance", "shift", "p_corrected"))
        for name, distance, shift, p in zip(*shown, strict=True):
            unit, factor = shown_unit(name)
            by = f"{number_text(shift * factor, 2, signed=True)} {unit}"
            channels.append((channel_title(name), f"{distance:.2f}", by, p_text(p)))
        columns = ("Channel", "Distance (SD)", "Mean shift", "p corrected")
        caption = f"Channels, farthest first ({len(channels)} of {len(drift.channels)})"
        tables.append(Table(caption, columns, channels))
    changed = drift.measured[drift.measured["then"] != drift.measured["now"]]
    if len(changed):
        rows = [
            (ShownQuantity.of(str(row["variable"])).title, f"{row['then']:.0%}", f"{row['now']:.0%}",
             p_text(row["p_corrected"]))
            for row in changed.head(_ROWS_SHOWN).to_dict("records")
        ]  # fmt: skip
        columns = ("Share of people who have it", "Then", "Now", "p corrected")
        tables.append(Table("Measured of more or fewer people", columns, rows))
    moved = drift.features[drift.features["distance"] >= _LEAST_DISTANCE].head(_ROWS_SHOWN)
    features = [
        (
            feature_title(str(row["feature"])),
            f"{row['distance']:.2f}",
            number_text(row["shift"], signed=True),
            f"{row['psi']:.2f}",
            p_text(row["p_corrected"]),
        )
        for row in moved.to_dict("records")
    ]
    columns_of_features = ("Feature", "Distance (SD)", "Mean shift", "PSI", "p corrected")
    caption = f"Features, farthest first ({len(features)} of {len(drift.features)})"
    tables.append(Table(caption, columns_of_features, features))
    people = f"{counted(drift.n_current, 'person', 'people')} now"
    text = f"{people} against {drift.n_reference} of the training. {domain_sentence(drift)}"
    return Section("Drift", (text,), pictures, tables)


def domain_sentence(drift: Drift) -> str:
    """Say whether a classifier tells today's people from those of the training."""
    corrected = min(1.0, len(drift.p_values) * drift.p_values["domain"])
    area = f"area under its ROC curve {drift.domain_auc:.2f}, {p_equals(corrected)}"
    if corrected <= LEVEL:
        return f"A classifier tells them apart ({area})."
    return f"A classifier does not tell them apart ({area}; 0.5 or less is chance)."


def _days(found: Watch, bundle: Bundle) -> Section | None:
    if not len(found.daily):
        return None
    rows = [
        (str(row.day), f"{row.rows:,}", f"{row.people:,}", f"{row.outside:.1%}")
        for row in found.daily.itertuples()
    ]
    table = Table("Each day (UTC)", ("Day", "Rows", "People", "Out of distribution"), rows)
    if len(found.daily) == 1:  # one point is no course over time
        return Section("Days", (), (), (table,))
    with figure(4.8, 2.8, bundle.manifest.training) as made:
        plot_days(made.subplots(), found.daily)
    picture = Picture.of(made, "Share of rows out of distribution, and of each answer, by day.", "")
    return Section("Days", (), (picture,), (table,))
