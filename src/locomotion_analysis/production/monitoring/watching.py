"""A watch over a served model: what it was asked, how well it answered, and who must be told.

:func:`watch` compares the rows of a store with the bundle that answered them; answers whose truth
became known are scored over people; an alarm can be posted to another system.
"""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pandas as pd

from locomotion_analysis.errors import DownloadError
from locomotion_analysis.evaluation.metrics import (
    ERRORS,
    Interval,
    metric_interval,
    metric_values,
)
from locomotion_analysis.evaluation.subject_scores import sums_of
from locomotion_analysis.production.bundle import Bundle
from locomotion_analysis.production.bundle.manifest import Manifest
from locomotion_analysis.production.monitoring.drift import (
    FEWEST_PEOPLE,
    Drift,
    People,
    measure_drift,
    people_of,
    sampled_curves,
)
from locomotion_analysis.production.monitoring.store import PredictionStore, Stored
from locomotion_analysis.reporting.names import (
    METRIC_NAMES,
    ShownQuantity,
    channel_title,
    number_text,
    p_equals,
    shown_unit,
)

# How good the answers were, of those whose truth became known


@dataclass(frozen=True)
class LivePerformance:
    """Scores of answers whose label came later.

    Attributes
    ----------
    n_labelled, n_subjects : int
        Rows and people with a label.
    metric : str
        ``balanced_accuracy``, or ``mae`` of a quantity.
    score : float or None
        None with fewer than eight people.
    interval : tuple of float or None
        95 %, over people.
    trained : float or None
        The score on people not trained on, when the model was made.
    worse : bool
        Whether the interval lies wholly on the bad side of that score.
    """

    n_labelled: int
    n_subjects: int
    metric: str
    score: float | None
    interval: Interval | None
    trained: float | None
    worse: bool


def live_performance(predictions: pd.DataFrame, manifest: Manifest) -> LivePerformance:
    """Score the predictions that have a label.

    Parameters
    ----------
    predictions : DataFrame
        Of :meth:`PredictionStore.read`: ``subject``, ``prediction``, ``label``.
    manifest : Manifest
        Of the bundle: kind and scores.
    """
    classes = manifest.kind == "classification"
    metric = "balanced_accuracy" if classes else "mae"
    known = predictions.dropna(subset=["label", "subject"])
    subject, people = pd.factorize(known["subject"], sort=True)
    trained = manifest.metrics[metric].value if metric in manifest.metrics else None
    if len(people) < FEWEST_PEOPLE:
        return LivePerformance(len(known), len(people), metric, None, None, trained, False)
    kind = str if classes else float
    true, predicted = (known[name].to_numpy().astype(kind) for name in ("label", "prediction"))
    names = np.unique(np.concatenate([true, predicted])) if classes else None
    sums = np.asarray(sums_of(true, predicted, names)(subject, len(people)))
    score = float(metric_values(metric, sums.sum(axis=0)))
    interval = metric_interval(metric, sums)
    beyond = trained is not None and (
        interval[0] > trained if metric in ERRORS else interval[1] < trained
    )
    return LivePerformance(len(known), len(people), metric, score, interval, trained, beyond)


