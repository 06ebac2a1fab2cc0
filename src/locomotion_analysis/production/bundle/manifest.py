"""What a bundle says of itself: inputs, outputs, origin, limits, and a hash of every member."""

import json
from dataclasses import asdict, dataclass

from locomotion_analysis.production.typed_json import document

FORMAT = 1
"""Raised when older versions of this package can no longer read a bundle."""


@dataclass(frozen=True)
class ChannelInfo:
    """A channel of the training data.

    Attributes
    ----------
    name : str
        As in the channel grammar.
    unit : str
        Its unit, for example ``rad``.
    positive : str
        What a positive value means, for example ``flexion``.
    needed : bool
        Whether a feature is made of it that training always had: cycles without it are refused.
    """

    name: str
    unit: str
    positive: str
    needed: bool


@dataclass(frozen=True)
class Inputs:
    """What the model's inputs are computed from.

    Attributes
    ----------
    channels : tuple of ChannelInfo
        Channels of the training data, in their order.
    columns : tuple of str
        Columns of ``data.cycles`` that features are made of (speed, height, age ...).
    feature_groups, aggregations : tuple of str
        As for :func:`~locomotion_analysis.features.feature_table`; empty for curves.
    paired : bool
        Whether a row is a leg before and after treatment, and not a gait cycle.
    phase_points : int
        Points of a curve; from 0 to 100 % of the cycle, both ends included.
    """

    channels: tuple[ChannelInfo, ...]
    columns: tuple[str, ...]
    feature_groups: tuple[str, ...]
    aggregations: tuple[str, ...]
    paired: bool
    phase_points: int


@dataclass(frozen=True)
class Training:
    """Where the model comes from.

    Attributes
    ----------
    data_sha256 : str
        SHA-256 over the hashes of the training files; empty where the data was made in memory.
    split_sha256 : str
        SHA-256 of which subject was tested in which fold.
    n_splits, n_subjects, n_rows : int
        Folds, people and rows.
    simulated : bool
        Whether no person was measured.
    created : str
        When it was trained (UTC, ISO 8601).
    """

    data_sha256: str
    split_sha256: str
    n_splits: int
    n_subjects: int
    n_rows: int
    simulated: bool
    created: str


@dataclass(frozen=True)
class Metric:
    """A score on people not trained on, with its 95 % interval over subjects."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Conformal:
    """Limit that makes prediction sets or intervals of a stated coverage.

    Attributes
    ----------
    coverage : float
        Share of rows of new people, each person weighing the same, whose truth the set holds.
    limit : float or None
        Largest nonconformity in the set: 1 − probability, or the absolute error in the
        target's unit. None where there are too few people: the set then holds everything.
    n_subjects : int
        People it was set on.
    """

    coverage: float
    limit: float | None
    n_subjects: int


@dataclass(frozen=True)
class Outside:
    """Limit beyond which a row lies outside the training data.

    Attributes
    ----------
    limit : float
        Largest usual distance; see :mod:`~locomotion_analysis.production.bundle.outside`.
    false_alarms : float
        Share of rows of held-out training subjects beyond it, each person weighing the same.
    usual : dict of str to float
        Median distance of each part of the body in held-out training rows.
    """

    limit: float
    false_alarms: float
    usual: dict[str, float]


@dataclass(frozen=True)
class Parity:
    """How far a converted model is from the original, on all reference and golden rows.

    Attributes
    ----------
    member : str
        Name of the converted model's file.
    max_difference : float
        Largest absolute difference of a probability or prediction.
    changed : float
        Share of rows with another label; of a quantity, 0.
    n_rows : int
        Rows compared.
    """

    member: str
    max_difference: float
    changed: float
    n_rows: int


@dataclass(frozen=True)
class Int8:
    """What a network in whole numbers of 8 bits costs, on the reference cycles.

    These are training cycles: the scores tell of the arithmetic and not of new people.

    Attributes
    ----------
    max_difference : float
        Largest absolute difference of a probability or prediction.
    changed : float
        Share of rows with another label; of a quantity, 0.
    metric : str
        ``balanced_accuracy``, or of a quantity ``mae``.
    original, quantised : float
        Its value with the network as trained, and in 8 bits.
    n_rows : int
        Rows compared.
    """

    max_difference: float
    changed: float
    metric: str
    original: float
    quantised: float
    n_rows: int


@dataclass(frozen=True)
class Member:
    """A file of the bundle."""

    sha256: str
    n_bytes: int


@dataclass(frozen=True)
class Manifest:
    """All that is said of a bundle.

    Attributes
    ----------
    format : int
        Format of the bundle.
    name : str
        Title of the model.
    problem, model : str
        As for ``locomotion train --task`` and ``--model``.
    runtime : str
        What the model is made for: ``sklearn``, or ``network`` (PyTorch, on curves).
    kind : str
        ``classification`` or ``regression``.
    target : str
        Column predicted.
    target_unit : str or None
        Its unit.
    classes : tuple
        Sorted labels; empty for a quantity.
    inputs : Inputs
        Channels, columns and features.
    training : Training
        Origin.
    metrics : dict of str to Metric
        Scores.
    conformal : Conformal or None
        None where the model gives no probabilities.
    outside : Outside or None
        None where there are no features to compare.
    onnx : Parity or None
        The converted model, where there is one.
    int8 : Int8 or None
        What the network loses in whole numbers of 8 bits, where it may be run so.
    intended_use : str
        What it is for.
    limits : tuple of str
        What it is not for, and why its scores may mislead.
    versions : dict of str to str
        Libraries it was trained with.
    members : dict of str to Member
        Every file but the manifest and the signature.
    """

    format: int
    name: str
    problem: str
    model: str
    runtime: str
    kind: str
    target: str
    target_unit: str | None
    classes: tuple[str | int | float | bool, ...]
    inputs: Inputs
    training: Training
    metrics: dict[str, Metric]
    conformal: Conformal | None
    outside: Outside | None
    onnx: Parity | None
    int8: Int8 | None
    intended_use: str
    limits: tuple[str, ...]
    versions: dict[str, str]
    members: dict[str, Member]

    def to_json(self) -> bytes:
        """Return the manifest as JSON, the same bytes for the same content."""
        text = json.dumps(
            asdict(self), indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False
        )
        return (text + "\n").encode()

    @classmethod
    def from_json(cls, content: bytes) -> "Manifest":
        """Return the manifest that :meth:`to_json` wrote.

        Raises
        ------
        BundleError
            If it is damaged, or of a format this version does not know.
        """
        return document(cls, content, "a bundle", FORMAT, "manifest.json")
