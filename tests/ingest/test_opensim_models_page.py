"""The page of OpenSim models: made of the code, and what files of such models give."""

import re
import runpy
from pathlib import Path

import pytest

from locomotion_analysis.ingest.opensim import coordinate_stream, pelvis_pose, read_opensim_table

ROOT = Path(__file__).parents[2]
TOOL = ROOT / "tools" / "build_opensim_models_page.py"
PAGE = ROOT / "docs" / "reference" / "opensim-models.md"
NAMES = [
    "gait2354",
    "gait2392",
    "Hamner 2010, full body for running",
    "Rajagopal 2016, full body",
    "OpenCap (after Lai, Arnold and Wakeling 2017)",
    "OpenCap with an ISB shoulder",
]


@pytest.fixture(scope="module")
def tool():
    if not TOOL.exists():
        pytest.skip("tools/ is not part of an installed package")
    return runpy.run_path(str(TOOL))


def test_page_is_made_of_the_code(tool):
    assert PAGE.read_text(encoding="utf-8") == tool["page"](), f"run {TOOL.name}"
    assert [model.name for model in tool["MODELS"]] == NAMES


@pytest.mark.parametrize("number", range(len(NAMES)), ids=NAMES)
def test_a_file_of_each_model_gives_what_the_page_says(tool, tmp_path, number):
    """Written with the coordinates of the model, knees bent its way, every column another angle."""
    model = tool["MODELS"][number]
    columns = tool["columns"](model)
    values = dict(zip(columns, range(1, len(columns) + 1), strict=True))
    bent = -60.0 if model.knee == "negative" else 60.0
    values |= {"knee_angle_r": bent, "knee_angle_l": bent}
    file = tmp_path / "walk.mot"
    rows = ["\t".join([f"{k / 100}", *(f"{v}" for v in values.values())]) for k in range(3)]
    head = ["Coordinates", "inDegrees=yes", "endheader", "\t".join(["time", *columns])]
    file.write_text("\n".join([*head, *rows]) + "\n")
    table = read_opensim_table(file)
    stream, _ = coordinate_stream(table)
    told = {}
    for name, channel, sign, who in re.findall(
        r"^\| `(\w+)` \| (.+?) \| (.*?) \| (.+?) \|$", PAGE.read_text(encoding="utf-8"), re.M
    ):
        if channel.startswith("`") and (who == "all" or str(number + 1) in who.split(", ")):
            for side, letter in (("right", "_r"), ("left", "_l")):
                own = channel.strip("`").replace("<side>", side)
                told[own] = name.removesuffix("_r") + letter if "<side>" in channel else name, sign
    assert set(stream.signals) == set(told)
    for channel, (name, sign) in told.items():
        value = float(stream.signals[channel][0]) * 180 / 3.141592653589793
        if name.startswith("knee_angle"):
            assert value == pytest.approx(60.0)
        else:
            assert value == pytest.approx(values[name] * (-1 if sign == "x -1" else 1))
    pelvis, used = pelvis_pose(table)
    assert pelvis is not None
    assert set(used) == {"pelvis_tx", "pelvis_tz", "pelvis_rotation"}


def test_the_coordinates_of_gait2354_are_those_of_its_file(tool, shared_data):
    text = (shared_data / "raw/opensim_gait2354/gait2354_simbody.osim").read_text()
    assert sorted(re.findall(r'<Coordinate name="(\w+)"', text)) == sorted(
        tool["columns"](tool["MODELS"][0])
    )
    assert "CCBY 3.0" in text
