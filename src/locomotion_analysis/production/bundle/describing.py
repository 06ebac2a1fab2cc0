"""The manifest of a bundle, from what the training wrote down."""

import hashlib
from collections.abc import Mapping
from typing import Any

import pandas as pd

from locomotion_analysis.evaluation.explain.feature_groups import feature_groups
from locomotion_analysis.models.supervised.paired_features import BEFORE, CHANGE
from locomotion_analysis.production.bundle import archive
from locomotion_analysis.production.bundle.conformal import calibrated_limit
from locomotion_analysis.production.bundle.curve_points import point_parts
from locomotion_analysis.production.bundle.features import made_of
from locomotion_analysis.production.bundle.manifest import (
    FORMAT,
    ChannelInfo,
    Inputs,
    Manifest,
    Metric,
    Outside,
    Training,
)
from locomotion_analysis.production.bundle.outside import fitted_limit
from locomotion_analysis.production.bundle.reference import membership, single_parts
from locomotion_analysis.production.bundle.training_folder import TrainedFolder
from locomotion_analysis.standard import N_PHASES, Channel

_METRICS = (
    "balanced_accuracy",
    "accuracy",
    "macro_f1",
    "mae",
    "rmse",
    "r2",
    "bias",
)
_ALWAYS_KEPT = frozenset(
    {
        "side",
        "session",
        "simulated",
        # What the end of stance is found with, besides what a feature names itself.
        "mass_kg",
        "height_m",
        "leg_length_m",
        "speed_m_s",
        "stance_percent",
    }
)


def described(run: TrainedFolder, members: Mapping[str, bytes]) -> Manifest:
    """Return the manifest of a training run.

    Parameters
    ----------
    run : TrainedFolder
        What the training left behind.
    members : mapping of str to bytes
        Files of the bundle, by name.
    """
    config, schema = run.config, run.schema
    classes = schema.classes or ()
    return Manifest(
        format=FORMAT,
        name=run.card.title,
        problem=config["problem"],
        model=config["model"],
        runtime=run.runtime,
        kind=config["kind"],
        target=config["target"],
        target_unit=schema.target_unit,
        classes=tuple(classes),
        inputs=inputs_of(run),
        training=_training(config),
        metrics=_scores(run.metrics),
        conformal=calibrated_limit(run.held_out, classes),
        outside=_outside(run),
        onnx=None,
        int8=None,
        intended_use=run.card.intended_use,
        limits=(*run.card.limits, *run.card.cautions),
        versions=config["versions"],
        members=archive.hashes(members),
    )


def inputs_of(run: TrainedFolder) -> Inputs:
    """Return what the features of a training run were made of."""
    told = run.inputs
    channels, columns = tuple(told["channels"]), tuple(told["columns"])
    groups, aggregations = tuple(told["feature_groups"]), tuple(told["aggregations"])
    if run.runtime == "network":
        needed, used = set(channels) - set(run.trained.with_gaps), {"side", "session", "simulated"}
    else:
        made = (channels, columns, groups, aggregations)
        needed = made_of(set(run.schema.names) - set(run.schema.with_gaps), *made)
        used = {*made_of(set(run.schema.names), *made), *_ALWAYS_KEPT}
    channels_told = tuple(
        ChannelInfo(name, Channel.parse(name).unit, _positive(Channel.parse(name)), name in needed)
        for name in channels
    )
    return Inputs(
        channels_told,
        tuple(name for name in columns if name in used),
        groups,
        aggregations,
        bool(told["paired"]),
        N_PHASES,
    )


def feature_parts(run: TrainedFolder) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Return the features of each part of the body, and of each phase of the cycle."""
    if run.runtime == "network":
        return point_parts(run.trained.names)
    if not run.inputs["paired"]:
        names = run.schema.names
        return feature_groups(names, "joint"), feature_groups(names, "phase")
    bases: dict[str, list[str]] = {}
    for name in run.schema.names:
        bases.setdefault(name.removesuffix(BEFORE).removesuffix(CHANGE), []).append(name)
    joints, phases = (feature_groups(list(bases), by) for by in ("joint", "phase"))
    return _with_endings(joints, bases), _with_endings(phases, bases)


def _outside(run: TrainedFolder) -> Outside | None:
    joints, _ = feature_parts(run)
    names = pd.Index(run.schema.names)
    positions = {part: names.get_indexer(pd.Index(each)) for part, each in joints.items()}
    single = single_parts(positions, len(names))
    if not single:
        return None
    subjects = run.features["subject"].to_numpy()
    features = run.features.drop(columns="subject")
    member = membership(single, len(names))
    return fitted_limit(features, subjects, member, tuple(single))


def _positive(channel: Channel) -> str:
    if channel.measurement == "power":
        return "generation (energy into the body)"
    return (channel.motion or channel.measurement).replace("_", " ")


def _training(config: dict[str, Any]) -> Training:
    files = "\n".join(sorted(file["sha256"] for file in config["files"]))
    return Training(
        data_sha256=hashlib.sha256(files.encode()).hexdigest() if files else "",
        split_sha256=config["split_hash"],
        n_splits=config["n_splits"],
        n_subjects=config["n_subjects"],
        n_rows=config["n_rows"],
        simulated=config["simulated"],
        created=config["created"],
    )


def _scores(metrics: dict[str, Any]) -> dict[str, Metric]:
    found = {}
    for name in _METRICS:
        if name in metrics:
            low, high = metrics["intervals"].get(name, (None, None))
            found[name] = Metric(metrics[name], low, high)
    return found


def _with_endings(
    groups: dict[str, list[str]], names_of: dict[str, list[str]]
) -> dict[str, list[str]]:
    return {
        group: [each for base in bases for each in names_of[base]]
        for group, bases in groups.items()
    }
