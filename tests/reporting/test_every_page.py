"""Each kind of page, made small: nothing reaches over its edge on any screen or on paper."""

import pytest

from locomotion_analysis.evaluation import run_study
from locomotion_analysis.evaluation.audit import leak_audit
from locomotion_analysis.evaluation.audit_report import write_audit
from locomotion_analysis.evaluation.discovery_report import run_discovery
from locomotion_analysis.evaluation.explain import explain_report
from locomotion_analysis.quality import diagnose, validate, write_report
from locomotion_analysis.simulation import simulate

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


def quality(data, folder):
    write_report(validate(data), folder / "quality.html", diagnose(data))
    return folder / "quality.html"


@pytest.mark.slow
@pytest.mark.parametrize("make", [study, regression, audit, discovery, explanation, quality])
def test_nothing_reaches_over_the_edge(make, data, overflowing, tmp_path):
    path = make(data, tmp_path)
    assert overflowing(path) == {}
    assert "SIMULATED DATA: no person was measured" in path.read_text(encoding="utf-8")
