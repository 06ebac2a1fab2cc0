"""Opening a bundle: archive, hashes, signature and tables are checked before a model is made."""

import hashlib
import os
from collections.abc import Mapping
from typing import Literal, get_args

from locomotion_analysis.errors import BundleError, FileReadError
from locomotion_analysis.models.prediction_schema import PredictionSchema
from locomotion_analysis.production.bundle import manifest as archive
from locomotion_analysis.production.bundle.bundle import Bundle
from locomotion_analysis.production.bundle.manifest import Manifest, check_signature
from locomotion_analysis.production.bundle.reference import (
    content_of,
    point_schema,
    read_golden,
    read_reference,
)
from locomotion_analysis.production.bundle.routes import (
    Int8Route,
    NetworkRoute,
    Route,
    SklearnRoute,
    network_of,
    skops_model,
)
from locomotion_analysis.standard import N_PHASES

Runtime = Literal["original", "onnx", "int8"]


def open_bundle(
    path: str | os.PathLike[str], *, key: bytes | None = None, runtime: Runtime = "original"
) -> Bundle:
    """Open a bundle, after checking all of it.

    Parameters
    ----------
    path : path-like
        What :func:`~locomotion_analysis.production.bundle.write_bundle` wrote.
    key : bytes, optional
        Key that it must be signed with.
    runtime : {"original", "onnx", "int8"}
        What answers: the model itself, or where the bundle allows it its conversion to ONNX, or
        the network in whole numbers of 8 bits.

    Returns
    -------
    Bundle
        Ready to predict. :meth:`Bundle.check_golden` shows that it answers here as where it
        was made.

    Raises
    ------
    BundleError
        If it is damaged, altered, of an unknown format, not signed with `key`, or holds
        anything a bundle may not hold.
    MissingExtraError
        If skops, for a network torch, or for ``runtime="onnx"`` onnxruntime, is not installed.

    Examples
    --------
    >>> bundle = open_bundle("gait.bundle")  # doctest: +SKIP
    >>> bundle.manifest.classes  # doctest: +SKIP
    ('healthy', 'stroke')
    """
    members = archive.read_archive(path)
    try:
        manifest = Manifest.from_json(members[archive.MANIFEST])
        archive.check_hashes(manifest, members)
        if key is not None:
            check_signature(members, key)
        return bundle_of(manifest, members, signed=key is not None, runtime=runtime)
    except BundleError as error:
        raise error.at(str(path)) from None


def bundle_of(
    manifest: Manifest,
    members: Mapping[str, bytes],
    *,
    signed: bool = False,
    runtime: Runtime = "original",
) -> Bundle:
    """Return the bundle of files whose hashes have been checked.

    Raises
    ------
    BundleError
        If a file is missing, damaged, or holds what it may not.
    """
    trained = _schema(manifest, members)
    schema = trained if manifest.runtime == "sklearn" else point_schema(trained)
    reference = read_reference(members, schema.names, manifest.inputs)
    golden = read_golden(members, schema.names, manifest.inputs)
    outside = manifest.outside
    return Bundle(
        manifest=manifest,
        schema=schema,
        reference=reference,
        golden=golden,
        card=content_of(members, archive.CARD).decode(errors="replace"),
        # Of the file, where there is one: what later versions add to a manifest is not in it.
        digest=hashlib.sha256(members.get(archive.MANIFEST) or manifest.to_json()).hexdigest(),
        signed=signed,
        scale=None if outside is None else reference.scale(outside.usual),
        route=_route(manifest, members, trained, runtime),
    )


def _route(
    manifest: Manifest, members: Mapping[str, bytes], trained: PredictionSchema, runtime: Runtime
) -> Route:
    if runtime not in get_args(Runtime):
        raise BundleError(
            expected=f"a runtime among {', '.join(get_args(Runtime))}", got=repr(runtime)
        )
    if manifest.runtime == "network":
        if runtime == "onnx":
            raise _not_in_the_bundle("an ONNX model", "a network", "use another runtime")
        if runtime == "int8" and manifest.int8 is None:
            raise _not_in_the_bundle(
                "a cost of 8 bits measured", "none", "bundle the network again with --int8"
            )
        network = network_of(content_of(members, archive.NETWORK), trained, archive.NETWORK)
        if runtime == "int8" and manifest.int8 is not None:
            return Int8Route(network, manifest.int8.max_difference)
        return NetworkRoute(network)
    if runtime == "int8":
        raise _not_in_the_bundle(
            "a network, for 8 bits", "a scikit-learn model", "use another runtime"
        )
    model = skops_model(content_of(members, archive.SKOPS_MODEL), archive.SKOPS_MODEL)
    if runtime == "original":
        return SklearnRoute(model)
    if manifest.onnx is None:
        raise _not_in_the_bundle("an ONNX model", "none", "bundle the model again with --onnx")
    from locomotion_analysis.production.bundle.onnx_model import OnnxRoute

    content = content_of(members, archive.ONNX_MODEL)
    return OnnxRoute(content, model, manifest.onnx.max_difference)


def _not_in_the_bundle(wanted: str, got: str, fix: str) -> BundleError:
    return BundleError(expected=f"a bundle with {wanted}", got=got, where="runtime", fix=fix)


def _schema(manifest: Manifest, members: Mapping[str, bytes]) -> PredictionSchema:
    """Return the schema; refuse one of another model than the manifest's."""
    content = content_of(members, archive.SCHEMA)
    try:
        schema = PredictionSchema.from_json(content.decode("utf-8"))
    except (FileReadError, UnicodeDecodeError, RecursionError) as error:
        raise BundleError(
            expected="a prediction schema", got=str(error)[:300], where=archive.SCHEMA
        ) from error
    channels = tuple(each.name for each in manifest.inputs.channels)
    curves = schema.kind == "sequences"
    shape = (N_PHASES, len(channels))
    fits = not curves or (schema.names == channels and schema.shape == shape)
    runtime = "network" if curves else "sklearn"
    if manifest.runtime != runtime or not fits or curves == bool(manifest.inputs.feature_groups):
        raise BundleError(
            expected="a scikit-learn model of features, or a network of curves",
            got=f"{manifest.runtime[:40]} of {schema.kind}",
            where=archive.MANIFEST,
            fix="update locomotion-analysis",
        )
    if tuple(schema.classes or ()) != manifest.classes or schema.target != manifest.target:
        raise BundleError(
            expected="the same target and classes in manifest and schema",
            got=f"{manifest.target} and {schema.target}"[:200],
            where=archive.MANIFEST,
        )
    return schema
