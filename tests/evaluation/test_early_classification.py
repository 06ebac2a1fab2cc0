"""Classes told from part of a cycle: nothing from later, bounds that hold, tables by plain counts."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis import LocomotionData
from locomotion_analysis.errors import (
    CycleShapeError,
    LocomotionWarning,
    SchemaError,
    SplitLeakError,
)
from locomotion_analysis.evaluation import BiomechanicalModelEvaluator
from locomotion_analysis.evaluation.early_classification import (
    EarlyClassifier,
    curves_in_time,
    evaluate_early_classification,
    points_of_shares,
    principal_curve_classifier,
)
from locomotion_analysis.selection import SubjectStratifiedKFold
from locomotion_analysis.statistics import subject_quantile

KNEE = "knee_flexion_angle_ipsi_rad"
PHASE = np.linspace(0, 1, 150)


def cycles_of(person, duration, label, curves):
    table = pd.DataFrame(
        {
            "subject": [f"S{number:03d}" for number in person],
            "task": "level_walking",
            "step": np.arange(len(person)),
            "pathology": label,
            "cycle_duration_s": duration,
        }
    )
    return LocomotionData(table, curves[None].astype(np.float32), [KNEE])


@pytest.fixture(scope="module")
def slow_later():
    """Two classes that move alike in time up to 0.5 s, and differ in how long their cycles last."""
    rng = np.random.default_rng(0)
    person = np.repeat(np.arange(40), 4)
    slow = person % 2 == 1
    duration = np.where(slow, 1.3, 1.0) + rng.normal(0, 0.02, 160)
    own = rng.normal(0, 0.1, 40)[person, None]
    time = PHASE * duration[:, None]
    curves = np.sin(2 * np.pi * time) + own + rng.normal(0, 0.02, (160, 150))
    return cycles_of(person, duration, np.where(slow, "slow", "fast"), curves)


def test_the_stride_time_does_not_leak_where_shares_are_of_time(slow_later):
    options = {"shares": (0.2, 0.35), "n_splits": 4, "confidence": 0.8}
    in_time = evaluate_early_classification(slow_later, "pathology", **options)
    of_cycle = evaluate_early_classification(slow_later, "pathology", clock="cycle", **options)
    assert (in_time.scores["score"][:2] < 0.7).all()
    assert (in_time.scores["low"][:2] < 0.55).all()
    assert (of_cycle.scores["score"][:2] > 0.95).all()
    assert in_time.reference_s == np.median(slow_later.cycles["cycle_duration_s"])
    assert np.allclose(
        in_time.scores["seconds"][:2], [0.2 * in_time.reference_s, 0.35 * in_time.reference_s]
    )
    assert of_cycle.scores["seconds"].isna().all()


def test_curves_in_time_are_interpolated_and_stay_at_their_end():
    rng = np.random.default_rng(1)
    curves = rng.normal(size=(5, 150, 2)).astype(np.float32)
    duration = np.array([0.6, 0.9, 1.0, 1.2, 2.0])
    found = curves_in_time(curves, duration, 1.0)
    at = np.linspace(0, 1.0, 150)
    for row, seconds in enumerate(duration):
        for channel in range(2):
            wanted = np.interp(at, PHASE * seconds, curves[row, :, channel])
            np.testing.assert_allclose(found[row, :, channel], wanted, atol=1e-5)
    assert (found[0, at > 0.61] == curves[0, -1]).all()


@pytest.fixture(scope="module")
def noisy():
    """Two classes of people that come apart along the cycle."""
    rng = np.random.default_rng(2)

    def draw(n_people):
        person = np.repeat(np.arange(n_people), 3)
        sick = person % 2
        own = rng.normal(0, 1.0, n_people)[person]
        growing = (1.2 * (2 * sick - 1) + own)[:, None] * PHASE
        curves = growing + rng.normal(0, 0.2, (len(person), 150))
        return curves[..., None].astype(np.float32), np.array(["a", "b"])[sick], person

    return draw(80), draw(1500)


@pytest.fixture(scope="module")
def fitted(noisy):
    (X, y, person), _ = noisy
    return EarlyClassifier(shares=(0.3, 0.6, 1.0), confidence=0.9).fit(X, y, person)


def test_no_more_are_told_wrong_than_stated(noisy, fitted):
    _, (X, y, _) = noisy
    told = fitted.predict(X)
    wrong = told["label"].notna() & (told["label"] != y)
    assert 0.01 < wrong.mean() < 0.13
    assert told["share"].notna().mean() > 0.4
    best = fitted.predict_proba(X)[-1].argmax(axis=1)
    assert (fitted.classes_[best] != y).mean() > wrong.mean()
    for label in "ab":
        held = (1 - fitted.predict_proba(X)[:, :, fitted.classes_ == label]).max(axis=0)[:, 0]
        share = (held[y == label] <= fitted.limits_.by_class[label].limit).mean()
        assert 0.84 < share < 0.96


def test_limits_are_quantiles_of_the_worst_share_of_held_out_people(noisy, fitted):
    (X, y, person), _ = noisy
    worst = np.zeros(len(y))
    for train, test in SubjectStratifiedKFold(5, 0).split(X, y, person):
        for n in points_of_shares(fitted.shares, 150):
            model = principal_curve_classifier().fit(X[train, :n], y[train])
            probability = model.predict_proba(X[test, :n])
            of_truth = probability[np.arange(len(test)), np.searchsorted(model.classes_, y[test])]
            worst[test] = np.maximum(worst[test], 1 - of_truth)
    for label in "ab":
        own = y == label
        wanted = subject_quantile(worst[own], person[own], 0.9)
        assert fitted.limits_.by_class[label].limit == pytest.approx(wanted)


def test_nothing_later_is_read(noisy, fitted):
    (X, _, _), _ = noisy
    other = X[:30].copy()
    other[:, points_of_shares((0.6,), 150)[0] :] = 99.0
    np.testing.assert_array_equal(fitted.predict_proba(other)[:2], fitted.predict_proba(X[:30])[:2])
    whole, part = fitted.predict(X[:30]), fitted.predict(X[:30, :100])
    by_then = (whole["share"] <= 0.6).to_numpy()
    pd.testing.assert_frame_equal(whole[by_then], part[by_then])
    assert part.loc[~by_then, "share"].isna().all()
    assert part.loc[~by_then, "label"].isna().all()


@pytest.fixture(scope="module")
def found(noisy):
    (X, y, person), _ = noisy
    data = cycles_of(person, np.full(len(y), 1.1), y, X[..., 0])
    return evaluate_early_classification(data, "pathology", shares=(0.4, 0.8), n_splits=4), data


def test_scores_are_those_of_the_evaluator_on_the_first_part(found):
    result, data = found
    X, y = data.prepare_sequential_features(target="pathology")
    groups = y.index.get_level_values("subject")
    run = BiomechanicalModelEvaluator(4).evaluate_classification
    plain = run(principal_curve_classifier(), X[:, :60], y, groups)
    row = result.scores.iloc[0]
    assert row["score"] == plain["balanced_accuracy"]
    assert (row["low"], row["high"]) == plain["intervals"]["balanced_accuracy"]
    whole = result.scores["score"].iloc[-1]
    np.testing.assert_allclose(result.scores["minus_whole"], result.scores["score"] - whole)


def test_stopping_counts_answers(found):
    result, _ = found
    answers = result.answers
    assert answers["subject"].groupby(answers["fold"]).nunique().sum() == 80
    for row in result.stopping.itertuples():
        told = answers[answers["share"] <= row.share]
        right = (told["label"] == told["y_true"]).sum()
        assert row.answered == pytest.approx(len(told) / len(answers))
        assert row.accuracy == pytest.approx(right / len(told))
        assert row.wrong == pytest.approx((len(told) - right) / len(answers))
        assert row.mean_share == pytest.approx(told["share"].mean())
        assert row.wrong_low <= row.wrong <= row.wrong_high
    assert "of 1.10 s, the median cycle" in result.sentence
    nobody = result.stopping.assign(answered=0.0)
    assert replace(result, stopping=nobody).sentence.endswith("no cycle is told.")


def test_what_does_not_fit_is_refused(found, fitted, noisy):
    _, data = found
    (X, y, person), _ = noisy
    without = LocomotionData(
        data.cycles.drop(columns="cycle_duration_s"), data.curves(KNEE)[None], [KNEE]
    )
    with pytest.raises(SchemaError, match='clock="cycle"'):
        evaluate_early_classification(without, "pathology")
    with pytest.raises(SchemaError, match="clock"):
        evaluate_early_classification(data, "pathology", clock="phase")
    for shares in ((), (0.5, 0.5), (0.6, 0.4), (0.0, 0.4), (0.5, 1.2)):
        with pytest.raises(SchemaError, match="rising shares"):
            EarlyClassifier(shares=shares).fit(X, y, person)
    with pytest.raises(SchemaError, match="confidence"):
        EarlyClassifier(confidence=1.0).fit(X, y, person)
    with pytest.raises(SplitLeakError):
        EarlyClassifier(n_splits=100).fit(X, y, person)
    for wrong in (X[:, :20], X[..., [0, 0]], np.repeat(X, 2, axis=1)):
        with pytest.raises(CycleShapeError):
            fitted.predict(wrong)


def test_too_few_people_for_the_confidence_are_told(noisy):
    (X, y, person), _ = noisy
    few = person < 12
    with pytest.warns(LocomotionWarning, match=r"confidence of 0\.9: a \(6\), b \(6\)"):
        EarlyClassifier(shares=(0.5, 1.0), n_splits=3).fit(X[few], y[few], person[few])