# From a store and a bundle to what is to be said of the service


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
    """Compare the stored inputs of a model with its training data.

    Parameters
    ----------
    store : PredictionStore
    bundle : Bundle
        The model that answered.
    since, until : float, optional
        Time, seconds since 1970.
    n_permutations, random_state : int
        As for :func:`measure_drift`.

    Returns
    -------
    Watch
        ``alarms``, ``drift`` and ``performance``.

    Raises
    ------
    FileReadError
        If the store has no rows of this model.
    """
    stored = store.read(bundle.version, since, until)
    rows, notes = stored.predictions, []
    unknown = int(rows["subject"].isna().sum())
    if unknown:
        notes.append(
            f"{unknown:,} of {len(rows):,} rows came as features without their subject: not "
            "compared, for rows of one person are not rows of many"
        )
    current, drift = current_people(stored), None
    if bundle.reference.people is None:
        notes.append(
            "Drift not measured: the bundle holds none of the training people (--reference none); "
            "serve one that is made with --reference summary"
        )
    elif len(current.features) >= FEWEST_PEOPLE:
        reference = reference_people(bundle)
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
    day = pd.to_datetime(rows["at"], unit="s", utc=True).dt.date.rename("day")
    by_day = rows.groupby(day)
    table = pd.DataFrame(
        {
            "rows": by_day.size(),
            "people": by_day["subject"].nunique(),
            "outside": by_day["outside"].mean(),
        }
    )
    for label in bundle.classes:
        given = (rows["prediction"] == str(label)).groupby(day)
        table[f"share_{label}"] = given.mean()
    daily = table.reset_index()
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
    """Return the training people that a bundle keeps.

    Raises
    ------
    BundleError
        If it keeps none.
    """
    cycles = bundle.reference.cycles
    return people_of(
        bundle.reference.features,
        sampled_curves(cycles),
        cycles.groups.astype(object),
        tuple(cycles.channels),
    )


def _alarms(drift: Drift | None, performance: LivePerformance) -> tuple[str, ...]:
    alarms = []
    if drift is not None and drift.alarm:
        told = {"curves": "channel curves", "features": "features", "domain": "people as a whole",
                "measured": "what is measured"}  # fmt: skip
        least = {name: min(1.0, len(told) * p) for name, p in drift.p_values.items()}
        moved = [f"{told[name]} ({p_equals(p)})" for name, p in least.items() if p <= 0.05]
        farthest = ""
        changed = drift.measured[drift.measured["p_corrected"] <= 0.05]
        if len(changed):
            first = changed.iloc[0]
            farthest = (
                f"; {ShownQuantity.of(first['variable']).title} known of {first['now']:.0%} of the people "
                f"now, {first['then']:.0%} then"
            )
        if len(drift.channels) and min(least["curves"], least["features"], least["domain"]) <= 0.05:
            first = drift.channels.iloc[0]
            unit, factor = shown_unit(first["channel"])
            shift = f"{number_text(first['shift'] * factor, 2, signed=True)} {unit}"
            name = channel_title(first["channel"]).lower()
            farthest += f"; farthest: {name}, {shift} on average"
        alarms.append(
            f"Drift in {', '.join(moved)} between {drift.n_current} people now and "
            f"{drift.n_reference} of the training{farthest}."
        )
    score, trained = performance.score, performance.trained
    if performance.worse and performance.interval and score is not None and trained is not None:
        low, high = performance.interval
        alarms.append(
            f"{METRIC_NAMES[performance.metric]} {number_text(score)} (95 % interval "
            f"{number_text(low)} to {number_text(high)} over {performance.n_subjects} people) is "
            f"worse than the {number_text(trained)} of the training."
        )
    return tuple(alarms)


# Telling another system of an alarm


_TIMEOUT_S = 10.0
_PAUSES_S = (0.0, 1.0, 3.0)


def send_alarm(url: str, content: Mapping[str, Any]) -> None:
    """Post an alarm as JSON; try three times.

    Parameters
    ----------
    url : str
        ``http`` or ``https``.
    content : mapping
        What to send; no data of people.

    Raises
    ------
    DownloadError
        If the address is none, or does not take it.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise DownloadError(
            expected="an address of http or https", got=url[:80], where="webhook", fix="give one"
        )
    body = json.dumps(content, allow_nan=False).encode()
    headers = {"Content-Type": "application/json", "User-Agent": "locomotion-analysis"}
    reason = ""
    for pause in _PAUSES_S:
        time.sleep(pause)
        request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310 - scheme checked
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S):  # noqa: S310 - scheme checked
                return
        except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
            reason = str(error)
    raise DownloadError(
        expected="a webhook that takes the alarm",
        got=reason,
        where=urlsplit(url).netloc.rpartition("@")[2],
        fix="check the address; the report is written all the same",
    )
