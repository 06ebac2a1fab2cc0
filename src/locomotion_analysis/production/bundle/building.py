"""From the run folder of ``locomotion train`` to a bundle."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TypeVar, get_args

import pandas as pd

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import BundleError, FileReadError, SchemaError
from locomotion_analysis.evaluation.explain.feature_groups import feature_groups
from locomotion_analysis.evaluation.training import (
    CARD,
    CONFIG,
    GOLDEN,
    HELD_OUT,
    MEAN_CYCLES,
    MEAN_FEATURES,
    METRICS,
    MODEL,
    NETWORK,
    PREDICTION,
    PROBABILITY,
    REFERENCE_CYCLES,
    REFERENCE_FEATURES,
    SCHEMA,
)
from locomotion_analysis.evaluation.training_report import ModelCard
from locomotion_analysis.models.prediction_schema import PredictionSchema
from locomotion_analysis.models.supervised.recipes import BEFORE, CHANGE
from locomotion_analysis.production.bundle import manifest as archive
from locomotion_analysis.production.bundle.bundle import Bundle, made_of
from locomotion_analysis.production.bundle.confidence import fitted_limit
from locomotion_analysis.production.bundle.manifest import (
    FORMAT,
    ChannelInfo,
    Inputs,
    Manifest,
    Metric,
    Outside,
    ReferenceKind,
    Training,
    signature_of,
)
from locomotion_analysis.production.bundle.opening import bundle_of, open_bundle
from locomotion_analysis.production.bundle.people import (
    Means,
    TrainingPeople,
    means_of_several,
    one_mean_each,
    under_other_names,
)
from locomotion_analysis.production.bundle.reference import (
    Golden,
    channel_ranges,
    cycles_bytes,
    feature_statistics,
    membership,
    plain_answers,
    point_parts,
    point_schema,
    read_cycles,
    read_table,
    single_parts,
    subject_rows,
    table_bytes,
)
from locomotion_analysis.production.bundle.routes import NetworkRoute, int8_of
from locomotion_analysis.standard import N_PHASES, Channel
from locomotion_analysis.statistics.conformal import calibrated_limit
from locomotion_analysis.typed_tree import Node, json_tree, typed

T = TypeVar("T")


def write_bundle(
    folder: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    onnx: bool = False,
    int8: bool = False,
    key: bytes | None = None,
    reference: ReferenceKind = "summary",
) -> Bundle:
    """Make one file of a run folder: model, schema, reference, golden answers, card.

    The same folder gives the same bytes. What of the training people lies in the file is told by
    ``manifest.people`` and the card.

    Parameters
    ----------
    folder : path-like
        What ``locomotion train`` wrote.
    out : path-like
        File to write, by custom ``<name>.bundle``. Whole or not at all.
    onnx : bool
        Whether to add the model converted to ONNX. It is refused where it answers differently,
        and of networks.
    int8 : bool
        Whether to measure what a network loses in whole numbers of 8 bits, and to allow it to be
        opened so. It is refused where it answers worse.
    key : bytes, optional
        Secret to sign the manifest with (HMAC-SHA256).
    reference : {"summary", "cycles", "none"}
        Which of the training people the file holds, under other names: the mean features and
        curves of each, which is all that drift is measured by; single rows and cycles of each; or
        nobody, and no drift can be measured. Predictions, sets, ``outside`` and golden rows are
        the same with each.

    Returns
    -------
    Bundle
        Opened again from the file, its golden answers checked.

    Raises
    ------
    FileReadError
        If the folder lacks a file.
    BundleError
        If the saved model does not answer as it did when it was trained, or the converted model
        does not answer as the original; or of an unknown `reference`.
    MissingExtraError
        If skops, for a network torch, or for `onnx` skl2onnx, is not installed.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from locomotion_analysis.evaluation.training import train
    >>> from locomotion_analysis.simulation import simulate
    >>> folder = Path(tempfile.mkdtemp())
    >>> data = simulate(12, 2, ["level_walking"], ["healthy", "stroke"])
    >>> run = train(data, "pathology", folder / "model", recipes=["linear"], n_splits=3)
    >>> write_bundle(run.out, folder / "gait.bundle").manifest.classes
    ('healthy', 'stroke')
    """
    if reference not in get_args(ReferenceKind):
        raise BundleError(
            expected=f"one of {', '.join(get_args(ReferenceKind))}",
            got=repr(reference),
            where="reference",
        )
    run = read_run(Path(folder))
    own = TrainingPeople(run.features.set_index("subject"), run.cycles)
    truth = run.held_out.set_index("subject")["y_true"]
    means = means_of_several(own, truth, inputs_of(run).columns)
    kept = None
    if reference == "cycles":
        kept = under_other_names(own)
    elif reference == "summary":
        kept = one_mean_each(under_other_names(run.means or own))
    members = _members(run, means, kept)
    manifest = replace(
        described(run, members),
        reference=reference,
        people=_told(kept, means, reference),
        ranges=channel_ranges(run.cycles),
    )
    members[archive.CARD] = run.card.markdown((("People in this file", manifest.people),)).encode()
    bundle = bundle_of(manifest, members)
    if onnx:
        from locomotion_analysis.production.bundle.onnx_model import converted

        content, parity = converted(bundle, own.features, truth)
        members[archive.ONNX_MODEL] = content
        manifest = replace(manifest, onnx=parity)
    if int8:
        if not isinstance(bundle.route, NetworkRoute):
            raise BundleError(
                expected="a network, for 8 bits",
                got=f"a scikit-learn model ({run.config.model})",
                where="int8",
                fix="bundle without --int8",
            )
        labels = run.cycles.cycles[run.config.target].to_numpy()
        manifest = replace(manifest, int8=int8_of(bundle.route, own.features, labels))
    cycles = bundle.golden.cycles
    answers = plain_answers(bundle.predict_cycles(cycles))
    # What the model answered for training rows before it was ever saved: these stay behind.
    trained = Golden(*_trained_answers(run), cycles, answers)
    replace(bundle, golden=trained).check_golden()
    members[archive.GOLDEN_ANSWERS] = table_bytes(answers)
    members[archive.GOLDEN_FEATURES] = _golden_table(bundle)
    manifest = replace(manifest, members=archive.hashes(members))
    members[archive.MANIFEST] = manifest.to_json()
    if key is not None:
        members[archive.SIGNATURE] = signature_of(members[archive.MANIFEST], key)
    archive.write_archive(out, members)
    return open_bundle(out, key=key)


# What ``locomotion train`` left behind, read and checked

_PREDICTED = ("subject", "fold", "y_true", "y_pred")


@dataclass(frozen=True)
class FileInfo:
    """A file that the training read."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class TrainedInputs:
    """What the features were made of: channels, columns, groups and statistics."""

    channels: tuple[str, ...]
    columns: tuple[str, ...]
    feature_groups: tuple[str, ...]
    aggregations: tuple[str, ...]
    paired: bool


