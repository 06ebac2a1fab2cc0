"""What the command prints, writes and returns."""

import numpy as np
import pytest
from revalidation.bands import ADULTS, DIFFICULTY, REALISM, SERIES
from revalidation.command import main
from revalidation.figure import Comparison, Figure
from revalidation.page import BEGIN, END, PAGE, write_page
from revalidation.report import as_markdown, as_text, comparison_cells, figure_cells

from locomotion_analysis.data import LocomotionData

BANDS = (*REALISM, *SERIES, *ADULTS, *DIFFICULTY)
FIGURE = Figure("2", "both legs", 1.0, 0.98, 1.02, "BW", "momentum")
OUTSIDE = Figure("8", "swing knee", 50.0, 58.0, 67.0, "deg", "Winter")
MISSING = Figure("9", "spread", float("nan"), 4.0, 8.0, "deg", "Schwartz", "no channel")
OFF = Comparison("speed", 0.9, 0.6, 0.2, "m/s", "Jonkers")


@pytest.fixture
def recording(hand_made, tmp_path):
    """Cycles without the other leg's force: children's mean forces lift an adult too little."""
    path = tmp_path / "cycles.parquet"
    channels = [name for name in hand_made.channels if name != "grf_vertical_contra_BW"]
    hand_made.select(channels=channels).to_parquet(path)
    return path


def test_good_cycles_end_with_status_0(recording, capsys):
    assert main([str(recording)]) == 0
    printed = capsys.readouterr().out
    assert all(band.name in printed for band in BANDS)
    assert "0 outside" in printed


def test_broken_cycles_end_with_status_1(broken, tmp_path, capsys):
    path = tmp_path / "broken.parquet"
    broken({"knee_flexion_angle_ipsi_rad": lambda x: -x}).to_parquet(path)
    assert main([str(path)]) == 1
    assert "outside" in capsys.readouterr().out


def test_gaps_are_said(hand_made, tmp_path, capsys):
    level = hand_made.select(task=["level_walking"])
    block = level.block.copy()
    block[3, :5, 20] = np.nan
    path = tmp_path / "gaps.parquet"
    LocomotionData(level.cycles, block, level.channels).to_parquet(path)
    main([str(path)])
    assert "5 cycles lack a channel" in capsys.readouterr().out


def test_few_channels_are_judged_by_what_they_allow(hand_made, tmp_path, capsys):
    name = "knee_flexion_angle_ipsi_rad"
    path = tmp_path / "knee.parquet"
    cycles = hand_made.cycles.drop(columns=["pathology", "leg_length_m"])
    LocomotionData(cycles, [hand_made.curves(name)], [name]).to_parquet(path)
    assert main([str(path)]) == 0
    printed = capsys.readouterr().out
    assert "No column pathology: all count as healthy" in printed
    assert "not in the data: no channel grf_vertical_ipsi_BW" in printed


@pytest.mark.parametrize("kind", ["no file", "nothing to judge", "infinite", "no subjects"])
def test_what_cannot_be_judged_ends_with_status_2(kind, hand_made, recording, tmp_path, capsys):
    asked = [str(tmp_path / "nothing.parquet")]
    if kind == "nothing to judge":
        asked = [str(recording)]
        rows = hand_made.take(np.arange(2))
        rows.to_parquet(recording)
    if kind == "infinite":
        asked = [str(recording)]
        block = hand_made.block.copy()
        block[3, 5, 7] = np.inf
        LocomotionData(hand_made.cycles, block, hand_made.channels).to_parquet(recording)
    if kind == "no subjects":
        asked = ["--subjects", "0"]
    assert main(asked) == 2
    message = capsys.readouterr().err
    assert message.startswith("expected ")
    assert "what to do" in message


def test_the_page_is_of_the_simulator(recording, capsys):
    with pytest.raises(SystemExit) as ended:
        main([str(recording), "--write-docs"])
    assert ended.value.code == 2
    assert "--write-docs" in capsys.readouterr().err


def test_text_is_aligned_and_says_why():
    lines = as_text(figure_cells([FIGURE, OUTSIDE, MISSING])).splitlines()
    assert (
        len(
            {
                line.index(word)
                for line, word in zip(lines, ("band", "0.98", "58", "4"), strict=True)
            }
        )
        == 1
    )
    assert lines[1].endswith("ok")
    assert lines[2].endswith("outside")
    assert lines[3].endswith("not in the data: no channel")


def test_markdown_has_the_source_of_every_row():
    table = as_markdown(comparison_cells([OFF], sources=True))
    assert table.splitlines()[-1] == "| speed | 0.9 | 0.6 ± 0.2 | m/s | +1.5 SD | Jonkers |"


def test_only_the_measured_part_of_the_page_changes(tmp_path):
    page = tmp_path / "realism.md"
    page.write_text(f"# Title\n\n{BEGIN}\nold\n{END}\n\nafter\n", encoding="utf-8")
    write_page("Simulated.", [FIGURE], [OFF], page)
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# Title\n")
    assert text.endswith(f"{END}\n\nafter\n")
    assert "old" not in text
    assert "both legs" in text
    assert "+1.5 SD" in text


def test_the_page_names_every_figure():
    text = PAGE.read_text(encoding="utf-8")
    assert [band.name for band in BANDS if f"| {band.name} |" not in text] == []
