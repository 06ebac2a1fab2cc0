"""Validation as a whole: batches, bounds of memory, real recordings."""

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import FileReadError, SchemaError
from locomotion_analysis.quality import validate, write_clean, write_report
from locomotion_analysis.quality.batch import distance_limits, group_medians, stride_distances
from locomotion_analysis.quality.validation import EXAMPLES, cycle_findings
from locomotion_analysis.simulation import simulate
from locomotion_analysis.standard import KEY

HIP = "hip_flexion_angle_ipsi_rad"


@pytest.fixture(scope="module")
def mixed():
    """Healthy and ill subjects with some absurd strides."""
    data = simulate(9, 12, tasks=["level_walking", "stair_ascent"], seed=5)
    block = data.block.copy()
    block[data.channels.index(HIP), ::7] += 3.0
    return LocomotionData(data.cycles, block, data.channels)


@pytest.mark.parametrize("batch_cycles", [20, 50, 1000])
def test_batches_find_the_same_as_the_whole(batch_cycles, mixed, tmp_path):
    path = tmp_path / "mixed.parquet"
    mixed.to_parquet(path)
    whole, parts = validate(mixed), validate(path, batch_cycles=batch_cycles)
    assert parts.n_cycles == whole.n_cycles == len(mixed)
    np.testing.assert_array_equal(parts.error_cycles, whole.error_cycles)
    # Strides are compared within what has been seen so far.
    columns = ["code", "subject", "task", "channel", "findings"]
    a, b = (
        r.summary.query("not code.str.startswith('GAIT3')")[columns]
        .sort_values(columns)
        .reset_index(drop=True)
        for r in (parts, whole)
    )
    assert a.equals(b)


def test_findings_of_cycles_are_those_of_the_whole_and_tell_where_they_are(mixed):
    found = cycle_findings(mixed)
    pd.testing.assert_frame_equal(found.drop(columns="row"), validate(mixed).findings)
    assert found["row"].nunique() > 5
    keys = mixed.cycles[list(KEY)].iloc[found["row"]].reset_index(drop=True)
    pd.testing.assert_frame_equal(found[list(KEY)], keys)
    with pytest.raises(SchemaError, match="at least one gait cycle"):
        cycle_findings(mixed.take([]))


def test_an_odd_stride_is_found_though_its_group_is_cut_by_batches(mixed):
    data = mixed.select(task="level_walking")
    block = data.block.copy()
    row = data.channels.index("knee_flexion_angle_ipsi_rad")
    block[row, 20] += 0.4
    odd = LocomotionData(data.cycles, block, data.channels)
    for batch_cycles in (10, 1000):
        found = validate(odd, batch_cycles=batch_cycles).findings.query(
            "code == 'GAIT301' and channel == 'knee_flexion_angle_ipsi_rad'"
        )
        want = odd.cycles.iloc[20]
        assert ((found["subject"] == want["subject"]) & (found["step"] == want["step"])).any()


def test_all_findings_are_counted_and_few_are_kept(sound):
    block = np.repeat(sound.block[:, :8], 10, axis=1)
    block[sound.channels.index(HIP)] += 3
    cycles = sound.cycles.head(8).loc[np.repeat(range(8), 10)].assign(step=range(80))
    result = validate(LocomotionData(cycles, block, sound.channels))
    own = "code == 'GAIT101' and channel == @HIP"
    assert result.summary.query(own)["findings"].sum() == 80
    assert len(result.findings.query(own)) == EXAMPLES == 20
    told = result.summary
    assert told["code"].nunique() > 1
    assert told["code"].is_monotonic_increasing
    assert told.groupby("code")["findings"].apply(lambda n: n.is_monotonic_decreasing).all()


def test_progress_reaches_the_total(mixed):
    steps = []
    validate(mixed, batch_cycles=100, progress=lambda *step: steps.append(step))
    assert [done for _, done, _ in steps] == [100, 200, len(mixed)]
    assert {total for _, _, total in steps} == {len(mixed)}


