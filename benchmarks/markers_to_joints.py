"""How near joint angles, moments and powers from markers are to those of Plug-in Gait.

Usage: python benchmarks/markers_to_joints.py --recordings FOLDER --write-docs

Each walk of ``raw/c3d_plugin_gait`` is stripped of its model outputs, computed by the conventional gait
model with the measures of the file, and held against the outputs.
"""

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np

from locomotion_analysis.biomechanics import (
    OpenSimModel,
    calibrated,
    centre_of_mass,
    cgm1_markers,
    joint_angles,
    key_point_angles,
    pose,
    scale_generic,
    scale_opensim,
    solve_opensim,
)
from locomotion_analysis.ingest import ReadOptions, cycles_of, merge, reader_for, with_joints
from locomotion_analysis.ingest.foot_forces import low_pass_known
from locomotion_analysis.ingest.ground_reactions import ground_reactions
from locomotion_analysis.ingest.joint_model import measures_of
from locomotion_analysis.ingest.opensim import read_opensim_table

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "markers-to-joints.md"
WALKS = {
    "HC002D06": "HC002D02",
    "HC030A05": "HC030A01",
    "HC030A22": "HC030A01",
    "HC036A10": "HC036A01",
}
_MASS_KG = 72.6
"""Of subject01 of OpenSim's sample."""
_HEAD = """# Markers to joints

Made by `python benchmarks/markers_to_joints.py --recordings FOLDER --write-docs`: do not edit.

Four walks of three children, recorded and processed with Plug-in Gait (Vicon). Their model outputs are
taken out, the conventional gait model of `biomechanics` computes them anew from the markers with the
measures of the file, and both are cut into the same cycles.
"""
_TAIL = """
## Where the definition is not published
- **Radii of gyration.** The files' joint moments follow from Dempster's radii about the *proximal* joint
  (0.540, 0.528, 0.690) taken about the centre of mass. `parameters="dempster"` has those about the
  centre (0.323, 0.302, 0.475): the right column of the second table.
- **Length of the foot**: the trial's mean distance of toe and heel marker less half a marker; its centre
  of mass lies half of that before the ankle, along the sole.
- **Forces at a frame** of the markers are means of the samples within half a frame.
- **Angular velocity.** The files' is smoother than five-point differences of the rotation matrices: their
  powers are 2 to 5 % lower where a joint turns fastest, and the knee's frontal moment differs by up to
  3 % of its peak. Gravity is 9.81 m/s2; accelerations of the centres of mass are five-point differences.
- **Static offsets** are those of the file; of a static trial, of soles taken as level.
- **The trunk** agrees to the last digit in three walks. In HC036A10 the file's outputs are up to 0.12
  degrees off those of its own markers throughout; why is not known.
"""


def stripped(recording):
    """Return a recording without model outputs, those among the markers included."""
    return replace(recording, streams=(), markers=cgm1_markers(recording.markers))


def read(folder, name):
    """Return the one recording of a file."""
    file = folder / "raw" / "c3d_plugin_gait" / f"{name}.c3d"
    return reader_for(file).read(file, ReadOptions())[0]


def with_parameters(recording, parameters):
    """Return moments and powers with a table of segments."""
    from unittest.mock import patch

    from locomotion_analysis.ingest import joint_model

    def loads(*args, **named):
        return joint_model_loads(*args, **named, parameters=parameters)

    joint_model_loads = joint_model.leg_kinetics
    with patch.object(joint_model, "leg_kinetics", loads):
        return with_joints(stripped(recording))


def by_key_points(folder: Path) -> list[str]:
    """Return the section on key points: the file's own joint centres, and its heel and toe markers."""
    ends = {"hip": "FEP", "knee": "FEO", "ankle": "TIO", "heel": "HEE", "toe": "TOE"}
    apart: dict[str, list[np.ndarray]] = {}
    for walk in WALKS:
        recording = read(folder, walk)
        own = {n: v for stream in recording.streams for n, v in stream.signals.items()}
        points = {
            (place, side): recording.markers[f"{letter}{label}"]
            for side, letter in (("left", "L"), ("right", "R"))
            for place, label in ends.items()
        }
        for name, found in key_point_angles(points).items():
            kind = name.split("_angle_")[0]
            if kind in ("knee_flexion", "ankle_dorsiflexion"):
                apart.setdefault(kind, []).append(np.degrees(found - own[name]))
    rows = []
    for kind, each in apart.items():
        mean = max(abs(float(np.nanmean(leg))) for leg in each)
        form = max(float(np.nanstd(leg)) for leg in each)
        most = max(float(np.nanmax(np.abs(leg))) for leg in each)
        rows.append(f"| `{kind}` | {mean:.2f} | {form:.2f} | {most:.2f} |")
    return [
        "",
        "## From key points",
        "",
        "The joint centres of the same files, and their heel and toe markers, taken as the key points of a",
        "markerless system; worst leg of the four walks, degrees.",
        "",
        "| angle | mean difference | in form (SD) | worst frame |",
        "|---|---|---|---|",
        *rows,
    ]