@dataclass(frozen=True)
class TrainedAs:
    """What a bundle takes from ``config.json``."""

    problem: str
    model: str
    kind: str
    target: str
    files: tuple[FileInfo, ...]
    inputs: TrainedInputs
    split_hash: str
    n_splits: int
    n_subjects: int
    n_rows: int
    simulated: bool
    created: str
    versions: dict[str, str]


@dataclass(frozen=True)
class TrainedFolder:
    """What lies in a run folder.

    Attributes
    ----------
    config : TrainedAs
        ``config.json``.
    metrics : dict of str to Metric
        Of ``metrics.json`` the model's own.
    schema : PredictionSchema
        Features and target; of a network, the points of its curves.
    trained : PredictionSchema
        As it was written.
    card : ModelCard
        Model card.
    runtime : str
        ``sklearn`` or ``network``.
    model : bytes
        skops file, or safetensors file of a network.
    features, golden, held_out : DataFrame
        Tables of ``evaluation/training.py``; ``golden`` of a network holds the answers to
        `cycles` alone.
    cycles : LocomotionData
        Some of the training cycles.
    means : TrainingPeople or None
        Means over all rows and cycles of each of these people; None where an older version trained.
    """

    config: TrainedAs
    metrics: dict[str, Metric]
    schema: PredictionSchema
    trained: PredictionSchema
    card: ModelCard
    runtime: str
    model: bytes
    features: pd.DataFrame
    golden: pd.DataFrame
    held_out: pd.DataFrame
    cycles: LocomotionData
    means: TrainingPeople | None


