"""The page of a quality report: units, counts, and whose evidence stands in which row."""

import re

import numpy as np
import pytest

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.quality import diagnose, validate, write_report
from locomotion_analysis.simulation import simulate

KNEE = "knee_flexion_angle_ipsi_rad"


@pytest.fixture(scope="module")
def one():
    return simulate(n_subjects=1, n_cycles=6, tasks=["level_walking"])


def changed(data, change):
    block = data.block.copy()
    change(block[data.channels.index(KNEE)])
    return LocomotionData(data.cycles, block, data.channels, data.history)


def page(data, folder, **options):
    path = folder / "quality.html"
    write_report(validate(data), path, **options)
    return path.read_text(encoding="utf-8")


def test_examples_are_in_the_unit_of_the_figures(one, tmp_path):
    def jump(knee):
        knee[2, 75:] += 1.0

    faulty = changed(one, jump)
    findings = validate(faulty).findings
    found = findings[(findings["code"] == "GAIT205") & (findings["channel"] == KNEE)].iloc[0]
    (value, low, high) = re.search(
        r">(\d+\.\d)° at \d+ % of the cycle, allowed (\d) to (\d+\.\d)°<", page(faulty, tmp_path)
    ).groups()
    assert float(value) == pytest.approx(np.degrees(found["value"]), abs=0.1)
    assert (float(low), float(high)) == pytest.approx((0, np.degrees(found["high"])), abs=0.1)


def test_the_verdict_counts_in_singular_and_plural(one, tmp_path):
    def jump(knee):
        knee[2, 75:] += 1.0

    assert "0 errors in 0 of 6 cycles; 0 warnings." in page(one, tmp_path)
    counts = validate(changed(one, jump)).counts
    told = page(changed(one, jump), tmp_path)
    assert (f"{counts['error']} error{'s' * (counts['error'] != 1)} in 1 of 6 cycles") in told


def test_levels_above_and_below_the_norm_have_evidence_of_their_own(tmp_path):
    data = simulate(n_subjects=2, n_cycles=6, tasks=["level_walking"])
    who = data.groups == data.groups[0]

    def level(knee):
        knee[who] += np.radians(30)
        knee[~who] -= np.radians(25)

    faulty = changed(data, level)
    found = diagnose(faulty)
    rows = found.remark_summary
    rows = rows[(rows["channels"] == KNEE) & (rows["kind"] == "offset")]
    assert sorted(np.sign(rows["degrees"])) == [-1, 1]
    told = page(faulty, tmp_path, diagnosis=found)
    evidence = {each.evidence for each in found.remarks if each.channels == (KNEE,)}
    assert len(evidence) == 2
    for each in evidence:
        assert each.replace("'", "&#39;") in re.sub("<wbr>", "", told)


def test_shifts_of_different_amounts_have_evidence_of_their_own(tmp_path):
    data = simulate(n_subjects=2, n_cycles=6, tasks=["level_walking"]).select(
        channels=["hip_flexion_angle_ipsi_rad"]
    )
    who, block = data.groups == data.groups[0], data.block.copy()
    block[:, who] = np.roll(block[:, who], 75, axis=2)
    block[:, ~who] = np.roll(block[:, ~who], 30, axis=2)
    faulty = LocomotionData(data.cycles, block, data.channels, data.history)
    found = diagnose(faulty)
    assert found.summary["kind"].tolist() == ["shift", "shift"]
    told = re.sub("<wbr>", "", page(faulty, tmp_path, diagnosis=found))
    for amount in found.summary["amount"]:
        own = [each for each in found.prescriptions if each.amount == amount]
        best = max(own, key=lambda each: each.confidence)
        assert f"{best.subject}: {best.evidence}" in told
