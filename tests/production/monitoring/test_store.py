"""The store keeps whole rows, and no names, whatever is done to the process that writes."""

import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis.errors import FileReadError, MissingExtraError, SchemaError

pytest.importorskip("sqlalchemy")

from locomotion_analysis.production.monitoring import PredictionStore, read_labels
from locomotion_analysis.production.monitoring.store import Watched, cycle_names

WATCHED = Watched("v1", ("a", "b"), ("knee_flexion_angle_ipsi_rad",))
CYCLES = pd.DataFrame(
    {
        "subject": ["anna", "anna", "bert"],
        "task": "level_walking",
        "task_id": "x",
        "step": [0, 1, 0],
    }
)


def fill(store, at=None):
    store.append(
        WATCHED,
        np.arange(6.0).reshape(3, 2),
        ["healthy", "stroke", "stroke"],
        [False, True, False],
        CYCLES["subject"].tolist(),
        cycle_names(CYCLES),
        np.arange(48.0).reshape(3, 16, 1),
        at=at,
    )


def test_what_is_written_is_read(store):
    fill(store)
    store.append(WATCHED, [[7.0, np.nan]], ["healthy"], [False])
    found = store.read("v1")
    assert found.features.iloc[:3].to_numpy().tolist() == [[0, 1], [2, 3], [4, 5]]
    assert found.curves[2, -1, 0] == 47.0
    assert np.isnan(found.curves[3]).all()
    assert found.predictions["prediction"].tolist() == ["healthy", "stroke", "stroke", "healthy"]
    assert found.predictions["outside"].tolist() == [False, True, False, False]
    assert found.predictions["subject"].isna().tolist() == [False, False, False, True]
    assert found.predictions["subject"].nunique() == 2
    assert store.versions() == ["v1"]


def test_no_name_is_in_the_file(store, tmp_path):
    fill(store)
    store.label(pd.DataFrame({"subject": ["anna"], "label": ["healthy"]}))
    store.close()
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"healthy" in content
    assert b"anna" not in content


def test_labels_find_the_person_or_the_cycle_and_the_last_one_counts(store):
    fill(store)
    people = pd.DataFrame({"subject": ["anna", "carla"], "label": ["healthy", "stroke"]})
    assert store.label(people) == 2
    one = CYCLES.iloc[[1]].assign(label="stroke")
    assert store.label(one) == 1
    assert store.read("v1").predictions["label"].tolist() == ["healthy", "stroke", None]
    store.label(people.assign(label="parkinsons"))
    assert store.read("v1").predictions["label"].tolist() == ["parkinsons", "stroke", None]
    with pytest.raises(SchemaError, match="subject and label"):
        store.label(pd.DataFrame({"who": ["anna"]}))


def test_a_table_of_labels_keeps_the_zeros_of_names_and_another_file_is_refused(tmp_path):
    table = tmp_path / "labels.csv"
    table.write_text("subject,label\n007,stroke\n")
    assert read_labels(table)["subject"].tolist() == ["007"]
    table = table.rename(tmp_path / "labels.PARQUET")
    with pytest.raises(FileReadError, match="a table of labels"):
        read_labels(table)


def test_old_rows_are_purged_and_times_are_chosen(store):
    fill(store, at=100.0)
    fill(store, at=200.0)
    assert len(store.read("v1", since=150.0).predictions) == 3
    assert len(store.read("v1", until=150.0).predictions) == 3
    assert store.purge(before=150.0) == 3
    assert store.read("v1").predictions["at"].tolist() == [200.0] * 3


def test_two_processes_share_the_key(store, tmp_path):
    fill(store)
    other = PredictionStore(tmp_path / "watch.sqlite")
    fill(other)
    assert store.read("v1").predictions["subject"].nunique() == 2
    other.close()


@pytest.mark.parametrize("number", range(3))
def test_writers_that_all_come_first_lose_nothing(tmp_path, number):
    together = threading.Barrier(8)

    def write(who):
        together.wait(60)
        own = PredictionStore(tmp_path / "new.sqlite")
        together.wait(60)
        own.append(WATCHED, [[who, number]], ["healthy"], [False], ["anna"])
        own.close()

    with ThreadPoolExecutor(8) as writers:
        list(writers.map(write, range(8)))
    store = PredictionStore(tmp_path / "new.sqlite", create=False)
    found = store.read("v1")
    store.close()
    assert sorted(found.features["a"]) == list(range(8))
    assert found.predictions["subject"].nunique() == 1


def test_what_another_database_refuses_once_is_taken_again(store):
    import sqlalchemy

    refusals = [1, 2, 3]

    def step(_):
        if refusals.pop() > 1:
            raise sqlalchemy.exc.IntegrityError("", {}, Exception("duplicate key"))
        return "there"

    with pytest.raises(FileReadError, match="duplicate key"):
        store._write(step)
    assert store._write(step) == "there"


