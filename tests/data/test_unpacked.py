"""What a file unpacks to is told before it is: never less than what is then read."""

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from locomotion_analysis.budget import LEAST_BYTES, VARIABLE, most_unpacked_bytes
from locomotion_analysis.data import LocomotionData
from locomotion_analysis.data.parquet import read_plain_table
from locomotion_analysis.data.unpacked import arrow_bytes, columns_read_as_codes, parquet_bytes
from locomotion_analysis.errors import SchemaError, UnpackedSizeError
from locomotion_analysis.simulation import simulate

N_ROWS = 5_000
RNG = np.random.default_rng(0)
TABLE = pa.table(
    {
        "same": np.zeros(N_ROWS),
        "noise": RNG.normal(size=N_ROWS).astype(np.float32),
        "missing": pa.nulls(N_ROWS, pa.float64()),
        "true": RNG.random(N_ROWS) < 0.5,
        "small": pa.array(RNG.integers(0, 100, N_ROWS), pa.int8()),
        "name": [f"S{k // 100:03d}" for k in range(N_ROWS)],
        "own": [f"a note of its own: {k}" for k in range(N_ROWS)],
        "bytes": pa.array([b"abc"] * N_ROWS),
        "curve": pa.array([[float(k), 0.0, 1.0] for k in range(N_ROWS)]),
        "word": pa.array([{"of": "a"}] * N_ROWS),
        "words": pa.array([["a", "b"]] * N_ROWS),
    }
)
TEXT = ("name", "own")


def written(table=TABLE, **options):
    stream = io.BytesIO()
    pq.write_table(table, stream, **options)
    return stream.getvalue()


@pytest.mark.parametrize(
    "options",
    [
        {"compression": "zstd"},
        {"compression": "none", "use_dictionary": False},
        {"compression": "snappy", "data_page_version": "2.0"},
        {"compression": "zstd", "row_group_size": 700, "data_page_size": 512},
        {"use_dictionary": False, "column_encoding": dict.fromkeys(TEXT, "DELTA_BYTE_ARRAY")},
        {
            "use_dictionary": False,
            "column_encoding": dict.fromkeys(TEXT, "DELTA_LENGTH_BYTE_ARRAY"),
        },
        {"write_page_checksum": True, "write_page_index": True},
    ],
    ids=str,
)
def test_pages_tell_at_least_what_is_read(options):
    raw = written(**options)
    footer = pq.read_metadata(io.BytesIO(raw))
    coded = columns_read_as_codes(footer)
    texts = [footer.schema.column(k).path for k in coded]
    read = pq.ParquetFile(io.BytesIO(raw), read_dictionary=texts).read()
    assert parquet_bytes(pa.py_buffer(raw), footer, coded) >= read.nbytes
    assert read_plain_table(raw).equals(TABLE)


@pytest.mark.parametrize("compression", ["zstd", "lz4", None])
def test_buffers_tell_at_least_what_is_read(compression):
    stream = io.BytesIO()
    table = TABLE.append_column("coded", TABLE["name"].dictionary_encode())
    options = pa.ipc.IpcWriteOptions(compression=compression)
    with pa.ipc.new_stream(stream, table.schema, options=options) as writer:
        writer.write_table(table, max_chunksize=700)
    raw = pa.py_buffer(stream.getvalue())
    read = pa.ipc.open_stream(raw).read_all()
    assert arrow_bytes(raw) >= read.get_total_buffer_size()  # a dictionary counts once


def test_a_claim_in_the_footer_does_not_count():
    raw = written(pa.table({"x": pa.nulls(10_000_000, pa.float64())}))
    footer = pq.read_metadata(io.BytesIO(raw))
    claimed = footer.row_group(0).total_byte_size
    assert claimed < 10_000
    assert parquet_bytes(pa.py_buffer(raw), footer, ()) >= 80_000_000


def test_the_limit_can_be_set(tmp_path, monkeypatch):
    path = tmp_path / "walk.parquet"
    data = simulate(n_subjects=2, n_cycles=2)
    data.to_parquet(path)
    monkeypatch.setenv(VARIABLE, "1000")
    with pytest.raises(UnpackedSizeError, match=VARIABLE) as refused:
        LocomotionData.from_parquet(path)
    assert "1000 bytes" in refused.value.expected
    assert str(path) in refused.value.where
    monkeypatch.setenv(VARIABLE, "100000000")
    assert len(LocomotionData.from_parquet(path)) == len(data)


@pytest.mark.parametrize("value", ["0", "-5", "2 GB", "²"])
def test_a_limit_that_is_no_number_is_refused(monkeypatch, value):
    monkeypatch.setenv(VARIABLE, value)
    with pytest.raises(SchemaError, match=VARIABLE):
        most_unpacked_bytes(1)


def test_the_limit_grows_with_the_file():
    assert most_unpacked_bytes(1) == LEAST_BYTES
    assert most_unpacked_bytes(10**9) == 250 * 10**9
    assert most_unpacked_bytes(10**9, cap=10**9) == 10**9