def of_the_centre(folder: Path) -> list[str]:
    """Return the section on the centre of mass: statics over their centre of pressure, walks moving."""
    rows = []
    for static in dict.fromkeys(WALKS.values()):
        standing = read(folder, static)
        pressure = np.nanmean(standing.plates[0].cop_m, axis=0)[:2]
        ours = centre_of_mass(pose(standing.markers, measures_of(standing)), standing.markers)
        off = [
            1e3 * np.linalg.norm(np.nanmean(centre, axis=0)[:2] - pressure)
            for centre in (ours, standing.markers["CentreOfMass"])
        ]
        rows.append(f"| {static} | {off[0]:.0f} | {off[1]:.0f} |")
    return [
        "",
        "## Centre of mass",
        "",
        "Of children who stand on a force plate: how far the centre of mass is from the centre of pressure,",
        "seen from above.",
        "",
        "| static trial | legs with head, arms and trunk, mm | the file's `CentreOfMass`, mm |",
        "|---|---|---|",
        *rows,
    ]


def through_opensim(folder: Path) -> list[str]:
    """Return the section on OpenSim's own sample, held against what its authors got."""
    sample = folder / "raw" / "opensim_gait2354"
    walk = merge(
        [
            reader_for(sample / name).read(sample / name, ReadOptions())[0]
            for name in ("subject01_walk1.trc", "subject01_walk1_grf.mot")
        ]
    )
    with tempfile.TemporaryDirectory() as name:
        factors = scale_opensim(
            sample / "subject01_Setup_Scale.xml", Path(name) / "me.osim"
        ).factors
        static = reader_for(sample / "subject01_static.trc").read(
            sample / "subject01_static.trc", ReadOptions()
        )[0]
        derived = scale_generic(
            sample / "gait2354_simbody.osim",
            static.markers,
            static.marker_time_s,
            _MASS_KG,
            Path(name) / "derived.osim",
            marker_set=sample / "gait2354_Scale_MarkerSet.xml",
        )
        setup = (sample / "subject01_Setup_IK.xml").read_text()
        (Path(name) / "ik.xml").write_text(setup.replace("subject01_simbody.osim", "derived.osim"))
        without = solve_opensim(
            OpenSimModel.read(Path(name) / "ik.xml"), walk.markers, walk.marker_time_s
        )
    applied = ET.parse(sample / "reference" / "scaleSet_applied.xml")
    known = {
        str(each.findtext("segment")).strip(): float(str(each.findtext("scales")).split()[0])
        for each in applied.iter("Scale")
    }
    off = max(abs(x / known[body] - 1.0) for body, (x, _, _) in factors.items())
    by_hand = ("femur", "tibia")
    off_derived = max(
        abs(x / known[body] - 1.0)
        for body, (x, _, _) in derived.factors.items()
        if not body.startswith(by_hand)
    )
    model = OpenSimModel.read(sample / "subject01_Setup_IK.xml")
    time_s = walk.marker_time_s
    ground = ground_reactions(walk, instant=True)
    solve_opensim(model, walk.markers, time_s, ground)
    start = time.perf_counter()
    solved = solve_opensim(model, walk.markers, time_s, ground)
    seconds = time.perf_counter() - start
    alike = solve_opensim(OpenSimModel(model.model), walk.markers, time_s)
    angles = read_opensim_table(sample / "reference" / "walk1_ik.mot")
    moments = read_opensim_table(sample / "reference" / "inverse_dynamics.sto")
    # Their frames only: where a cut begins and ends, a filter knows no better.
    cut = np.round(moments.time_s * (len(time_s) - 1) / time_s[-1]).astype(int)
    as_cut = solve_opensim(
        model,
        {name: xyz[cut] for name, xyz in walk.markers.items()},
        time_s[cut],
        {side: (force[cut], moment[cut]) for side, (force, moment) in ground.items()},
    )
    rows = []
    for name, found in solved.coordinates.items():
        if not name.endswith(("_r", "_l")) or not np.ptp(angles.column(name)):
            continue
        turned, free = (
            np.degrees(np.interp(angles.time_s, time_s, each)) - angles.column(name)
            for each in (found, alike.coordinates[name])
        )
        shifted = np.degrees(np.interp(angles.time_s, time_s, without.coordinates[name]))
        shifted -= angles.column(name)
        pushed = as_cut.forces[f"{name}_moment"] - moments.column(f"{name}_moment")
        rows.append(
            f"| `{name}` | {np.abs(turned).max():.3f} | {np.abs(free).max():.1f} | "
            f"{np.sqrt(np.mean(pushed**2)):.2f} | {np.abs(pushed).max():.2f} | "
            f"{shifted.mean():.1f} | {shifted.std():.1f} |"
        )
    belts = low_pass_known(time_s, sum(force for force, _ in ground.values()), 6.0)
    centre = low_pass_known(time_s, solved.centre_of_mass_m, 6.0)
    needed = _MASS_KG * np.gradient(np.gradient(centre, time_s, axis=0), time_s, axis=0)
    needed[:, 2] += _MASS_KG * 9.80665
    inner = slice(12, -12)
    rms = np.sqrt(np.mean((needed - belts)[inner] ** 2, axis=0))
    alike_to = [np.corrcoef(needed[inner, k], belts[inner, k])[0, 1] for k in range(3)]
    return [
        "",
        "## Through OpenSim",
        "",
        "OpenSim's own sample (gait2354, subject01): markers and forces go in, and what its authors",
        "computed with set-up files of their own stands beside. Scale factors of 12 bodies are at most",
        f"{100 * off:.4f} % off. Angles and moments of {time_s[-1] - time_s[0]:.1f} s, once OpenSim is",
        f"loaded: {seconds:.1f} s. Moments are compared over the {moments.time_s[-1] - moments.time_s[0]:.1f} s that the authors cut out, with the",
        "markers cut alike: both filter the coordinates, and where a cut ends a filter knows no better.",
        "",
        "The last two columns are angles on a model scaled without a set-up file (`locomotion scale MODEL",
        "--static TRIAL --mass KG`), with the authors' weights of markers: mean difference and form (SD).",
        f"Its factors are at most {100 * off_derived:.2f} % off where the authors measured; femur and tibia they",
        "set by hand.",
        "",
        "| coordinate | angle, most, degrees | markers weighed alike | moment, RMS, Nm | most, Nm | without a set-up file, mean | form |",
        "|---|---|---|---|---|---|---|",
        *rows,
        "",
        "The acceleration of the model's centre of mass times the mass is the sum of the belts' forces, both",
        f"low-passed at 6 Hz, within {rms[0]:.0f} N (RMS) forward, {rms[1]:.0f} N sideways and",
        f"{rms[2]:.0f} N upwards;",
        f"correlations are {alike_to[0]:.2f}, {alike_to[1]:.2f} and {alike_to[2]:.2f}.",
    ]


