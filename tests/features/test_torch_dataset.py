"""Gait cycles for PyTorch: the same values as ``array()``, once each, and never two sides."""

import io
import pickle
import sys
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import (
    DuplicateCycleError,
    FileReadError,
    LocomotionWarning,
    MissingExtraError,
    SchemaError,
    SplitLeakError,
    TargetError,
)
from locomotion_analysis.features import stream_torch_dataset, to_torch_dataset, torch_data
from locomotion_analysis.features.sequences import epoch_order
from locomotion_analysis.features.torch_data import cached_source
from locomotion_analysis.selection import (
    SubjectStratifiedKFold,
    subject_train_validation_test_split,
)

torch = pytest.importorskip("torch", reason="PyTorch is the extra `deep`")
from torch.utils.data import BatchSampler, DataLoader, SequentialSampler  # noqa: E402

KNEE, HIP = "knee_flexion_angle_ipsi_rad", "hip_flexion_angle_ipsi_rad"


@pytest.fixture
def labelled(build):
    """60 cycles of 6 subjects; one label a subject, and a number that tells cycles apart."""
    return build(
        channels=(KNEE, HIP, "ankle_power_ipsi_W_kg"),
        n_subjects=6,
        n_steps=10,
        pathology=np.repeat(["stroke", "healthy"] * 3, 10),
        speed_m_s=np.arange(60) + 0.5,
    )


@pytest.fixture
def folder(labelled, tmp_path):
    """The same cycles in two files."""
    path = tmp_path / "walks"
    path.mkdir()
    labelled.take(np.arange(25)).to_parquet(path / "a.parquet")
    labelled.take(np.arange(25, 60)).to_parquet(path / "b.parquet", layout="long")
    return path


# --- by position -----------------------------------------------------------------------------


def test_values_are_those_of_array(labelled):
    dataset = to_torch_dataset(labelled, "pathology", [HIP, KNEE])
    expected = labelled.array([HIP, KNEE])
    assert dataset.channels == (HIP, KNEE)
    for batch in (dataset[list(range(60))], _joined(DataLoader(dataset, batch_size=7))):
        assert batch.curves.dtype == torch.float32
        np.testing.assert_array_equal(batch.curves, expected)
        assert batch.measured.all()
        names = dataset.classes[batch.target.numpy()]
        assert names.tolist() == labelled.cycles["pathology"].tolist()


def test_one_cycle_is_the_row_of_a_batch(labelled):
    dataset = to_torch_dataset(labelled, "pathology")
    batch, one = dataset[[3, 59]], dataset[-1]
    for of_batch, of_one in zip(batch, one, strict=True):
        assert torch.equal(of_batch[1], of_one)
    with pytest.raises(IndexError):
        dataset[60]


def test_a_batch_sampler_fetches_whole_batches(labelled):
    dataset = to_torch_dataset(labelled, "pathology")
    sampler = BatchSampler(SequentialSampler(dataset), 8, drop_last=False)
    whole = list(DataLoader(dataset, batch_size=None, sampler=sampler))
    assert [len(batch.target) for batch in whole] == [8] * 7 + [4]
    np.testing.assert_array_equal(_joined(whole).curves, labelled.array())


def test_resampling_is_that_of_prepare_sequential_features(labelled):
    X, _ = labelled.prepare_sequential_features("pathology", 40)
    dataset = to_torch_dataset(labelled, "pathology", sequence_length=40)
    np.testing.assert_array_equal(dataset[list(range(60))].curves, X)


def test_gaps_are_zero_masked_and_named(build):
    curves = np.ones((20, 150))
    curves[4, 10], curves[7, 20] = np.nan, np.inf
    data = build(curves={HIP: curves})
    with pytest.warns(LocomotionWarning, match=f"of 20 cycles: {HIP} in 2"):
        dataset = to_torch_dataset(data, "task")
    batch = dataset[list(range(20))]
    assert batch.measured[:, 0].all()
    assert np.flatnonzero(~batch.measured[:, 1].numpy()).tolist() == [4, 7]
    assert torch.isfinite(batch.curves).all()
    assert batch.curves[:, :, 1].sum() == 20 * 150 - 2


def test_a_quantity_is_float32_and_has_no_classes(labelled):
    dataset = to_torch_dataset(labelled, "speed_m_s")
    assert dataset.classes is None
    assert dataset[0].target.dtype == torch.float32
    np.testing.assert_array_equal(dataset.target, np.arange(60) + 0.5)


def test_labels_keep_their_numbers_whoever_is_chosen(labelled):
    healthy = to_torch_dataset(labelled, "pathology", subjects=["S01", "S03"])
    assert healthy.classes.tolist() == ["healthy", "stroke"]
    assert set(healthy.groups) == {"S01", "S03"}
    stroke = to_torch_dataset(labelled, "pathology", subjects="S00")
    assert set(stroke.target) == {1}
    with pytest.raises(TargetError, match="stroke"):
        to_torch_dataset(labelled, "pathology", classes=["healthy"])
    given = to_torch_dataset(labelled, "pathology", classes=["stroke", "healthy"])
    assert set(given.target[given.groups == "S00"]) == {0}


