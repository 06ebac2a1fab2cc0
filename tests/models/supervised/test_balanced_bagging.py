"""The balanced ensemble: whom each member sees."""

from typing import ClassVar

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from locomotion_analysis.errors import SchemaError, SplitLeakError
from locomotion_analysis.models.supervised import SubjectBalancedBagging


class Counting(LogisticRegression):
    seen: ClassVar[list] = []

    def fit(self, X, y):
        Counting.seen.append((X, y))
        return super().fit(X, y)


def test_every_member_sees_as_many_people_of_each_class_with_all_their_cycles(people):
    X, y = people(40, ["common"] * 4 + ["rare"], 1.0)
    X["noise"] = np.unique(X.index.get_level_values("subject"), return_inverse=True)[1]
    Counting.seen = []
    SubjectBalancedBagging(Counting(), n_estimators=6).fit(X, y)
    assert len(Counting.seen) == 6
    for values, labels in Counting.seen:
        assert (labels == "rare").sum() == (labels == "common").sum() == 8 * 4
        _, counts = np.unique(values[:, 3], return_counts=True)
        assert (counts % 4 == 0).all()
    assert not np.array_equal(Counting.seen[0][0], Counting.seen[1][0])


def test_it_serves_the_rare_class_and_repeats(people):
    X, y = people(60, ["common"] * 5 + ["rare"], 1.0)
    model = SubjectBalancedBagging(n_estimators=20, random_state=2)
    fresh, truth = people(120, ["common"] * 5 + ["rare"], 1.0, seed=9)
    found = model.fit(X, y).predict(fresh)
    assert (found[truth == "rare"] == "rare").mean() > 0.5
    again = SubjectBalancedBagging(n_estimators=20, random_state=2).fit(X, y)
    assert np.array_equal(model.predict_proba(fresh), again.predict_proba(fresh))
    assert model.predict_proba(fresh).sum(axis=1) == pytest.approx(1)


def test_bad_input_is_named(two):
    X, y = two
    with pytest.raises(SplitLeakError, match="subject of each row"):
        SubjectBalancedBagging(n_estimators=2).fit(X.reset_index(drop=True), y)
    model = SubjectBalancedBagging(n_estimators=2).fit(X, y)
    with pytest.raises(SchemaError, match="4 features"):
        model.predict(X[["noise"]])
