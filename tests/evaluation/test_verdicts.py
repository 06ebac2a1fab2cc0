"""Each sentence of a verdict, on results for which it is true and on results for which it is not."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis import LocomotionData
from locomotion_analysis.evaluation.audit import Duplicates, Recognition, leak_audit
from locomotion_analysis.evaluation.audit_report import verdict as audit_verdict
from locomotion_analysis.evaluation.discovery import find_groups
from locomotion_analysis.evaluation.discovery_report import is_firm
from locomotion_analysis.evaluation.discovery_report import verdict as discovery_verdict
from locomotion_analysis.evaluation.metrics import Score
from locomotion_analysis.evaluation.study_report import against_baseline
from locomotion_analysis.simulation import simulate


@pytest.mark.parametrize(
    ("low", "high", "says"),
    [
        (0.05, 0.40, "Better than the baseline"),
        (-0.40, -0.05, "Worse than the baseline"),
        (-0.10, 0.20, "Not distinguishable from the baseline"),
        (0.0, 0.20, "Not distinguishable from the baseline"),
    ],
)
@pytest.mark.parametrize("is_error", [False, True])
def test_a_score_against_the_baseline(low, high, says, is_error):
    told = against_baseline(Score("A score", 0.6, 0.4, 0.8, 0.5, low, high, is_error))
    assert told.startswith(says)
    assert ("includes zero" in told) == (low <= 0 <= high)
    assert ("carries over to people" in told) == (low > 0)


@pytest.fixture(scope="module")
def audit():
    data = simulate(n_subjects=8, n_cycles=3, tasks=["level_walking"])
    return leak_audit(data, "sex", model="linear", features=["temporal"], n_splits=2, n_draws=1)


@pytest.mark.parametrize(
    ("points", "says"),
    [
        ((5.0, 30.0), "flatter this model by"),
        ((-30.0, -5.0), "Folds of cycles score lower"),
        ((-5.0, 30.0), "cannot be told from none"),
    ],
)
def test_an_audit_of_the_target(audit, points, says):
    found = replace(audit.on_target, points=float(np.mean(points)), points_interval=points)
    (told,) = [each for each in audit_verdict(replace(audit, on_target=found)) if "Sex: " in each]
    assert says in told
    others = {"flatter this model by", "score lower", "cannot be told from none"}
    assert sum(other in told for other in others) == 1


@pytest.mark.parametrize("low", [3.0, -3.0])
def test_an_audit_of_labels_drawn_by_lot(audit, low):
    found = replace(audit.on_random, points=20.0, points_interval=(low, 40.0))
    told = " ".join(audit_verdict(replace(audit, on_random=found)))
    assert ("reward is the recognition of people: 20 points" in told) == (low > 0)
    assert ("recognises people is not shown" in told) == (low <= 0)


@pytest.mark.parametrize("accuracy", [0.95, 0.5])
def test_an_audit_of_how_alike_cycles_are(audit, accuracy):
    told = " ".join(audit_verdict(replace(audit, recognition=Recognition(accuracy, 0.1, 8, 24))))
    assert ("nearly identical to each other" in told) == (accuracy >= 0.9)
    assert ("tell subjects apart in part" in told) == (accuracy < 0.9)


@pytest.mark.parametrize("copies", [Duplicates(0, 0, ()), Duplicates(3, 2, ("A and B",))])
def test_an_audit_of_copies(audit, copies):
    told = " ".join(audit_verdict(replace(audit, duplicates=copies)))
    assert ("the same as a cycle of another subject" in told) == bool(copies.across_subjects)
    assert ("are copies of another cycle" in told) == bool(copies.within_subjects)


@pytest.fixture(scope="module")
def groups():
    phase = np.linspace(0, 2 * np.pi, 150)
    level = np.repeat([0.0, 1.0], 8)
    rng = np.random.default_rng(0)
    curves = level[:, None] + np.sin(phase) + rng.normal(0, 0.05, (16, 1)) * np.cos(phase)
    cycles = pd.DataFrame(
        {"subject": [f"S{each:02d}" for each in range(16)], "task": "level_walking", "step": 0}
    )
    data = LocomotionData(cycles, curves[None], ["knee_flexion_angle_ipsi_rad"])
    return find_groups(data, n_clusters=2)


@pytest.mark.parametrize("p", [0.001, 0.4])
def test_a_discovery_of_one_population(groups, p):
    found = replace(groups, one_population_p=p)
    told = " ".join(discovery_verdict(found))
    assert ("hardly gives such curves" in told) == (p < 0.05)
    assert ("slices of a continuum" in told) == (p >= 0.05)
    assert is_firm(found) == (p < 0.05)


@pytest.mark.parametrize(
    ("mean", "says"),
    [(0.9, "come out again with"), (0.6, "come out in part"), (0.2, "do not build on them")],
)
def test_a_discovery_of_how_stable_groups_are(groups, mean, says):
    stability = replace(groups.stability, adjusted_rand=np.full(20, mean))
    told = " ".join(discovery_verdict(replace(groups, stability=stability)))
    assert says in told
    assert f"adjusted Rand index {mean:.2f}" in told


@pytest.mark.parametrize(
    ("width", "says"),
    [(0.7, "clearly apart"), (0.3, "weakly apart"), (0.1, "hardly apart at all")],
)
def test_a_discovery_of_how_far_groups_are_apart(groups, width, says):
    validity = groups.validity.assign(silhouette=width)
    assert says in discovery_verdict(replace(groups, validity=validity))[0]