def test_cycles_without_target_are_left_out_and_counted(build, caplog):
    data = build(label=np.array(["a", None] * 10, dtype=object))
    dataset = to_torch_dataset(data, "label")
    assert "10 of 20 cycles without label" in caplog.text
    np.testing.assert_array_equal(dataset[list(range(10))].curves, data.array()[::2])


def test_what_is_not_there_is_refused(labelled):
    with pytest.raises(SchemaError, match="S99"):
        to_torch_dataset(labelled, "pathology", subjects=["S00", "S99"])
    with pytest.raises(SchemaError, match="sequence_length"):
        to_torch_dataset(labelled, "pathology", sequence_length=1)
    with pytest.raises(TargetError, match="pathology"):
        to_torch_dataset(labelled, "patholgy")


def test_without_torch_the_install_command_is_named(labelled, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "torch", None)
    for call in (
        lambda: to_torch_dataset(labelled, "pathology"),
        lambda: stream_torch_dataset(tmp_path / "x.parquet", "pathology"),
    ):
        with pytest.raises(MissingExtraError, match=r"pip install 'locomotion-analysis\[deep\]'"):
            call()


def test_only_the_batch_is_copied(build):
    data = build(channels=(KNEE, HIP), n_subjects=20, n_steps=100)
    dataset = to_torch_dataset(data, "task")
    batch_bytes = 32 * 150 * 2 * 4
    tracemalloc.start()
    for start in range(0, 2000, 32):
        dataset.__getitems__(range(start, min(start + 32, 2000)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert data.block.nbytes > 50 * batch_bytes
    assert peak < 6 * batch_bytes
    assert np.shares_memory(dataset.sequences.curves, data.block)


# --- subjects --------------------------------------------------------------------------------


def test_parts_share_no_subject_and_lose_no_cycle(labelled):
    dataset = to_torch_dataset(labelled, "pathology")
    split = subject_train_validation_test_split(dataset.target, dataset.groups, (1 / 3,) * 3)
    parts = dataset.subject_split(*split)
    subjects = [set(part.groups) for part in parts]
    assert sum(map(len, subjects)) == len(set.union(*subjects)) == 6
    assert sum(map(len, parts)) == 60
    for part, rows in zip(parts, split, strict=True):
        np.testing.assert_array_equal(part[np.arange(len(part))].curves, labelled.array()[rows])


def test_a_subject_in_two_parts_is_refused(labelled, folder):
    for dataset in (
        to_torch_dataset(labelled, "pathology"),
        stream_torch_dataset(folder, "pathology"),
    ):
        with pytest.raises(SplitLeakError, match="GAIT001"):
            dataset.subject_split(np.arange(25), np.arange(25, 60))


def test_folds_of_selection_split_a_stream(folder):
    stream = stream_torch_dataset(folder, "pathology", batch_size=8)
    for rows in SubjectStratifiedKFold(3).split(stream.target, stream.target, stream.groups):
        train, test = stream.subject_split(*rows)
        assert not set(train.groups) & set(test.groups)
        assert len(_joined(test).target) == len(test.groups) == 20


# --- as a stream -----------------------------------------------------------------------------


def test_a_stream_in_order_gives_the_values_of_array(labelled, folder):
    stream = stream_torch_dataset(folder, "speed_m_s", [HIP], 75, batch_size=16, seed=None)
    X, y = labelled.prepare_sequential_features("speed_m_s", 75, [HIP])
    batch = _joined(stream)
    np.testing.assert_array_equal(batch.curves, X)
    np.testing.assert_array_equal(batch.target, y.astype(np.float32))
    assert stream.groups.tolist() == labelled.groups.tolist()


@pytest.mark.parametrize("persistent", [False, True])
def test_every_cycle_once_an_epoch_whatever_the_workers(folder, persistent):
    stream = stream_torch_dataset(folder, "speed_m_s", batch_size=7)
    loaders = [
        DataLoader(stream, batch_size=None),
        DataLoader(stream, batch_size=None, num_workers=2, persistent_workers=persistent),
    ]
    epochs = []
    for epoch in range(2):
        stream.set_epoch(epoch)
        alone, shared = (_joined(loader).target.numpy() for loader in loaders)
        assert sorted(alone) == (np.arange(60) + 0.5).tolist()
        np.testing.assert_array_equal(alone, shared)
        epochs.append(alone)
    assert not np.array_equal(*epochs)
    assert all(len(loader) == 9 for loader in loaders)


def test_the_order_depends_on_seed_and_epoch_alone(folder):
    first, same, other = (
        stream_torch_dataset(folder, "speed_m_s", seed=seed, batch_size=7) for seed in (3, 3, 4)
    )
    np.testing.assert_array_equal(_joined(first).target, _joined(same).target)
    assert not torch.equal(_joined(first).target, _joined(other).target)


@given(n=st.integers(1, 40_000), seed=st.integers(0, 9), epoch=st.integers(0, 9))
def test_an_order_holds_every_position_once(n, seed, epoch):
    order = epoch_order(n, seed, epoch)
    np.testing.assert_array_equal(np.sort(order), np.arange(n))


def test_a_batch_mixes_the_whole_of_a_long_file():
    batch = epoch_order(1_000_000, seed=0, epoch=0)[:256]
    assert len(np.unique(batch // 100_000)) == 10
    assert len(np.unique(batch // 128)) > 80


def test_a_stream_crosses_to_workers_as_a_path(folder):
    stream = stream_torch_dataset(folder, "pathology")
    parcel = pickle.dumps(stream.sequences.curves)
    assert len(parcel) < 1000
    again = pickle.loads(parcel)
    np.testing.assert_array_equal(again[[3, 5]], stream.sequences.curves[[3, 5]])


# --- its cache -------------------------------------------------------------------------------


def test_the_cache_is_written_once_and_again_when_the_source_changes(labelled, tmp_path):
    path = tmp_path / "walk.parquet"
    labelled.to_parquet(path)
    cached_source(path)
    cache = tmp_path / "walk.parquet.sequences"
    before = {file.name: file.stat().st_mtime_ns for file in cache.glob("[!.]*")}
    cached_source(path)
    assert {file.name: file.stat().st_mtime_ns for file in cache.glob("[!.]*")} == before
    labelled.take(np.arange(30)).to_parquet(path)
    source = cached_source(path)
    np.testing.assert_array_equal(source.curves[:], labelled.array().transpose(0, 2, 1)[:30])
    assert len(list(cache.glob("[!.]*"))) == len(before) == 4


def test_of_several_that_need_the_cache_one_writes_it(labelled, tmp_path, monkeypatch):
    path, written = tmp_path / "walk.parquet", []
    labelled.to_parquet(path)
    write = torch_data._write

    def counted(*arguments):
        written.append(arguments)
        time.sleep(0.05)
        return write(*arguments)

    monkeypatch.setattr(torch_data, "_write", counted)
    with ThreadPoolExecutor(4) as several:
        found = list(several.map(cached_source, [path] * 4))
    assert len(written) == 1
    assert {source.channels for source in found} == {found[0].channels}


def test_a_run_that_breaks_off_leaves_the_old_cache_or_none(labelled, tmp_path, monkeypatch):
    path, cache = tmp_path / "walk.parquet", tmp_path / "cache"
    labelled.to_parquet(path)
    scan = LocomotionData.scan

    def broken(file, size):
        yield from scan(file, size)
        if size > 1:
            raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(LocomotionData, "scan", broken)
        with pytest.raises(FileReadError, match="No space left"):
            cached_source(path, cache)
    assert [file.name for file in cache.iterdir()] == [".lock"]
    assert len(cached_source(path, cache).cycles) == 60


def test_a_lost_part_of_the_cache_is_written_again(labelled, tmp_path):
    path = tmp_path / "walk.parquet"
    labelled.to_parquet(path)
    cached_source(path)
    next(path.with_name("walk.parquet.sequences").glob("*-curves.npy")).unlink()
    assert cached_source(path).curves[:].shape == (60, 3, 150)


def test_files_of_other_channels_are_joined_with_gaps(build, tmp_path):
    build(channels=(KNEE,)).to_parquet(tmp_path / "a.parquet")
    other = build(channels=(HIP,), task_id="u")
    other.to_parquet(tmp_path / "b.parquet")
    with pytest.warns(LocomotionWarning, match=f"{KNEE} in 20, {HIP} in 20"):
        stream = stream_torch_dataset(tmp_path, "task", seed=None, cache=tmp_path / "c")
    batch = _joined(stream)
    assert batch.measured.sum(dim=0).tolist() == [20, 20]
    np.testing.assert_array_equal(batch.curves[20:, :, 1], other.curves(HIP))
    assert not batch.curves[20:, :, 0].any()


def test_a_cycle_in_two_files_is_refused(labelled, folder):
    labelled.take([0]).to_parquet(folder / "c.parquet")
    with pytest.raises(DuplicateCycleError):
        cached_source(folder)


def test_writing_the_cache_keeps_memory_bounded(build, tmp_path):
    data = build(channels=(KNEE, HIP), n_subjects=100, n_steps=200)
    data.to_parquet(tmp_path / "long.parquet")
    cached_source(tmp_path / "long.parquet", tmp_path / "warm")
    tracemalloc.start()
    cached_source(tmp_path / "long.parquet", tmp_path / "cold")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # Batches of 1,024 cycles are held a few times over; the 20,000 cycles never are.
    assert peak < 0.5 * data.block.nbytes


def test_the_array_file_is_plain_npy(labelled, tmp_path):
    labelled.to_parquet(tmp_path / "walk.parquet")
    cached_source(tmp_path / "walk.parquet", tmp_path / "c")
    (file,) = (tmp_path / "c").glob("*-curves.npy")
    array = np.load(io.BytesIO(file.read_bytes()))
    np.testing.assert_array_equal(array, labelled.block.transpose(1, 0, 2))


def _joined(batches):
    batches = list(batches)
    return type(batches[0])(*(torch.cat(parts) for parts in zip(*batches, strict=True)))
