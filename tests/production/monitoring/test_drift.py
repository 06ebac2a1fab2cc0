"""Other people raise no alarm, a sensor that is off does."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import fisher_exact, wasserstein_distance
from sklearn.linear_model import Ridge
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import LeaveOneOut, cross_val_predict

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.production.monitoring import measure_drift, people_of
from locomotion_analysis.production.monitoring.drift import (
    domain_auc,
    p_values,
    permuted_groups,
    population_stability_index,
    standardised,
    wasserstein,
)
from locomotion_analysis.production.monitoring.report import domain_sentence

CHANNELS = ("hip_flexion_angle_ipsi_rad", "knee_flexion_angle_ipsi_rad")


def people(rng, count, knee_offset=0.0, prefix="S"):
    """People who differ by 0.1 rad, with two cycles each that differ by 0.02 rad."""
    names = np.repeat([f"{prefix}{number}" for number in range(count)], 2).astype(object)
    own = np.repeat(rng.normal(0, 0.1, (count, 1, 2)), 2, axis=0)
    curves = np.sin(np.linspace(0, 6, 15))[None, :, None] + own
    curves = curves + rng.normal(0, 0.02, (len(names), 1, 2))
    curves[:, :, 1] += knee_offset
    features = pd.DataFrame(curves.mean(axis=1), columns=["hip", "knee"])
    return people_of(
        features.set_axis(pd.Index(names, name="subject")), curves, names, CHANNELS
    )  # fmt: skip


def test_other_people_alarm_in_one_of_twenty_at_most():
    rng = np.random.default_rng(0)
    alarms = [
        measure_drift(people(rng, 30), people(rng, 20), 99, seed).alarm for seed in range(120)
    ]
    # 5 % of 120 are 6; 12 or more have a chance of one in fifty even at exactly 5 %.
    assert sum(alarms) < 12


def test_many_cycles_of_few_people_are_not_many_people():
    rng = np.random.default_rng(1)
    found = measure_drift(people(rng, 30), people(rng, 10), 199)
    assert found.n_current == 10
    assert found.n_cycles == 20


def test_a_sensor_that_is_off_is_found_and_named():
    rng = np.random.default_rng(2)
    found = measure_drift(people(rng, 60), people(rng, 20, knee_offset=0.15), 499)
    assert found.alarm
    assert found.channels["channel"].iloc[0] == "knee_flexion_angle_ipsi_rad"
    assert found.channels["shift"].iloc[0] == pytest.approx(0.15, abs=0.06)
    assert found.channels["p_corrected"].iloc[0] <= 0.05 < found.channels["p_corrected"].iloc[1]
    assert found.features["feature"].iloc[0] == "knee"
    assert found.features["psi"].iloc[0] > found.features["psi"].iloc[1]
    assert found.domain_auc > 0.7


def test_features_alone_are_compared_too():
    rng = np.random.default_rng(3)
    reference, current = people(rng, 30), people(rng, 20, knee_offset=0.3)
    bare = people_of(
        current.features.rename_axis("subject"), np.empty((0, 15, 2)), np.empty(0, object), CHANNELS
    )
    found = measure_drift(reference, bare, 199)
    assert found.alarm
    assert not len(found.channels)
    assert "Curves not compared" in found.notes[0]


def test_too_few_people_are_refused():
    rng = np.random.default_rng(4)
    with pytest.raises(SchemaError, match="at least 8 people"):
        measure_drift(people(rng, 30), people(rng, 7))


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 9), st.integers(2, 9), st.integers(0, 1000), st.booleans())
def test_wasserstein_is_scipys(n_old, n_new, seed, tied):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n_old + n_new, 3))
    if tied:
        values = values.round()
    groups = permuted_groups(n_old, n_new, 4, seed)
    found = wasserstein(values, groups)
    for row, current in zip(found, groups, strict=True):
        for column in range(3):
            by_scipy = wasserstein_distance(values[current, column], values[~current, column])
            assert row[column] == pytest.approx(by_scipy, abs=1e-9)


def test_the_domain_classifier_leaves_people_out():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(24, 6))
    groups = permuted_groups(14, 10, 3, 1)
    centred = values - values.mean(axis=0)
    scale = np.trace(centred @ centred.T) / 24
    by_hand = []
    for current in groups:
        # The hat matrix centres once over all people; so does a ridge that fits no intercept
        # for its slopes but one, unpenalised, for the level.
        design = np.hstack([centred / np.sqrt(scale * 0.03), np.full((24, 1), 1e4)])
        guess = cross_val_predict(
            Ridge(alpha=1.0, fit_intercept=False), design, current.astype(float), cv=LeaveOneOut()
        )
        by_hand.append(roc_auc_score(current, guess))
    assert domain_auc(values, groups, 0.03) == pytest.approx(by_hand, abs=0.02)


def test_p_values_count_divisions_at_least_as_far():
    statistics = np.array([3.0, 1.0, 3.0, 5.0])
    assert p_values(statistics).tolist() == [0.75, 1.0, 0.75, 0.25]


def test_gaps_and_constants_do_not_count():
    gap = np.nan
    people = np.array(
        [
            [1.0, 5.0, gap, 2.0, 1.0],
            [2.0, 5.0, gap, gap, 2.0],
            [3.0, 5.0, 1.0, 4.0, 4.0],
            [4.0, 5.0, 1.0, 4.0, gap],
            [5.0, 5.0, 2.0, 6.0, gap],
        ]
    )
    now = np.array([False, False, False, True, True])
    values, kept = standardised(people, now)
    assert kept.tolist() == [True, False, False, True, False]
    assert values.std(axis=0) == pytest.approx([1.0, 1.0])


def without(who, lacking, channel=1):
    """The same people, of whom some lack a channel and the feature of it."""
    curves, features = who.curves.copy(), who.features.copy()
    curves[lacking, :, channel] = np.nan
    features.iloc[lacking, channel] = np.nan
    return replace(who, curves=curves, features=features)


@pytest.mark.parametrize("lacking", [slice(None), slice(0, None, 2)])
def test_a_channel_that_goes_missing_is_an_alarm_of_its_own(lacking):
    rng = np.random.default_rng(5)
    found = measure_drift(people(rng, 60), without(people(rng, 20), lacking), 499)
    assert found.alarm
    first = found.measured.iloc[0]
    share = 0.0 if lacking == slice(None) else 0.5
    assert (first["variable"], first["then"], first["now"]) == (CHANNELS[1], 1.0, share)
    assert first["p_corrected"] <= 0.05 < found.measured["p_corrected"].iloc[1]
    # What is not known of half the people is not compared by its values.
    assert found.channels["channel"].tolist() == [CHANNELS[0]]
    assert min(found.p_values[name] for name in ("curves", "features", "domain")) > 0.05 / 4


def test_the_share_of_people_is_judged_as_fishers_exact_test_does():
    rng = np.random.default_rng(6)
    old, new = without(people(rng, 40), slice(0, 4)), without(people(rng, 20), slice(0, 6))
    found = measure_drift(old, new, 4999)
    row = found.measured.set_index("variable").loc[CHANNELS[1]]
    assert (row["then"], row["now"]) == (0.9, 0.7)
    exact = fisher_exact([[4, 36], [6, 14]]).pvalue
    assert row["p"] == pytest.approx(exact, abs=0.02)
    assert not found.alarm


def test_a_channel_that_is_gone_by_name_counts_and_a_new_one_is_noted():
    rng = np.random.default_rng(7)
    old, new = people(rng, 40), people(rng, 20)
    ankle = "ankle_dorsiflexion_angle_ipsi_rad"
    other = replace(new, channels=(CHANNELS[0], ankle))
    found = measure_drift(old, other, 199)
    assert found.alarm
    assert found.measured.iloc[0][["variable", "now"]].tolist() == [CHANNELS[1], 0.0]
    assert found.notes == (f"Measured now and not in the training: {ankle}",)


def test_nothing_left_to_compare_is_no_crash():
    rng = np.random.default_rng(8)
    gone = people(rng, 20)
    for channel in (0, 1):
        gone = without(gone, slice(None), channel)
    found = measure_drift(people(rng, 40), gone, 199)
    assert found.alarm
    assert found.domain_auc == 0.5
    assert not len(found.channels)


def test_people_who_always_lacked_a_channel_raise_no_alarm():
    rng = np.random.default_rng(9)
    alarms = [
        measure_drift(
            without(people(rng, 30), np.flatnonzero(rng.random(30) < 0.3)),
            without(people(rng, 20), np.flatnonzero(rng.random(20) < 0.3)), 99, seed,
        ).alarm
        for seed in range(60)
    ]  # fmt: skip
    # 5 % of 60 are 3; 8 or more have a chance of one in a hundred.
    assert sum(alarms) < 8


def test_the_stability_index_is_its_formula():
    old, new = np.array([1.0, 2.0, 3.0, 4.0, 5.0]), np.array([5.0, 5.0, 5.0, 5.0, 5.0])
    edges = np.quantile(np.concatenate([old, new]), [0.2, 0.4, 0.6, 0.8])
    shares = []
    for people in (old, new):
        counts = np.bincount((people[:, None] > edges).sum(axis=1), minlength=5) + 0.5
        shares.append(counts / counts.sum())
    r, c = shares
    by_hand = np.sum((c - r) * np.log(c / r))
    assert population_stability_index(old[:, None], new[:, None])[0] == pytest.approx(by_hand)


def test_the_same_people_in_single_precision_are_the_same_people():
    rng = np.random.default_rng(5)
    index = pd.Index([f"S{number}" for number in range(20)], name="subject")
    values = np.column_stack(
        [rng.normal(30, 5, 20), np.full(20, 0.1), np.repeat([60.1, 60.7], 10), rng.normal(0, 1, 20)]
    )
    names = ["mean", "constant", "tied", "around_zero"]
    none = np.empty((0, 16, 1)), np.empty(0, object), ("knee_flexion_angle_ipsi_rad",)
    then, now = (
        people_of(pd.DataFrame(each, index, names), *none)
        for each in (values, values.astype(np.float32).astype(float))
    )
    found = measure_drift(then, now, 99)
    assert set(found.features["feature"]) == {"mean", "tied", "around_zero"}
    assert found.features["psi"].tolist() == [0, 0, 0]
    assert found.features["distance"].max() < 1e-5
    assert not found.alarm
    assert domain_sentence(found).startswith("A classifier does not tell them apart (area")


def test_the_sentence_of_the_classifier_is_true_of_both():
    rng = np.random.default_rng(2)
    apart = measure_drift(people(rng, 60), people(rng, 20, knee_offset=0.4), 499)
    assert domain_sentence(apart).startswith("A classifier tells them apart (area")
    alike = measure_drift(people(rng, 60), people(rng, 20), 499)
    assert "does not tell them apart" in domain_sentence(alike)
