"""Write docs/reference/opensim-models.md: the models people use, and what their coordinates become.

    python tools/build_opensim_models_page.py docs/reference/opensim-models.md

Names of coordinates were read in files of the models' authors, named in :data:`MODELS`; what becomes of
them is asked of the code.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from locomotion_analysis.ingest.opensim import coordinate_channel

_PELVIS = ("pelvis_tilt", "pelvis_list", "pelvis_rotation", "pelvis_tx", "pelvis_ty", "pelvis_tz")
_HIP = ("hip_flexion", "hip_adduction", "hip_rotation")
_FOOT = ("ankle_angle", "subtalar_angle", "mtp_angle")
_BACK = ("lumbar_extension", "lumbar_bending", "lumbar_rotation")
_ARM = ("arm_flex", "arm_add", "arm_rot", "elbow_flex", "pro_sup")
_WRIST = ("wrist_flex", "wrist_dev")
_ISB_SHOULDER = ("sh_tx", "sh_ty", "sh_tz", "sh_plane_elev", "sh_elev", "sh_axial_rot")


@dataclass(frozen=True)
class Model:
    """A generic model: its coordinates, without the side where `sided`, and where they were read."""

    name: str
    sided: tuple[str, ...]
    middle: tuple[str, ...]
    knee: str
    licence: str
    source: str
    read_in: str


_MODELS_OF = "opensim-org/opensim-models"
_OPENCAP = "stanfordnmbl/opencap-processing"
_UNSTATED = "not stated there: ask the source"
MODELS = (
    Model(
        "gait2354",
        (*_HIP, "knee_angle", *_FOOT),
        (*_PELVIS, *_BACK),
        "negative",
        "CC BY 3.0",
        f"{_MODELS_OF}, Models/Gait2354_Simbody",
        "gait2354_simbody.osim",
    ),
    Model(
        "gait2392",
        (*_HIP, "knee_angle", *_FOOT),
        (*_PELVIS, *_BACK),
        "negative",
        "not read; that of gait2354, made from it, is CC BY 3.0",
        f"{_MODELS_OF}, Models/Gait2392_Simbody",
        "Pipelines/Gait2392_Simbody/OutputReference/ResultsRRA/"
        "subject01_walk1_RRA_states_degrees.mot",
    ),
    Model(
        "Hamner 2010, full body for running",
        (*_HIP, "knee_angle", *_FOOT, *_ARM, *_WRIST),
        (*_PELVIS, *_BACK),
        "negative",
        _UNSTATED,
        f"{_MODELS_OF}, Models/Hamner",
        "Pipelines/Hamner/outputReference/ResultsIK/subject02_running_ik.mot",
    ),
    Model(
        "Rajagopal 2016, full body",
        (*_HIP, "knee_angle", "knee_angle_SIDE_beta", *_FOOT, *_ARM, *_WRIST),
        (*_PELVIS, *_BACK),
        "positive",
        _UNSTATED,
        f"{_MODELS_OF}, Models/Rajagopal; simtk.org/projects/full_body",
        "Pipelines/Rajagopal/outputReference/ResultsIK/subject01_run_IK.mot",
    ),
    Model(
        "OpenCap (after Lai, Arnold and Wakeling 2017)",
        (*_HIP, "knee_angle", "knee_angle_SIDE_beta", *_FOOT, *_ARM),
        (*_PELVIS, *_BACK),
        "positive",
        _UNSTATED,
        "stanfordnmbl/opencap-core, opensimPipeline/Models",
        f"{_OPENCAP}, Moco/exampleWalking/walking1_videoAndMocap.mot",
    ),
    Model(
        "OpenCap with an ISB shoulder",
        (*_HIP, "knee_angle", "knee_angle_SIDE_beta", *_FOOT, *_ISB_SHOULDER, *_ARM[3:]),
        (*_PELVIS, *_BACK),
        "positive",
        _UNSTATED,
        "stanfordnmbl/opencap-core, opensimPipeline/Models",
        f"{_OPENCAP}, ActivityAnalyses/Data/03284efb-2244-4a48-aec9-abc34afdffc8/OpenSimData/"
        "Kinematics/walk.mot",
    ),
)

_HEAD = """# OpenSim models

Made by `python tools/build_opensim_models_page.py docs/reference/opensim-models.md` from the code: do not
edit.

`locomotion convert` reads the coordinates of these models in `.mot` and `.sto` files (inverse kinematics,
states, inverse dynamics), and gives them for markers with `--model FILE.osim`
([how](../how-to/start-from-markers.md#another-model-through-opensim)). A column that has no channel here is
left out and named in the history. Names of coordinates were read in the files named, of the models'
authors; models that are not in the table work as far as their coordinates have these names.

| model | knee_angle in flexion | licence, as the file says | where to get it | coordinates read in |
|---|---|---|---|---|
"""
_TABLE = """
Whether `knee_angle` is positive in flexion the angles themselves tell; moments follow them.

| coordinate | channel (rad; moments Nm to Nm/kg) | sign | models |
|---|---|---|---|
"""
_ROOT = "where the pelvis is: gait events and the line of progression"


def columns(model: Model) -> list[str]:
    """Return the coordinates of a model, as its files name them."""
    names = [*model.middle]
    for side in "rl":
        names += [
            name.replace("SIDE", side) if "SIDE" in name else f"{name}_{side}"
            for name in model.sided
        ]
    return names


def page() -> str:
    """Return the page."""
    text = _HEAD
    for model in MODELS:
        cells = (model.name, model.knee, model.licence, model.source, f"`{model.read_in}`")
        text += f"| {' | '.join(cells)} |\n"
    text += _TABLE
    users: dict[str, list[str]] = {}
    for number, model in enumerate(MODELS, 1):
        for name in columns(model):
            if not name.endswith("_l") and "_l_" not in name:
                users.setdefault(name, []).append(str(number))
    for name, numbers in users.items():
        found = coordinate_channel(name)
        if found is None:
            told = _ROOT if name in ("pelvis_tx", "pelvis_tz") else "left out"
            cells = [told, ""]
        else:
            channel, sign = found
            shown = channel.replace("_right", "_<side>")
            either = "as it is, or x -1 by the model" if name.startswith("knee_angle_") else ""
            cells = [f"`{shown}`", either or ("as it is" if sign > 0 else "x -1")]
        who = "all" if len(numbers) == len(MODELS) else ", ".join(numbers)
        text += f"| `{name}` | {' | '.join(cells)} | {who} |\n"
    return f"{text}\nModels are numbered from the top of the first table.\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
