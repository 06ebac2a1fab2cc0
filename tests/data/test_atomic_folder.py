import pytest

from locomotion_analysis.data.atomic import atomic_folder
from locomotion_analysis.errors import FileReadError


def test_the_folder_appears_whole(tmp_path):
    target = tmp_path / "new" / "out"
    with atomic_folder(target) as folder:
        (folder / "data").mkdir()
        (folder / "data" / "part").write_text("x")
        assert not target.exists()
    assert (target / "data" / "part").read_text() == "x"
    assert [path.name for path in target.parent.iterdir()] == ["out"]


def test_after_an_error_nothing_is_left(tmp_path):
    def fail():
        with atomic_folder(tmp_path / "out") as folder:
            (folder / "part").write_text("x")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_lies_there_is_not_touched(tmp_path, kind):
    target = tmp_path / "out"
    target.mkdir() if kind == "folder" else target.write_text("old")
    with pytest.raises(FileReadError, match=f"a {kind}"), atomic_folder(target):
        pass
    assert list(tmp_path.iterdir()) == [target]
