"""From the run folder of ``locomotion train`` to a bundle."""

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pandas as pd

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import BundleError
from locomotion_analysis.evaluation.training import PROBABILITY
from locomotion_analysis.production.bundle import archive
from locomotion_analysis.production.bundle.describing import described, feature_parts, inputs_of
from locomotion_analysis.production.bundle.golden import SUBJECTS_WITH_CYCLES, plain_answers
from locomotion_analysis.production.bundle.manifest import Int8
from locomotion_analysis.production.bundle.opened import Bundle
from locomotion_analysis.production.bundle.opening import bundle_of, open_bundle
from locomotion_analysis.production.bundle.reference import feature_statistics
from locomotion_analysis.production.bundle.signature import signature_of
from locomotion_analysis.production.bundle.tables import cycles_bytes, table_bytes
from locomotion_analysis.production.bundle.training_folder import TrainedFolder, read_run
from locomotion_analysis.standard import KEY

if TYPE_CHECKING:
    from locomotion_analysis.production.bundle.network import NetworkRoute


def write_bundle(
    folder: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    onnx: bool = False,
    int8: bool = False,
    key: bytes | None = None,
) -> Bundle:
    """Make one file of a run folder: model, schema, reference, golden answers, card.

    The same folder gives the same bytes. Names of people are replaced; a sample of their
    features and curves is in the file, because drift is measured against it.

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
        does not answer as the original.
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
    run = read_run(Path(folder))
    members = _members(run)
    manifest = described(run, members)
    bundle = bundle_of(manifest, members)
    if onnx:
        from locomotion_analysis.production.bundle.onnx_model import converted

        content, parity = converted(bundle)
        members[archive.ONNX_MODEL] = content
        manifest = replace(manifest, onnx=parity)
    if int8:
        manifest = replace(manifest, int8=_cost_of_int8(run, bundle))
    answers = plain_answers(bundle.predict_cycles(bundle.golden.cycles))
    members[archive.GOLDEN_ANSWERS] = table_bytes(answers)
    manifest = replace(manifest, members=archive.hashes(members))
    members[archive.MANIFEST] = manifest.to_json()
    if key is not None:
        members[archive.SIGNATURE] = signature_of(members[archive.MANIFEST], key)
    replace(bundle, golden=replace(bundle.golden, cycle_answers=answers)).check_golden()
    archive.write_archive(out, members)
    return open_bundle(out, key=key)


def _members(run: TrainedFolder) -> dict[str, bytes]:
    """Return the files of the bundle but manifest and golden answers of cycles."""
    people = _pseudonyms([run.features, run.held_out], run.cycles)
    features = run.features.assign(subject=run.features["subject"].astype(str).map(people))
    held_out = run.held_out.assign(subject=run.held_out["subject"].astype(str).map(people))
    cycles = _anonymous(run.cycles, people, {*inputs_of(run).columns, *KEY})
    first = list(dict.fromkeys(cycles.cycles["subject"]))[:SUBJECTS_WITH_CYCLES]
    plain = features.drop(columns="subject")
    joints, phases = feature_parts(run)
    golden = _named_as_answered(run.golden)
    if run.runtime == "network":
        own = {archive.NETWORK: run.model}
        golden = golden[cycles.cycles["subject"].isin(first).to_numpy()]
    else:
        own = {archive.SKOPS_MODEL: run.model, archive.FEATURES: table_bytes(features)}
    return {
        **own,
        archive.SCHEMA: run.trained.to_json().encode(),
        archive.CARD: run.card.markdown().encode(),
        archive.HELD_OUT: table_bytes(held_out),
        archive.CYCLES: cycles_bytes(cycles),
        archive.STATISTICS: table_bytes(feature_statistics(plain, joints, phases).reset_index()),
        archive.GOLDEN_FEATURES: table_bytes(golden),
        archive.GOLDEN_CYCLES: cycles_bytes(cycles.select(subject=first)),
        # Filled when the model has been opened; until then there is nothing to compare with.
        archive.GOLDEN_ANSWERS: table_bytes(pd.DataFrame({"prediction": []})),
    }


def _named_as_answered(golden: pd.DataFrame) -> pd.DataFrame:
    return golden.rename(
        columns=lambda name: (
            f"p_{name.removeprefix(PROBABILITY)}" if name.startswith(PROBABILITY) else name
        )
    )


def _cost_of_int8(run: TrainedFolder, bundle: Bundle) -> Int8:
    if run.runtime != "network":
        raise BundleError(
            expected="a network, for 8 bits",
            got=f"a scikit-learn model ({run.config['model']})",
            where="int8",
            fix="bundle without --int8",
        )
    from locomotion_analysis.production.bundle.network import int8_of

    truth = run.cycles.cycles[run.config["target"]].to_numpy()
    return int8_of(cast("NetworkRoute", bundle.route), bundle.reference.features, truth)


def _pseudonyms(tables: list[pd.DataFrame], cycles: LocomotionData) -> dict[str, str]:
    columns = [*(table["subject"] for table in tables), cycles.cycles["subject"]]
    people = dict.fromkeys(str(subject) for column in columns for subject in column)
    return {subject: f"ref_{number:03d}" for number, subject in enumerate(people, start=1)}


def _anonymous(data: LocomotionData, people: dict[str, str], kept: set[str]) -> LocomotionData:
    """Return cycles under other names, with the columns alone that features are made of."""
    subjects = data.cycles["subject"].astype(str).map(people)
    cycles = data.cycles[[name for name in data.cycles if name in kept]]
    return LocomotionData(cycles.assign(subject=subjects.to_numpy()), data.block, data.channels)