def main() -> None:
    """Measure and print the page, or write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recordings", type=Path, required=True)
    parser.add_argument("--write-docs", action="store_true")
    options = parser.parse_args()
    angles: dict[str, list[float]] = {}
    loads: dict[str, list[tuple[float, float]]] = {}
    offsets, times = [], []
    for walk, static in WALKS.items():
        recording = read(options.recordings, walk)
        body = measures_of(recording)
        markers = {k: np.resize(v, (1000, 3)) for k, v in cgm1_markers(recording.markers).items()}
        start = time.perf_counter()
        joint_angles(pose(markers, body))
        times.append(time.perf_counter() - start)
        bare = {
            side: replace(leg, plantar_flexion_rad=np.nan, foot_rotation_rad=np.nan)
            for side, leg in body.legs.items()
        }
        anew = calibrated(read(options.recordings, static).markers, replace(body, legs=bare))
        for side, leg in body.legs.items():
            other = anew.legs[side]
            offsets.append(abs(other.plantar_flexion_rad - leg.plantar_flexion_rad))
            offsets.append(abs(other.foot_rotation_rad - leg.foot_rotation_rad))
        own = cycles_of(recording)
        of_tables = [cycles_of(with_parameters(recording, t)) for t in ("conventional", "dempster")]
        for channel in own.channels:
            one, (other, dempster) = own.curves(channel), (d.curves(channel) for d in of_tables)
            if "_angle_" in channel and "_contra_" not in channel:
                apart = np.angle(np.exp(1j * (one - other)))
                angles.setdefault(channel, []).append(np.degrees(np.sqrt(np.nanmean(apart**2))))
            elif "_moment_ipsi" in channel or "_power_ipsi" in channel:
                both = np.isfinite(one + other + dempster)
                if both.any():
                    peak = np.abs(one[both]).max() / 100
                    errors = [
                        np.sqrt(np.mean((one - o)[both] ** 2)) / peak for o in (other, dempster)
                    ]
                    loads.setdefault(channel, []).append((errors[0], errors[1]))
    lines = [_HEAD, "| angle | RMS, degrees, worst of the walks |", "|---|---|"]
    lines += [f"| `{name}` | {max(found):.5f} |" for name, found in sorted(angles.items())]
    lines += [
        "",
        f"Static offsets recomputed from the static trials: {np.degrees(max(offsets)):.6f} degrees apart at most.",
        f"Angles of ten seconds at 100 Hz: {1e3 * min(times):.0f} ms.",
        "",
        "| moment or power | RMS, % of the peak, worst of the walks | with radii about the centre |",
        "|---|---|---|",
    ]
    for name, found in sorted(loads.items()):
        first, second = np.max(found, axis=0)
        lines.append(f"| `{name}` | {first:.2f} | {second:.2f} |")
    lines += by_key_points(options.recordings)
    lines += of_the_centre(options.recordings)
    lines += through_opensim(options.recordings)
    text = "\n".join(lines) + "\n" + _TAIL
    if options.write_docs:
        PAGE.write_text(text, encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