def test_clean_data_have_no_error_and_say_what_fell_out(mixed, tmp_path):
    result = validate(mixed)
    path = tmp_path / "clean.parquet"
    written = write_clean(result, mixed, path, batch_cycles=50)
    clean = LocomotionData.from_parquet(path)
    assert len(clean) == written == int((~result.error_cycles).sum())
    assert validate(clean).ok
    assert "GAIT101" in clean.history[-1].detail
    assert clean.history[-1].count == result.error_cycles.sum()
    kept = mixed.take(np.flatnonzero(~result.error_cycles))
    np.testing.assert_array_equal(clean.block, kept.block)


def test_clean_refuses_another_source_and_an_empty_rest(mixed, sound, tmp_path):
    path = tmp_path / "clean.parquet"
    with pytest.raises(SchemaError, match="validated"):
        write_clean(validate(mixed), sound, path)
    broken = LocomotionData(sound.cycles, sound.block + 50, sound.channels)
    with pytest.raises(SchemaError, match="without an error"):
        write_clean(validate(broken), broken, path)
    assert not path.exists()


def test_the_report_is_one_page_that_escapes_names(mixed, tmp_path):
    path = tmp_path / "quality.html"
    write_report(validate(mixed), path, title="<script>alert(1)</script>")
    text = path.read_text(encoding="utf-8")
    assert "<script" not in text
    assert "://" not in text
    assert "no person was measured" in text
    assert text.count("data:image/svg+xml;base64,") > 12  # maps, and a panel a channel


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileReadError, match=r"nothing\.parquet"):
        validate(tmp_path / "nothing.parquet")


def test_group_medians_and_distances_are_those_of_numpy():
    random = np.random.default_rng(0)
    curves = random.normal(size=(3, 200, 20)).astype(np.float32)
    curves[1, ::9, 4] = np.nan
    codes = random.integers(0, 7, 200)
    codes[:80] = 3
    medians = group_medians(curves, codes)
    distances = stride_distances(curves, codes, medians)
    floor = np.array([0.0, 0.0, 9.0], dtype=np.float32)
    limits = distance_limits(distances, codes, floor, 3.0)
    for code in range(7):
        own = curves[:, codes == code]
        np.testing.assert_allclose(medians[:, code], np.nanmedian(own, axis=1), atol=1e-6)
        off = np.sqrt(((own[0] - np.median(own[0], axis=0)) ** 2).mean(axis=1))
        np.testing.assert_allclose(distances[0, codes == code], off, rtol=1e-5)
        spread = 1.4826 * np.median(np.abs(off - np.median(off)))
        np.testing.assert_allclose(limits[0, code], np.median(off) + 3 * spread, rtol=1e-4)
        assert limits[2, code] == 9.0


def test_simulated_healthy_walkers_are_inside_the_band():
    data = simulate(30, 6, pathologies=["healthy"], seed=21)
    rate = validate(data).pass_rate
    assert 1 - rate["failed"].sum() / rate["cycles"].sum() >= 0.95


def test_the_running_file_has_impossible_hips_and_little_else(shared_data):
    data = LocomotionData.from_parquet(shared_data / "standard" / "running_phase.parquet")
    result = validate(data)
    errors = result.summary.query("severity == 'error'")
    assert set(errors["code"]) == {"GAIT101", "GAIT205"}
    hip = data.curves(HIP)
    # No runner's hip turns by 86 degrees either way, or by 17 degrees in 5 ms.
    absurd = (np.abs(hip).max(axis=1) > 1.5) | (np.abs(np.diff(hip, axis=1)).max(axis=1) > 0.3)
    assert result.error_cycles[absurd].all()
    assert not result.error_cycles[~absurd].any()


def test_errors_in_the_hip_file_are_cycles_of_the_other_leg(shared_data):
    data = LocomotionData.from_parquet(shared_data / "standard" / "hip_oa_phase.parquet")
    result, cycles = validate(data), data.cycles
    affected = cycles["affected"] | (
        (cycles["pathology"] == "healthy") & (cycles["side"] == "right")
    )
    assert set(result.summary.query("severity == 'error'")["code"]) == {"GAIT108"}
    assert (result.error_cycles == ~affected.to_numpy()).all()
