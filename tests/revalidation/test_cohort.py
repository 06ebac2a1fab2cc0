"""The cohort that is judged."""

import numpy as np
from revalidation.cohort import simulated_cohort


def test_healthy_people_do_all_tasks_and_patients_walk_on_the_level():
    data = simulated_cohort(n_subjects=4, n_cycles=2, seed=3)
    assert data.is_simulated
    people = data.cycles.groupby("pathology")["subject"].nunique()
    assert people["healthy"] == 4
    assert people["stroke"] == people["parkinsons"] == 2
    tasks = data.cycles.groupby("pathology")["task"].nunique()
    assert tasks["healthy"] >= 5
    assert (tasks.drop("healthy") == 1).all()
    assert data.cycles.groupby("subject")["pathology"].nunique().max() == 1


def test_the_seed_decides():
    one, same, other = (simulated_cohort(2, 1, seed) for seed in (0, 0, 1))
    assert np.array_equal(one.block, same.block)
    assert not np.array_equal(one.block, other.block)
