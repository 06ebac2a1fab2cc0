"""The job on real recordings of other laboratories."""

import json

import pandas as pd
import pytest

pytestmark = pytest.mark.slow

PATIENTS_AND_HEALTHY = "session == 'M0' and (pathology == 'healthy' or affected)"
SAME_FOOT = "session == 'M0' and ((pathology == 'healthy' and side == 'right') or affected)"


def _run(locomotion, path, target, out, *words):
    ended = locomotion("run", path, "--target", target, "--out", out, *words)
    assert ended.status == 0, ended.err
    return json.loads((out / "metrics.json").read_text()), (out / "report.html").read_text()


def test_hip_osteoarthritis_is_told_from_healthy(locomotion, shared_data, tmp_path):
    path = shared_data / "standard" / "hip_oa_phase.parquet"
    metrics, page = _run(locomotion, path, "pathology", tmp_path, "--where", PATIENTS_AND_HEALTHY)
    assert metrics["balanced_accuracy"] >= 0.70
    assert metrics["n_subjects"] == 186
    assert {"kinetic", "asymmetry"} <= {entry["what"] for entry in metrics["left_out"]}
    # Half of the healthy curves are cut at the other foot; the reader is told.
    assert "Healthy 80 of 160, Hip osteoarthritis 0 of 106" in page


def test_hip_osteoarthritis_without_curves_cut_at_the_other_foot(locomotion, shared_data, tmp_path):
    path = shared_data / "standard" / "hip_oa_phase.parquet"
    metrics, page = _run(locomotion, path, "pathology", tmp_path, "--where", SAME_FOOT)
    # The phase of the curve alone scores 0.75 on the full set; here it says nothing.
    assert metrics["balanced_accuracy"] >= 0.80
    assert "out of phase" not in page


def test_running_laboratories_are_not_told_by_how_speed_was_written_down(
    locomotion, shared_data, tmp_path
):
    path = shared_data / "standard" / "running_phase.parquet"
    metrics, page = _run(locomotion, path, "laboratory", tmp_path)
    left_out = {entry["what"] for entry in metrics["left_out"]}
    assert {"speed_m_s", "froude_number", "knee_flexion_angle_ipsi_rad_norm_rmse_z"} <= left_out
    used = set(pd.read_parquet(tmp_path / "features.parquet").columns)
    assert not left_out & used
    assert "one value in every cycle of BMC" in page
    assert "more than ten robust standard deviations" in page
