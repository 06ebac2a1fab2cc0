"""The child process: a crash or a hang costs one file, and the next one is read."""

import numpy as np
import pytest

from locomotion_analysis.errors import FileReadError, MissingExtraError
from locomotion_analysis.extras import require
from locomotion_analysis.ingest.c3d.c3d_reader import C3DReader
from locomotion_analysis.ingest.c3d.isolated import IsolatedParser
from locomotion_analysis.ingest.reader import ReadOptions

SCRIPT = """
import io, json, os, sys, time, zipfile
import numpy as np
for line in sys.stdin:
    path = json.loads(line)["path"]
    if path.endswith("crash"):
        os._exit(11)
    if path.endswith("hang"):
        time.sleep(60)
    meta = {"error": "no good"} if path.endswith("bad") else {"pid": os.getpid()}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("meta.json", json.dumps(meta))
        with archive.open("x", "w") as stream:
            np.save(stream, np.arange(3))
    packed = buffer.getvalue()
    sys.stdout.buffer.write(len(packed).to_bytes(8, "little") + packed)
    sys.stdout.buffer.flush()
"""


@pytest.fixture
def parser(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    parser = IsolatedParser(script)
    yield parser
    parser.close()


def test_one_child_serves_many_files(parser, tmp_path):
    first, arrays = parser.parse(tmp_path / "a", 30)
    second, _ = parser.parse(tmp_path / "b", 30)
    assert first == second
    np.testing.assert_array_equal(arrays["x"], [0, 1, 2])


def test_a_crash_names_the_file_and_the_next_file_is_read(parser, tmp_path):
    with pytest.raises(FileReadError, match=r"crashed[\s\S]*crash"):
        parser.parse(tmp_path / "crash", 30)
    assert parser.parse(tmp_path / "a", 30)[0]["pid"]


def test_a_hang_ends_at_the_time_limit(parser, tmp_path):
    with pytest.raises(FileReadError, match="not come back after"):
        parser.parse(tmp_path / "hang", 0.5)
    assert parser.parse(tmp_path / "a", 30)[0]["pid"]


def test_a_refusal_is_handed_on(parser, tmp_path):
    with pytest.raises(FileReadError, match="no good"):
        parser.parse(tmp_path / "bad", 30)


def test_a_missing_extra_names_the_command(monkeypatch, tmp_path):
    monkeypatch.setattr("locomotion_analysis.extras.find_spec", lambda _name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'locomotion-analysis\[io\]'"):
        require("h5py", "io")
    with pytest.raises(MissingExtraError, match="ezc3d"):
        C3DReader().read(tmp_path / "x.c3d", ReadOptions())
