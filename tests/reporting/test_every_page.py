"""Each kind of page, made small: nothing reaches over its edge on any screen or on paper."""

from pathlib import Path

import pytest

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.evaluation import run_study
from locomotion_analysis.evaluation.audit import leak_audit
from locomotion_analysis.evaluation.audit_report import write_audit
from locomotion_analysis.evaluation.discovery_report import run_discovery
from locomotion_analysis.evaluation.explain import explain_report
from locomotion_analysis.evaluation.training import train
from locomotion_analysis.quality import diagnose, validate, write_report
from locomotion_analysis.simulation import simulate
from locomotion_analysis.statistics.comparison_report import run_comparison

BUNDLE = Path(__file__).parents[1] / "production" / "bundle" / "old" / "format_1.bundle"
ANGLES = ["hip_flexion_angle_ipsi_rad", "knee_flexion_angle_ipsi_rad"]
TINY = {"max_epochs": 2, "network_options": {"width": 8}, "device": "cpu"}
SMALL = {"model": "linear", "n_splits": 2, "features": ["temporal"]}


@pytest.fixture(scope="module")
def data():
    return simulate(n_subjects=12, n_cycles=3, tasks=["level_walking"])


def study(data, folder):
    return run_study(data, "sex", folder, **SMALL).report_path


def regression(data, folder):
    return run_study(data, "mass_kg", folder, **SMALL).report_path


def audit(data, folder):
    return write_audit(leak_audit(data, "sex", n_draws=1, **SMALL), folder)["report"]


def discovery(data, folder):
    return run_discovery(data, folder, n_clusters=2).report_path


def explanation(data, folder):
    return explain_report(data, "sex", folder / "report.html", n_repeats=1, **SMALL).path


def training(data, folder):
    recipes = ["majority", "speed_only"]
    return train(data, "sex", folder, recipes=recipes, n_splits=2).report_path


def training_of_a_number(data, folder):
    return train(data, "mass_kg", folder, recipes=["mean"], n_splits=2).report_path


def training_of_a_network(data, folder):
    for needed in ("torch", "skorch", "safetensors"):
        pytest.importorskip(needed)
    angles = data.select(channels=ANGLES)
    return train(angles, "sex", folder, recipes=["cnn"], n_splits=2, networks=TINY).report_path


def monitoring(data, folder):
    for needed in ("skops", "sqlalchemy"):
        pytest.importorskip(needed)
    from locomotion_analysis.production.bundle import open_bundle
    from locomotion_analysis.production.monitoring import PredictionStore, watch, write_watch_report
    from locomotion_analysis.production.monitoring.store import RecordedBundle

    bundle, store = open_bundle(BUNDLE), PredictionStore(folder / "watch.sqlite")
    RecordedBundle(bundle, store=store).predict_cycles(data, explain=False)
    write_watch_report(watch(store, bundle, n_permutations=99), bundle, folder / "watch.html")
    store.close()
    return folder / "watch.html"


def explanation_of_a_bundle(data, folder):
    pytest.importorskip("skops")
    from locomotion_analysis.production.bundle import open_bundle
    from locomotion_analysis.production.explaining import explain_bundle

    walks = simulate(n_subjects=12, n_cycles=2, tasks=["level_walking"], pathologies=["healthy"])
    return explain_bundle(open_bundle(BUNDLE), walks, folder / "why.html", n_repeats=1).path


def quality(data, folder):
    write_report(validate(data), folder / "quality.html", diagnose(data))
    return folder / "quality.html"


def quality_of_one_faulty_subject(data, folder):
    one = data.select(subject=str(data.groups[0]))
    block = one.block.copy()
    block[one.channels.index("knee_flexion_angle_ipsi_rad")] *= 3.0
    block[one.channels.index("pelvis_internal_rotation_angle_rad"), 0] += 3.0
    faulty = LocomotionData(one.cycles, block, one.channels, one.history)
    write_report(validate(faulty), folder / "quality.html", diagnose(faulty))
    return folder / "quality.html"


def comparison(data, folder):
    return run_comparison(data, "knee_flexion_angle_ipsi_rad ~ sex", folder).report_path


@pytest.mark.slow
@pytest.mark.parametrize(
    "make",
    [
        *(
            study,
            regression,
            audit,
            discovery,
            explanation,
            explanation_of_a_bundle,
            quality,
            monitoring,
        ),
        *(quality_of_one_faulty_subject, comparison),
        *(training, training_of_a_number, training_of_a_network),
    ],
)
def test_nothing_reaches_over_the_edge(make, data, overflowing, cut, tmp_path):
    path = make(data, tmp_path)
    assert overflowing(path) == {}
    assert cut == []
    assert "SIMULATED DATA: no person was measured" in path.read_text(encoding="utf-8")