def read_run(folder: Path) -> TrainedFolder:
    """Read a run folder.

    Raises
    ------
    FileReadError
        If a file is missing or damaged.
    """
    try:
        config = _known(TrainedAs, _tree(folder, CONFIG))
        metrics = _metrics(_tree(folder, METRICS), config.model)
    except SchemaError as error:
        raise FileReadError(
            expected=error.expected,
            got=error.got,
            where=error.where,
            fix="train the model again with this version (locomotion train)",
        ) from error
    trained = PredictionSchema.read(folder / SCHEMA)
    cycles = read_cycles(_read(folder, REFERENCE_CYCLES), str(folder / REFERENCE_CYCLES))
    network = trained.kind == "sequences"
    if network:
        features = subject_rows(cycles, trained.names).reset_index()
    else:
        features = _table(folder, REFERENCE_FEATURES, "subject", *trained.names)
    held_out = _table(folder, HELD_OUT, "subject", "y_true", "y_pred")
    for table in (features, held_out):
        table["subject"] = table["subject"].astype(str)
    return TrainedFolder(
        config=config,
        metrics=metrics,
        schema=point_schema(trained) if network else trained,
        trained=trained,
        card=ModelCard.from_json(_read(folder, CARD), str(folder / CARD)),
        runtime="network" if network else "sklearn",
        model=_read(folder, NETWORK if network else MODEL),
        features=features,
        golden=_table(folder, GOLDEN, PREDICTION),
        held_out=held_out[
            [name for name in held_out if name in _PREDICTED or str(name).startswith(PROBABILITY)]
        ],
        cycles=cycles,
        means=_means(folder, trained),
    )


def _means(folder: Path, trained: PredictionSchema) -> TrainingPeople | None:
    """Return the means of training people, as a run folder of this version has them."""
    if not (folder / MEAN_CYCLES).exists():
        return None
    cycles = read_cycles(_read(folder, MEAN_CYCLES), str(folder / MEAN_CYCLES))
    if trained.kind == "sequences":
        return TrainingPeople(subject_rows(cycles, trained.names), cycles)
    features = _table(folder, MEAN_FEATURES, "subject", *trained.names)
    features["subject"] = features["subject"].astype(str)
    return TrainingPeople(features.set_index("subject"), cycles)


