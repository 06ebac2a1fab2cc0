"""Coverage on new people, against what the definition promises."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression, LogisticRegression

from locomotion_analysis.errors import LocomotionWarning, SchemaError, SplitLeakError
from locomotion_analysis.statistics.conformal import (
    SubjectConformal,
    calibrated_limit,
    prediction_sets,
    subject_quantile,
)


def test_rows_of_new_people_are_covered_as_often_as_said():
    # People differ (random intercepts), and the one with odd values has the most rows.
    rng = np.random.default_rng(0)
    inside = []
    for _ in range(300):
        level = rng.normal(size=31)
        counts = np.where(np.abs(level) > 1, 8, 2)
        scores = np.abs(np.repeat(level, counts) + 0.3 * rng.normal(size=counts.sum()))
        person = np.repeat(np.arange(31), counts)
        old = person < 30
        limit = subject_quantile(scores[old], person[old], 0.9)
        inside.append((scores[~old] <= limit).mean())
    # 300 draws: the standard error of the mean is below 0.02.
    assert 0.88 <= np.mean(inside) <= 0.95


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 8), st.floats(0, 1)), min_size=1, max_size=60),
    st.floats(0.05, 0.95),
)
def test_the_limit_is_the_smallest_score_with_enough_weight_below(rows, level):
    person, scores = (np.array(each) for each in zip(*rows, strict=True))
    limit = subject_quantile(scores.astype(float), person, level)
    people = np.unique(person)

    def below(value):
        return sum((scores[person == p] <= value).mean() for p in people) / (len(people) + 1)

    if limit is None:
        assert below(scores.max()) < level + 1e-8
    else:
        assert below(limit) >= level - 1e-8
        assert all(below(score) < level + 1e-8 for score in scores[scores < limit])


def test_too_few_people_give_sets_of_everything():
    held_out = pd.DataFrame(
        {
            "subject": ["a", "b", "c"],
            "y_true": ["x", "y", "x"],
            "y_pred": ["x", "y", "x"],
            "probability_x": [0.9, 0.1, 0.8],
            "probability_y": [0.1, 0.9, 0.2],
        }
    )
    found = calibrated_limit(held_out, ("x", "y"))
    assert found.limit is None
    assert found.n_subjects == 3
    sets = prediction_sets(np.array([[0.99, 0.01]]), np.array(["x"]), ("x", "y"), found)
    assert sets == [["x", "y"]]
    half = calibrated_limit(held_out, ("x", "y"), coverage=0.5)
    assert np.isclose(half.limit, 0.1)
    both = prediction_sets(
        np.array([[0.95, 0.05], [0.5, 0.5]]), np.array(["x", "y"]), ("x", "y"), half
    )
    assert both == [["x"], ["y"]]
    assert calibrated_limit(held_out[["subject", "y_true", "y_pred"]], ("x", "y")) is None


def rare_and_common(rng, n_rare, n_common, steps=6):
    """Held-out probabilities of a model that finds the common class easy and the rare one hard."""
    kinds = np.repeat(["rare", "common"], [n_rare, n_common])
    person = np.repeat(np.arange(len(kinds)), steps)
    true = kinds[person]
    logit = np.where(true == "rare", 0.0, -2.5) + rng.normal(0, 1.2, len(kinds))[person]
    rare = 1 / (1 + np.exp(-(logit + rng.normal(0, 0.5, len(person)))))
    return pd.DataFrame(
        {
            "subject": person,
            "y_true": true,
            "y_pred": np.where(rare > 0.5, "rare", "common"),
            "probability_rare": rare,
            "probability_common": 1 - rare,
        }
    )


def share_held(table, sets):
    held = [true in each for true, each in zip(table["y_true"], sets, strict=True)]
    return pd.Series(held).groupby(table["y_true"].to_numpy()).mean()


def sets_of(table, conformal):
    probability = table[["probability_rare", "probability_common"]].to_numpy()
    labels = table["y_pred"].to_numpy(dtype=object)
    return prediction_sets(probability, labels, ("rare", "common"), conformal)


def test_a_rare_class_is_held_as_often_as_is_promised():
    rng, held, pooled = np.random.default_rng(0), [], []
    for _ in range(60):
        found = calibrated_limit(rare_and_common(rng, 12, 100), ("rare", "common"))
        new = rare_and_common(rng, 40, 40)
        held.append(share_held(new, sets_of(new, found)))
        one_for_all = replace(found, by_class={})
        pooled.append(share_held(new, sets_of(new, one_for_all)))
    held, pooled = pd.DataFrame(held).mean(), pd.DataFrame(pooled).mean()
    assert pooled["rare"] < 0.8  # what one limit for all gives
    assert (held >= 0.885).all()
    assert held["rare"] <= 0.97


def test_what_is_promised_and_achieved_of_a_class_is_told():
    table = rare_and_common(np.random.default_rng(5), 12, 100)
    found = calibrated_limit(table, ("rare", "common")).by_class
    assert (found["rare"].n_subjects, found["common"].n_subjects) == (12, 100)
    assert found["rare"].coverage == found["common"].coverage == 0.9
    # By hand: each person by the limit of the others.
    own = table[table["y_true"] == "rare"]
    held = [
        np.mean(
            1 - one["probability_rare"]
            <= subject_quantile(
                1 - own.loc[own["subject"] != who, "probability_rare"].to_numpy(),
                own.loc[own["subject"] != who, "subject"].to_numpy(),
                0.9,
            )
        )
        for who, one in own.groupby("subject")
    ]
    assert found["rare"].achieved == pytest.approx(np.mean(held))


def test_a_class_of_too_few_people_gets_the_largest_limit_seen_and_says_so():
    table = rare_and_common(np.random.default_rng(2), 4, 60)
    rare = calibrated_limit(table, ("rare", "common")).by_class["rare"]
    own = table.loc[table["y_true"] == "rare", "probability_rare"]
    assert rare.limit == pytest.approx(max((1 - own).max(), 0))
    assert rare.coverage == pytest.approx(4 / 5)
    assert rare.n_subjects == 4


# Around an estimator


def people(rng, n_people, spread=1.0, noise=0.3, rows=6):
    """Rows of people with a level of their own; unequal numbers of rows."""
    person = np.repeat(np.arange(n_people), rng.integers(1, rows + 1, n_people))
    X = rng.normal(size=(len(person), 2))
    level = spread * rng.normal(size=n_people)
    y = X[:, 0] + level[person] + noise * rng.normal(size=len(person))
    return X, y, person


def held(limits, X, y, person, **kwargs):
    """Share of rows whose interval holds the truth, each person weighing the same."""
    found = limits.predict(X, **kwargs)
    inside = (found["low"] <= y) & (y <= found["high"])
    return inside.groupby(person).mean().mean()


@pytest.mark.parametrize("method", ["split", "cv+", "jackknife+"])
def test_intervals_hold_the_rows_of_new_people(method):
    rng = np.random.default_rng(1)
    shares = []
    for seed in range(25):
        limits = SubjectConformal(LinearRegression(), method, coverage=0.8, random_state=seed)
        limits.fit(*people(rng, 40))
        shares.append(held(limits, *people(rng, 60)))
    # Standard error below 0.02; a split of 40 people sets 8 aside.
    assert 0.76 <= np.mean(shares) <= 0.94


def test_limits_by_rows_promise_too_much():
    rng = np.random.default_rng(2)
    by_rows, by_people = [], []
    for seed in range(20):
        X, y, person = people(rng, 12, rows=20)
        new = people(rng, 60)
        rows = SubjectConformal(LinearRegression(), coverage=0.9, random_state=seed)
        by_rows.append(held(rows.fit(X, y, np.arange(len(y))), *new))
        own = SubjectConformal(LinearRegression(), "jackknife+", coverage=0.9)
        by_people.append(held(own.fit(X, y, person), *new))
    assert np.mean(by_people) > 0.88
    assert np.mean(by_rows) < np.mean(by_people) - 0.03


def test_with_one_row_a_person_it_is_the_jackknife_plus():
    """Barber, Candès, Ramdas and Tibshirani: the ⌈coverage (n + 1)⌉-th smallest, by hand."""
    rng = np.random.default_rng(3)
    n, coverage = 30, 0.8
    X, new = rng.normal(size=(n, 2)), rng.normal(size=(5, 2))
    y = X @ [1.0, -1.0] + rng.normal(size=n)
    found = SubjectConformal(LinearRegression(), "jackknife+", coverage).fit(X, y, np.arange(n))
    low, high = [], []
    for i in range(n):
        model = LinearRegression().fit(np.delete(X, i, 0), np.delete(y, i))
        error = abs(y[i] - model.predict(X[[i]])[0])
        low.append(model.predict(new) - error)
        high.append(model.predict(new) + error)
    rank = int(np.ceil(coverage * (n + 1)))
    table = found.predict(new)
    assert table["high"].to_numpy() == pytest.approx(np.sort(high, axis=0)[rank - 1])
    assert table["low"].to_numpy() == pytest.approx(np.sort(low, axis=0)[n - rank])


def test_balanced_groups_are_held_alike():
    rng = np.random.default_rng(4)

    def two_groups(n):
        a, b = people(rng, n, spread=0.3), people(rng, n, spread=2.0)
        X, y = np.vstack([a[0], b[0]]), np.concatenate([a[1], b[1]])
        return (
            X,
            y,
            np.concatenate([a[2], b[2] + n]),
            np.repeat(["calm", "wild"], [len(a[1]), len(b[1])]),
        )

    shares = {"pooled": [], "balanced": []}
    for seed in range(15):
        X, y, person, group = two_groups(30)
        new, truth, who, of = two_groups(40)
        for name, told in (("pooled", None), ("balanced", group)):
            limits = SubjectConformal(LinearRegression(), coverage=0.8, random_state=seed)
            limits.fit(X, y, person, balance=told)
            for part in ("calm", "wild"):
                own = of == part
                balance = None if told is None else of[own]
                share = held(limits, new[own], truth[own], who[own], balance=balance)
                shares[name].append((part, share))
    means = {name: pd.DataFrame(rows).groupby(0)[1].mean() for name, rows in shares.items()}
    assert means["pooled"]["wild"] < 0.7
    assert (means["balanced"] > 0.76).all()
    assert limits.n_subjects_ == {"calm": 30, "wild": 30}


def classes(rng, n_rare, n_common):
    kinds = np.repeat([1, 0], [n_rare, n_common])
    person = np.repeat(np.arange(len(kinds)), 5)
    true = kinds[person]
    X = 1.2 * true + rng.normal(0, 0.8, len(kinds))[person] + rng.normal(0, 0.5, len(person))
    return X[:, None], np.where(true == 1, "rare", "common"), person


def test_sets_hold_a_rare_class_as_often_as_a_common_one():
    rng = np.random.default_rng(5)
    shares = []
    for seed in range(20):
        limits = SubjectConformal(LogisticRegression(), coverage=0.8, random_state=seed)
        limits.fit(*classes(rng, 12, 60))
        X, y, _ = classes(rng, 40, 40)
        inside = pd.Series(
            [truth in each for truth, each in zip(y, limits.predict(X)["set"], strict=True)]
        )
        shares.append(inside.groupby(y).mean())
    means = pd.DataFrame(shares).mean()
    assert ((means > 0.75) & (means < 0.9)).all()
    assert limits.n_subjects_ == {"common": 60, "rare": 12}


def test_too_few_people_are_said_and_hold_everything():
    rng = np.random.default_rng(6)
    X, y, person = people(rng, 6)
    with pytest.warns(LocomotionWarning, match=r"all \(6\)"):
        limits = SubjectConformal(LinearRegression(), coverage=0.95).fit(X, y, person)
    assert np.isinf(limits.predict(X).to_numpy()).all()


def test_what_cannot_be_limited_is_refused():
    rng = np.random.default_rng(7)
    X, y, person = people(rng, 20)
    with pytest.raises(SchemaError, match="between 0 and 1"):
        SubjectConformal(LinearRegression(), coverage=1.5).fit(X, y, person)
    with pytest.raises(SchemaError, match="predict_proba"):
        SubjectConformal(LinearRegression()).fit(X, y.astype(str), person)
    with pytest.raises(SplitLeakError):
        SubjectConformal(LinearRegression()).fit(X, y, None)
    limits = SubjectConformal(LinearRegression(), coverage=0.5)
    limits.fit(X, y, person, balance=np.where(person < 10, "a", "b"))
    with pytest.raises(SchemaError, match="in neither"):
        limits.predict(X)
    with pytest.raises(SchemaError, match="got: c"):
        limits.predict(X, balance=np.full(len(X), "c"))


class Asking(LinearRegression):
    """Keeps whose rows it was fitted on."""

    def fit(self, X, y, groups=None):
        self.people_ = set(groups)
        return super().fit(X, y)


@pytest.mark.parametrize("method", ["cv+", "jackknife+", "split"])
def test_models_are_handed_their_people_and_judge_others(method):
    rng = np.random.default_rng(0)
    people = np.repeat([f"S{k}" for k in range(20)], 3)
    X = rng.normal(size=(60, 1))
    limits = SubjectConformal(Asking(), method, 0.8).fit(X, X[:, 0], people)
    judged = [set(people) - model.people_ for model in limits.models_]
    assert all(judged)
    assert sum(map(len, judged)) == (4 if method == "split" else 20)
