"""Which bundle a text names, and that a change of it is seen."""

import os

import pytest

from locomotion_analysis.errors import FileReadError
from locomotion_analysis.production.registry import StageSource
from locomotion_analysis.production.service import FileSource, source_of
from locomotion_analysis.production.service.contract import stamp


def test_a_file_and_a_stage_of_a_registry_are_told_apart(tmp_path):
    odd = tmp_path / "odd#name.bundle"
    odd.write_text("x")
    assert source_of(str(odd)) == FileSource(odd)
    assert source_of("gait.bundle") == FileSource(type(odd)("gait.bundle"))
    assert isinstance(source_of(f"{tmp_path}/registry#champion"), StageSource)


def test_a_registry_without_champion_is_named(tmp_path):
    with pytest.raises(FileReadError, match="registry"):
        stamp(source_of(f"{tmp_path}/registry#champion"))


def test_a_replaced_file_is_another_one_even_at_the_same_time_and_size(tmp_path):
    file = tmp_path / "a.bundle"
    file.write_text("old")
    before = stamp(FileSource(file))
    assert stamp(FileSource(file)) == before
    other = tmp_path / "new"
    other.write_text("new")
    os.utime(other, ns=(before[1], before[1]))
    other.replace(file)
    assert stamp(FileSource(file)) != before


def test_a_link_that_is_moved_to_another_file_is_seen(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).write_text(name)
    link = tmp_path / "current"
    link.symlink_to(tmp_path / "one")
    before = stamp(FileSource(link))
    link.unlink()
    link.symlink_to(tmp_path / "two")
    assert stamp(FileSource(link)) != before
