"""Extraction part by part gives what extraction in memory gives, whatever the file is like."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from locomotion_analysis import LocomotionData
from locomotion_analysis.errors import DuplicateCycleError, SchemaError
from locomotion_analysis.features import feature_table, streaming
from locomotion_analysis.features.extraction import extract_features, parts_folder
from locomotion_analysis.features.table import FEATURE_GROUPS
from locomotion_analysis.simulation import simulate
from locomotion_analysis.standard import KEY

pytestmark = pytest.mark.filterwarnings("ignore::locomotion_analysis.errors.LocomotionWarning")
KNEE = "knee_flexion_angle_ipsi_rad"


@pytest.fixture(scope="module")
def walkers():
    return simulate(n_subjects=5, n_cycles=6, tasks=["level_walking", "stair_ascent"])


@pytest.fixture(scope="module")
def cycle_file(walkers, tmp_path_factory):
    path = tmp_path_factory.mktemp("walkers") / "walkers.parquet"
    walkers.to_parquet(path)
    return path


@pytest.fixture(scope="module")
def expected(walkers):
    table = feature_table(walkers, FEATURE_GROUPS)
    return table.frame.astype(np.float32)


@pytest.fixture
def small_parts(monkeypatch):
    """Cut everything small, so that a few cycles make many parts."""
    monkeypatch.setattr(streaming, "_MOST_BATCH_CYCLES", 8)
    monkeypatch.setattr(streaming, "_LEAST_BATCH_CYCLES", 1)
    monkeypatch.setattr(streaming, "_MOST_PART_CYCLES", 16)


def _same(out, expected):
    found = pd.read_parquet(out)
    assert list(found.index.names) == list(KEY)
    pd.testing.assert_frame_equal(found, expected, check_index_type=False, check_exact=True)


def test_it_is_the_table_made_in_memory(cycle_file, expected, tmp_path):
    done = extract_features(cycle_file, tmp_path / "x.parquet")
    _same(tmp_path / "x.parquet", expected)
    assert done.n_cycles == len(expected)
    assert [spec.name for spec in done.specs] == list(expected.columns)
    assert not parts_folder(tmp_path / "x.parquet").exists()


def test_small_parts_change_nothing(cycle_file, expected, tmp_path, small_parts):
    extract_features(cycle_file, tmp_path / "x.parquet")
    found = pd.read_parquet(tmp_path / "x.parquet")
    assert found.index.equals(expected.index)
    np.testing.assert_allclose(found.to_numpy(), expected[found.columns], rtol=2e-6)


def test_a_value_checked_by_hand(walkers, cycle_file, tmp_path):
    extract_features(cycle_file, tmp_path / "x.parquet", groups=["kinematic"])
    found = pd.read_parquet(tmp_path / "x.parquet")[f"{KNEE}_max"]
    np.testing.assert_array_equal(found.to_numpy(), walkers.curves(KNEE).max(axis=1))


def test_the_long_layout_gives_the_same(walkers, expected, tmp_path, small_parts):
    walkers.to_parquet(tmp_path / "long.parquet", layout="long")
    extract_features(tmp_path / "long.parquet", tmp_path / "x.parquet")
    found = pd.read_parquet(tmp_path / "x.parquet")
    np.testing.assert_allclose(found.to_numpy(), expected.to_numpy(), rtol=2e-6)


@pytest.mark.parametrize("rows", [70, 151, 1000])
def test_row_groups_cut_anywhere(walkers, expected, tmp_path, rows, small_parts):
    frame = walkers.dataframe
    texts = frame.select_dtypes("category").columns
    table = pa.Table.from_pandas(frame.astype(dict.fromkeys(texts, str)), preserve_index=False)
    pq.write_table(table, tmp_path / "cut.parquet", row_group_size=rows)
    extract_features(tmp_path / "cut.parquet", tmp_path / "x.parquet", groups=["kinematic"])
    found = pd.read_parquet(tmp_path / "x.parquet")
    np.testing.assert_allclose(found.to_numpy(), expected[found.columns], rtol=2e-6)


def test_a_folder_in_name_order(walkers, expected, tmp_path, small_parts):
    folder = tmp_path / "folder"
    for name, rows in (("a", range(12)), ("b", range(12, 24)), ("c", range(24, 60))):
        walkers.take(list(rows)).to_parquet(folder / f"{name}.parquet")
    extract_features(folder, tmp_path / "x.parquet")
    found = pd.read_parquet(tmp_path / "x.parquet")
    np.testing.assert_allclose(found.to_numpy(), expected.loc[found.index], rtol=2e-6)
    assert found.index.equals(expected.index)


def test_a_file_without_a_channel_is_nan_there(walkers, tmp_path):
    folder = tmp_path / "folder"
    walkers.take(range(30)).to_parquet(folder / "a.parquet")
    rest = walkers.take(range(30, 60))
    left = [name for name in rest.channels if name != KNEE]
    block = np.delete(rest.block, rest.channels.index(KNEE), axis=0)
    LocomotionData(rest.cycles, block, left).to_parquet(folder / "b.parquet")
    extract_features(folder, tmp_path / "x.parquet", groups=["kinematic"])
    found = pd.read_parquet(tmp_path / "x.parquet")[f"{KNEE}_max"]
    assert found.iloc[:30].notna().all()
    assert found.iloc[30:].isna().all()


def test_groups_spread_over_the_source_are_brought_together(
    walkers, expected, tmp_path, small_parts
):
    mixed = walkers.take(np.random.default_rng(3).permutation(len(walkers)))
    mixed.to_parquet(tmp_path / "mixed.parquet")
    extract_features(tmp_path / "mixed.parquet", tmp_path / "x.parquet")
    found = pd.read_parquet(tmp_path / "x.parquet")
    assert len(found) == len(expected)
    ordered = found.loc[expected.index]
    own = feature_table(mixed, FEATURE_GROUPS).frame.loc[expected.index]
    np.testing.assert_allclose(ordered.to_numpy(), own[ordered.columns], rtol=2e-6)


def test_only_needed_columns_are_read(cycle_file, tmp_path, monkeypatch):
    from locomotion_analysis.features import streaming

    seen = []
    read = streaming.read_segment

    def look(segment, channels, *rest):
        seen.append(channels)
        parts = read(segment, channels, *rest)
        assert set(parts.channels) == set(channels)
        return parts

    monkeypatch.setattr(streaming, "read_segment", look)
    done = extract_features(cycle_file, tmp_path / "x.parquet", groups=["kinetic"])
    assert seen
    assert not any(KNEE in channels for channels in seen)
    assert done.n_cycles == 60


def test_what_was_done_is_in_the_file(cycle_file, tmp_path):
    done = extract_features(cycle_file, tmp_path / "x.parquet", groups=["derived"])
    metadata = pq.read_schema(tmp_path / "x.parquet").metadata
    told = json.loads(metadata[b"locomotion_analysis.history"])
    assert any("end of stance from: metadata" in entry["detail"] for entry in told)
    catalogue = json.loads(metadata[b"locomotion_analysis.features"])
    assert [entry["name"] for entry in catalogue] == [spec.name for spec in done.specs]


def test_progress_counts_every_cycle(cycle_file, tmp_path, small_parts):
    seen = []
    extract_features(
        cycle_file,
        tmp_path / "x.parquet",
        groups=["temporal"],
        progress=lambda stage, done, total: seen.append((stage, done, total)),
    )
    assert seen[0] == ("cycles", 0, 60)
    assert seen[-1] == ("cycles", 60, 60)
    assert [done for _, done, _ in seen] == sorted({done for _, done, _ in seen})


def test_two_cycles_of_one_key_are_refused(walkers, tmp_path):
    folder = tmp_path / "folder"
    walkers.to_parquet(folder / "a.parquet")
    walkers.take([7]).to_parquet(folder / "b.parquet")
    with pytest.raises(DuplicateCycleError, match="1 cycle") as caught:
        extract_features(folder, tmp_path / "x.parquet", groups=["temporal"])
    assert f"step={walkers.cycles['step'].iloc[7]}" in str(caught.value)
    assert not (tmp_path / "x.parquet").exists()


@pytest.mark.parametrize("groups", [["temporal"], list(FEATURE_GROUPS)])
def test_too_little_memory_names_the_least(cycle_file, tmp_path, groups):
    with pytest.raises(SchemaError, match=r"at least ([\d,]+)MB for one batch") as caught:
        extract_features(cycle_file, tmp_path / "x.parquet", groups=groups, memory="100MB")
    needed = caught.value.fix.split("--memory ")[1].split("MB")[0]
    done = extract_features(cycle_file, tmp_path / "x.parquet", groups=groups, memory=f"{needed}MB")
    assert done.n_cycles == 60


@pytest.mark.parametrize(("text", "size"), [("1GB", 10**9), (5, 5), ("1.5 MiB", 3 * 2**19)])
def test_amounts_of_memory(text, size):
    assert streaming.bytes_of(text) == size


@pytest.mark.parametrize("text", ["", "much", "-1GB", "1 XB", "1GB of it"])
def test_what_is_no_amount_of_memory(text):
    with pytest.raises(SchemaError, match="amount of memory"):
        streaming.bytes_of(text)


def test_the_output_may_not_lie_in_the_source(cycle_file):
    for out in (cycle_file, cycle_file.parent / "x.parquet"):
        source = cycle_file if out == cycle_file else cycle_file.parent
        with pytest.raises(SchemaError, match="outside the source"):
            extract_features(source, out)


@pytest.mark.parametrize(
    "options", [{"engine": "ray"}, {"workers": 0}, {"scheduler": "tcp://127.0.0.1:1"}]
)
def test_wishes_that_make_no_sense(cycle_file, tmp_path, options):
    with pytest.raises(SchemaError, match="engine"):
        extract_features(cycle_file, tmp_path / "x.parquet", **options)


def test_steps_numbered_in_one_file_and_named_in_another(walkers, tmp_path):
    folder = tmp_path / "folder"
    walkers.take(range(30)).to_parquet(folder / "a.parquet")
    rest = walkers.take(range(30, 60))
    named = rest.cycles.assign(step="stride " + rest.cycles["step"].astype(str))
    LocomotionData(named, rest.block, rest.channels).to_parquet(folder / "b.parquet")
    extract_features(folder, tmp_path / "x.parquet", groups=["temporal"])
    steps = pd.read_parquet(tmp_path / "x.parquet").index.get_level_values("step")
    assert steps[0] == str(walkers.cycles["step"].iloc[0])
    assert steps[59] == named["step"].iloc[29]


def test_packed_metadata_is_found_without_reading_the_curves(walkers, tmp_path):
    packed = walkers.cycles[list(KEY)].assign(
        subject_metadata=[f"age:{20 + i},height_m:1.7" for i in range(len(walkers))],
        task_info="speed_m_s:1.25",
    )
    columns = {name: pa.array(packed[name]) for name in packed}
    knee = pa.array(walkers.curves(KNEE).reshape(-1))
    columns[KNEE] = pa.FixedSizeListArray.from_arrays(knee, 150)
    pq.write_table(pa.table(columns), tmp_path / "packed.parquet")
    extract_features(tmp_path / "packed.parquet", tmp_path / "x.parquet", groups=["spatial"])
    froude = pd.read_parquet(tmp_path / "x.parquet")["froude_number"]
    np.testing.assert_allclose(froude, 1.25**2 / (9.80665 * 0.53 * 1.7), rtol=1e-6)


def test_real_recordings(shared_data, tmp_path):
    for name in ("hip_oa_phase", "running_phase"):
        source = shared_data / "standard" / f"{name}.parquet"
        done = extract_features(source, tmp_path / f"{name}.parquet")
        table = feature_table(LocomotionData.from_parquet(source), FEATURE_GROUPS)
        found = pd.read_parquet(tmp_path / f"{name}.parquet")
        assert done.n_cycles == len(found) == len(table.frame)
        assert list(found) == list(table.frame)
        np.testing.assert_allclose(
            found.to_numpy(), table.frame.loc[found.index].to_numpy(), rtol=1e-5, atol=1e-30
        )
