"""From a store and a bundle to what is to be said of the service."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from locomotion_analysis.production.bundle import Bundle
from locomotion_analysis.production.monitoring.drift import (
    Drift,
    People,
    measure_drift,
    people_of,
    sampled_curves,
)
from locomotion_analysis.production.monitoring.drift.drift import FEWEST_PEOPLE
from locomotion_analysis.production.monitoring.performance import LivePerformance, live_performance
from locomotion_analysis.production.monitoring.store import PredictionStore, Stored
from locomotion_analysis.reporting.names import channel_title, shown_unit

_VERSION_DIGITS = 12


@dataclass(frozen=True)
class Watch:
    """What was found.

    Attributes
    ----------
    stored : Stored
        The rows looked at.
    drift : Drift or None
        None with too few people.
    performance : LivePerformance
        Of rows whose label is known.
    daily : DataFrame
        One row a day (UTC): ``rows``, ``people``, ``outside`` (share), and for classes
        ``share_<class>``.
    alarms : tuple of str
        What needs somebody to look, in sentences; empty where nothing does.
    notes : tuple of str
        What could not be told, and why.
    """

    stored: Stored
    drift: Drift | None
    performance: LivePerformance
    daily: pd.DataFrame
    alarms: tuple[str, ...]
    notes: tuple[str, ...]


def watch(
    store: PredictionStore,
    bundle: Bundle,
    since: float | None = None,
    until: float | None = None,
    *,
    n_permutations: int = 500,
    random_state: int = 0,
) -> Watch:
    """Compare what was asked of a model with what it was trained on.

    Parameters
    ----------
    store : PredictionStore
    bundle : Bundle
        The model that answered.
    since, until : float, optional
        Time, seconds since 1970.
    n_permutations, random_state : int
        As for :func:`measure_drift`.

    Raises
    ------
    FileReadError
        If the store has no rows of this model.
    """
    stored = store.read(bundle.digest[:_VERSION_DIGITS], since, until)
    rows, notes = stored.predictions, []
    unknown = int(rows["subject"].isna().sum())
    if unknown:
        notes.append(
            f"{unknown:,} of {len(rows):,} rows came as features without their subject: not "
            "compared, for rows of one person are not rows of many"
        )
    current, reference = current_people(stored), reference_people(bundle)
    drift = None
    if len(current.features) >= FEWEST_PEOPLE:
        drift = measure_drift(reference, current, n_permutations, random_state)
        notes.extend(drift.notes)
    else:
        found = f"{len(current.features)} people"
        notes.append(f"Drift not measured: {found}, and {FEWEST_PEOPLE} are needed")
    performance = live_performance(rows, bundle.manifest)
    if performance.score is None:
        notes.append(
            f"Live score not measured: labels of {performance.n_subjects} people, and "
            f"{FEWEST_PEOPLE} are needed"
        )
    daily = _daily(rows, bundle.classes)
    return Watch(stored, drift, performance, daily, _alarms(drift, performance), tuple(notes))


def current_people(stored: Stored) -> People:
    """Return the people of stored rows; rows without a subject are left out."""
    known = stored.predictions["subject"].notna().to_numpy()
    subjects = stored.predictions["subject"].to_numpy(dtype=object)
    features = stored.features[known].set_axis(pd.Index(subjects[known], name="subject"))
    with_curves = known & ~np.isnan(stored.curves).all(axis=(1, 2))
    return people_of(
        features, stored.curves[with_curves], subjects[with_curves], stored.watched.channels
    )


def reference_people(bundle: Bundle) -> People:
    """Return the training people that a bundle keeps."""
    cycles = bundle.reference.cycles
    return people_of(
        bundle.reference.features,
        sampled_curves(cycles),
        cycles.groups.astype(object),
        tuple(cycles.channels),
    )


def _daily(rows: pd.DataFrame, classes: tuple[object, ...]) -> pd.DataFrame:
    day = pd.to_datetime(rows["at"], unit="s", utc=True).dt.date.rename("day")
    by_day = rows.groupby(day)
    table = pd.DataFrame(
        {
            "rows": by_day.size(),
            "people": by_day["subject"].nunique(),
            "outside": by_day["outside"].mean(),
        }
    )
    for label in classes:
        given = (rows["prediction"] == str(label)).groupby(day)
        table[f"share_{label}"] = given.mean()
    return table.reset_index()


def _alarms(drift: Drift | None, performance: LivePerformance) -> tuple[str, ...]:
    alarms = []
    if drift is not None and drift.alarm:
        told = {"curves": "channel curves", "features": "features", "domain": "people as a whole"}
        least = {name: min(1.0, 3 * p) for name, p in drift.p_values.items()}
        moved = [f"{told[name]} (p = {p:.2g})" for name, p in least.items() if p <= 0.05]
        farthest = ""
        if len(drift.channels):
            first = drift.channels.iloc[0]
            unit, factor = shown_unit(first["channel"])
            shift = f"{first['shift'] * factor:+.2g} {unit}"
            name = channel_title(first["channel"]).lower()
            farthest = f"; farthest: {name}, {shift} on average"
        alarms.append(
            f"Drift in {', '.join(moved)} between {drift.n_current} people now and "
            f"{drift.n_reference} of the training{farthest}."
        )
    if performance.worse and performance.interval is not None:
        low, high = performance.interval
        alarms.append(
            f"{performance.metric} {performance.score:.3g} (95 % interval {low:.3g} to "
            f"{high:.3g} over {performance.n_subjects} people) is worse than the "
            f"{performance.trained:.3g} of the training."
        )
    return tuple(alarms)