def test_what_cannot_be_opened_is_said(tmp_path, store):
    with pytest.raises(FileReadError, match=r"of version v9"):
        store.read("v9")
    text = tmp_path / "notes.txt"
    text.write_text("no database" * 100)
    with pytest.raises(FileReadError, match="a database"):
        PredictionStore(text)
    store.close()
    with sqlite3.connect(tmp_path / "watch.sqlite") as connection:
        connection.execute("update facts set value = '99' where name = 'format'")
    connection.close()
    with pytest.raises(FileReadError, match="format 99"):
        PredictionStore(tmp_path / "watch.sqlite")


def test_a_store_that_is_only_read_is_not_made(tmp_path, store):
    absent, other = tmp_path / "typo.sqlite", tmp_path / "other.sqlite"
    with pytest.raises(FileReadError, match="nothing at that path"):
        PredictionStore(absent, create=False)
    assert not absent.exists()
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE a (b)")
    with pytest.raises(FileReadError, match="a database without predictions"):
        PredictionStore(other, create=False)
    with sqlite3.connect(other) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("a",)]
    assert PredictionStore(store.place, create=False).versions() == store.versions()


def test_without_sqlalchemy_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("locomotion_analysis.extras.find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"locomotion-analysis\[monitor\]"):
        PredictionStore(tmp_path / "x.sqlite")


_WRITER = """
import sys
import numpy as np
from locomotion_analysis.production.monitoring.store import PredictionStore, Watched
store = PredictionStore(sys.argv[1])
print("ready", flush=True)
number = 0
while True:
    number += 1
    store.append(Watched("v1", ("a",), ()), np.full((7, 1), number), [str(number)] * 7, [False] * 7)
    print(number, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")
def test_a_killed_writer_leaves_whole_appends_and_loses_none_that_was_told(tmp_path):
    file = tmp_path / "watch.sqlite"
    program = subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(file)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert program.stdout.readline() == "ready\n"
        told = [int(program.stdout.readline())]
        time.sleep(0.3)
    finally:
        program.kill()
    told += [int(line) for line in program.stdout.read().split()]
    program.wait(60)
    program.stdout.close()
    store = PredictionStore(file)
    counts = store.read("v1").predictions["prediction"].astype(int).value_counts()
    store.close()
    assert set(counts) == {7}
    assert set(told) <= set(counts.index) <= {*told, told[-1] + 1}


@pytest.mark.parametrize(
    "damage",
    [
        "update models set names = '{'",
        "update models set names = '{}'",
        "update models set names = '[1]'",
        'update models set names = \'{"features": 1, "channels": 2}\'',
        "update predictions set features = x'00'",
        "update predictions set features = x'00000000'",
        "update predictions set features = 'text'",
        "update predictions set curves = x'0000'",
        "update predictions set at = 'noon'",
        "update predictions set prediction = cast(x'ff' as text)",
        "update facts set value = 'zz' where name = 'key'",
        "delete from facts where name = 'key'",
    ],
)
def test_what_something_else_wrote_into_a_store_is_one_error(store, tmp_path, damage):
    fill(store)
    store.close()
    with sqlite3.connect(tmp_path / "watch.sqlite") as connection:
        connection.execute(damage)
    connection.close()
    with pytest.raises(FileReadError, match=r"watch\.sqlite"):
        PredictionStore(store.place).read("v1")


def test_a_table_whose_words_are_no_text_is_one_error(store, tmp_path):
    fill(store)
    store.close()
    path = tmp_path / "watch.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()
    copy = tmp_path / "copy.sqlite"
    copy.write_bytes(
        path.read_bytes().replace(b"CREATE TABLE predictions", b"CREATE\x80TABLE predictions")
    )
    with pytest.raises(FileReadError, match=r"copy\.sqlite"):
        PredictionStore(copy, create=False).read("v1")


def test_a_second_try_of_a_request_is_not_kept_twice(store):
    """A worker died after it had recorded and before it had answered."""
    first = (WATCHED, [[1.0, 2.0], [3.0, 4.0]], ["healthy", "stroke"], [False, False])
    store.append(*first, tokens=["a", "b"])
    store.append(*first, tokens=["b", "c"])
    kept = store.read("v1").features["a"].tolist()
    assert kept == [1.0, 3.0, 3.0]
    store.append(*first)
    store.append(*first)
    assert len(store.read("v1").predictions) == 7
    store.purge(before=time.time() + 1)
    store.append(*first, tokens=["a", "b"])
    assert len(store.read("v1").predictions) == 2
