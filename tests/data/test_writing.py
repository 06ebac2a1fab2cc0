"""A writer leaves the old file whole or the new one, never a part."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from locomotion_analysis import LocomotionData
from locomotion_analysis.data import HistoryEntry
from locomotion_analysis.data.parts import history_from_json, history_to_json
from locomotion_analysis.errors import FileReadError, SchemaError
from locomotion_analysis.simulation import simulate


def test_a_folder_is_not_written_over(data, tmp_path):
    with pytest.raises(FileReadError, match="a folder"):
        data.to_parquet(tmp_path)


_WRITE_FOREVER = """
import sys, numpy as np, pandas as pd
from locomotion_analysis import LocomotionData
n = 3000
cycles = pd.DataFrame({"subject": "S", "task": "run", "step": range(n)})
data = LocomotionData(cycles, np.random.default_rng(0).normal(size=(2, n, 150)),
                      ["hip_power_ipsi_W_kg", "knee_power_ipsi_W_kg"])
while True:
    data.to_parquet(sys.argv[1])
    print("x", flush=True)
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is a POSIX signal")
def test_a_killed_writer_leaves_a_readable_file(tmp_path):
    path = tmp_path / "out.parquet"
    for pause in (0.0, 0.05, 0.11):
        process = subprocess.Popen(
            [sys.executable, "-c", _WRITE_FOREVER, str(path)], stdout=subprocess.PIPE
        )
        process.stdout.readline()
        time.sleep(pause)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        assert len(LocomotionData.from_parquet(path)) == 3000


def test_history_survives_json():
    entries = (HistoryEntry("dropped", "column «a»", 3), HistoryEntry("read", "b"))
    assert history_from_json(history_to_json(entries)) == entries
    assert isinstance(json.loads(history_to_json(entries)), list)


@pytest.mark.parametrize("layout", ["cycle", "long"])
def test_a_truth_value_that_is_missing_stays_one(layout, tmp_path):
    data = simulate(4, 2, ["level_walking"], ["healthy", "fall_risk"])
    assert data.cycles["faller"].isna().any()
    data.to_parquet(tmp_path / "walk.parquet", layout=layout)
    again = LocomotionData.from_parquet(tmp_path / "walk.parquet").cycles["faller"]
    assert again.dtype == "boolean"
    assert again.isna().tolist() == data.cycles["faller"].isna().tolist()


@pytest.mark.parametrize("layout", ["cycle", "long"])
def test_an_empty_selection_is_refused_and_leaves_the_old_file(data, layout, tmp_path):
    path = tmp_path / "walk.parquet"
    data.to_parquet(path)
    with pytest.raises(SchemaError, match="at least one gait cycle to write"):
        data.take([]).to_parquet(path, layout=layout)
    assert len(LocomotionData.from_parquet(path)) == len(data)
    assert list(tmp_path.iterdir()) == [path]