def _read(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        raise FileReadError(
            expected=f"a folder that locomotion train wrote, with {name}",
            got=error.strerror or str(error),
            where=str(folder / name),
            fix="name the folder that `locomotion train --out FOLDER` wrote; where it lacks the "
            "file, train again with this version",
        ) from error


def _table(folder: Path, name: str, *needed: str) -> pd.DataFrame:
    table = read_table(_read(folder, name), str(folder / name))
    lacking = [column for column in needed if column not in table]
    if lacking:
        raise FileReadError(
            expected=f"a table with the column {lacking[0]}",
            got=f"{', '.join(map(str, table.columns[:5]))} ...",
            where=str(folder / name),
            fix="train the model again with this version (locomotion train)",
        )
    return table


def _tree(folder: Path, name: str) -> Node:
    return json_tree(_read(folder, name), str(folder / name))


def _known(kind: type[T], tree: Node) -> T:
    """Return the entries of a mapping that a record has; what else is in it is for people."""
    wanted = {each.name for each in fields(kind)}  # type: ignore[arg-type]
    own = {name: entry for name, entry in tree.entries().items() if name in wanted}
    return typed(kind, replace(tree, value=own))


def _metrics(tree: Node, model: str) -> dict[str, Metric]:
    models = tree.entries()
    if model not in models:
        raise tree.error(f"scores of {model}", f"of {', '.join(models) or 'none'}"[:200])
    told = models[model].entries()
    intervals = told["intervals"].entries() if "intervals" in told else {}
    found = {}
    for name in _METRICS:
        if name in told:
            interval = intervals.get(name)
            unknown = Node(None, None, told[name].where)
            limits = [unknown, unknown] if interval is None else interval.value
            if not isinstance(limits, list) or len(limits) != 2:
                raise told["intervals"].error(f"two limits of {name}")
            parts = dict(zip(("value", "low", "high"), (told[name], *limits), strict=True))
            found[name] = typed(Metric, Node(parts, None, told[name].where))
    return found


# The manifest, from what the training wrote down

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
    files = "\n".join(sorted(file.sha256 for file in config.files))
    return Manifest(
        format=FORMAT,
        name=run.card.title,
        problem=config.problem,
        model=config.model,
        runtime=run.runtime,
        kind=config.kind,
        target=config.target,
        target_unit=schema.target_unit,
        classes=tuple(classes),
        inputs=inputs_of(run),
        training=Training(
            data_sha256=hashlib.sha256(files.encode()).hexdigest() if files else "",
            split_sha256=config.split_hash,
            n_splits=config.n_splits,
            n_subjects=config.n_subjects,
            n_rows=config.n_rows,
            simulated=config.simulated,
            created=config.created,
        ),
        metrics=run.metrics,
        conformal=calibrated_limit(run.held_out, classes),
        outside=_outside(run),
        onnx=None,
        int8=None,
        intended_use=run.card.intended_use,
        limits=(*run.card.limits, *run.card.cautions),
        versions=config.versions,
        members=archive.hashes(members),
    )


def inputs_of(run: TrainedFolder) -> Inputs:
    """Return what the features of a training run were made of."""
    told = run.config.inputs
    channels, columns = told.channels, told.columns
    groups, aggregations = told.feature_groups, told.aggregations
    if run.runtime == "network":
        needed, used = set(channels) - set(run.trained.with_gaps), {"side", "session", "simulated"}
    else:
        made = (channels, columns, groups, aggregations)
        needed = made_of(set(run.schema.names) - set(run.schema.with_gaps), *made)
        used = {*made_of(set(run.schema.names), *made), *_ALWAYS_KEPT}
    told_channels = []
    for name in channels:
        channel = Channel.parse(name)
        positive = (channel.motion or channel.measurement).replace("_", " ")
        if channel.measurement == "power":
            positive = "generation (energy into the body)"
        told_channels.append(ChannelInfo(name, channel.unit, positive, name in needed))
    return Inputs(
        tuple(told_channels),
        tuple(name for name in columns if name in used),
        groups,
        aggregations,
        told.paired,
        N_PHASES,
    )


def feature_parts(run: TrainedFolder) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Return the features of each part of the body, and of each phase of the cycle."""
    if run.runtime == "network":
        return point_parts(run.trained.names)
    if not run.config.inputs.paired:
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


def _with_endings(
    groups: dict[str, list[str]], names_of: dict[str, list[str]]
) -> dict[str, list[str]]:
    return {
        group: [each for base in bases for each in names_of[base]]
        for group, bases in groups.items()
    }


# The files of a bundle


def _members(run: TrainedFolder, means: Means, kept: TrainingPeople | None) -> dict[str, bytes]:
    """Return the files of the bundle but manifest, card and golden answers."""
    network = run.runtime == "network"
    plain = run.features.drop(columns="subject")
    joints, phases = feature_parts(run)
    # Filled when the model has been opened; until then there is nothing to compare with.
    unknown = pd.DataFrame({"prediction": []})
    golden = pd.DataFrame(index=range(len(means.cycles))) if network else means.features
    members = {
        archive.NETWORK if network else archive.SKOPS_MODEL: run.model,
        archive.SCHEMA: run.trained.to_json().encode(),
        archive.STATISTICS: table_bytes(feature_statistics(plain, joints, phases).reset_index()),
        archive.GOLDEN_FEATURES: table_bytes(golden.assign(prediction="")),
        archive.GOLDEN_CYCLES: cycles_bytes(means.cycles),
        archive.GOLDEN_ANSWERS: table_bytes(unknown),
    }
    if kept is not None:
        members[archive.CYCLES] = cycles_bytes(kept.cycles)
        if not network:
            members[archive.FEATURES] = table_bytes(kept.features.reset_index())
    return members


def _trained_answers(run: TrainedFolder) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return rows of the training, and what the model answered for them before it was saved."""
    golden = run.golden.rename(
        columns=lambda name: (
            f"p_{name.removeprefix(PROBABILITY)}" if name.startswith(PROBABILITY) else name
        )
    )
    if run.runtime == "network":
        return run.features.drop(columns="subject"), golden
    return golden[list(run.schema.names)], golden.drop(columns=list(run.schema.names))


def _golden_table(bundle: Bundle) -> bytes:
    """Return the golden features beside their answers; of a network, the answers alone."""
    rows = bundle.golden.features
    answers = plain_answers(bundle.predict_features(rows))
    if bundle.manifest.runtime == "network":
        return table_bytes(answers)
    return table_bytes(pd.concat([answers, rows], axis=1))


def _told(kept: TrainingPeople | None, means: Means, reference: ReferenceKind) -> str:
    """Return what of the training people lies in the bundle, in sentences."""
    if kept is None:
        who = "No row of a training person, so that drift cannot be measured with it."
    else:
        n_people = kept.features.index.nunique()
        what = f"{len(kept.features):,} rows of features and {len(kept.cycles):,} gait cycles"
        if reference == "summary":
            what = "The mean features and mean curves"
        who = (
            f"{what} of {n_people} training people, under other names, without age, sex, mass, "
            "height, dates or labels. A person's curves can be recognised by who has other "
            "curves of that person."
        )
        if not kept.cycles.channels:  # of a table whatever is a feature is there, age too
            mean = "mean " if reference == "summary" else ""
            who = (
                f"The {mean}features of {n_people} training people, under other names, and no "
                "other column of the table. A person can be recognised by who has the same "
                "measures of that person."
            )
    return (
        f"{who} Golden rows are means over at least {means.fewest} people; statistics of the "
        "features and the range of each channel are over all."
    )
