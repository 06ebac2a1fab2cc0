"""A generator of gait cycles judged: are its cycles real or not, useful or not, copied or not."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import pairwise_distances, roc_auc_score
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from threadpoolctl import threadpool_limits

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.folds import said_simulated
from locomotion_analysis.evaluation.metrics import (
    Interval,
    Jackknife,
    difference_interval,
    effective_people,
    metric_interval,
    metric_values,
)
from locomotion_analysis.evaluation.subject_scores import sums_of
from locomotion_analysis.models.deep.generation import CycleGenerator
from locomotion_analysis.selection import SubjectStratifiedKFold, subject_codes
from locomotion_analysis.selection.splitters import subjects_for

__all__ = ["GenerationJudgement", "judge_generator"]

_N_COMPONENTS = 40
_N_NEIGHBOURS = 5
_SMALLEST = 1e-12


@dataclass(frozen=True, eq=False)
class CurveSpace:
    """Curves as rows of numbers in which every channel weighs the same.

    Attributes
    ----------
    channels : tuple of str
        Channels that are compared.
    mean, spread : ndarray of float32, shape (n_channels,)
        Of the training cycles, in the channels' units.
    """

    channels: tuple[str, ...]
    mean: NDArray[np.float32]
    spread: NDArray[np.float32]

    @classmethod
    def of(cls, training: LocomotionData, channels: tuple[str, ...]) -> "CurveSpace":
        """Return the space of the training cycles that have all the channels."""
        curves = training.array(channels)
        if not np.isfinite(curves).all():
            raise SchemaError(
                expected="training cycles without gaps in the generated channels",
                got=f"{int((~np.isfinite(curves)).any(axis=(1, 2)).sum())} with one",
                where="data",
                fix="leave these cycles out, or give the generator fewer `channels`",
            )
        spread = curves.std(axis=(0, 1), dtype=np.float64)
        scale = np.where(spread > 0, spread, 1.0).astype(np.float32)
        return cls(channels, curves.mean(axis=(0, 1)), scale)

    def curves(self, data: LocomotionData) -> NDArray[np.float32]:
        """Return curves, shape (n_cycles, 150, n_channels)."""
        scaled: NDArray[np.float32] = (data.array(self.channels) - self.mean) / self.spread
        return scaled

    def rows(self, data: LocomotionData) -> NDArray[np.float32]:
        """Return one row a cycle whose Euclidean distances are RMS differences of the curves."""
        flat = self.curves(data).reshape(len(data), -1)
        rows: NDArray[np.float32] = flat / np.sqrt(np.float32(flat.shape[1]))
        return rows


def subjects_of(data: LocomotionData) -> tuple[NDArray[np.intp], int]:
    """Return the number of each cycle's subject, and how many there are."""
    codes, names = subject_codes(data.groups)
    return codes, len(names)


def check_pairs(real: LocomotionData, generated: LocomotionData) -> None:
    """Raise unless there is one generated cycle for each real one."""
    if len(real) != len(generated):
        raise SchemaError(
            expected=f"one generated cycle for each of {len(real)} real ones, in their order",
            got=str(len(generated)),
            where="generated",
            fix="generator.sample(real.cycles)",
        )


def labels_of(data: LocomotionData, target: str) -> NDArray[Any]:
    """Return the class of each cycle as text."""
    cycles = data.cycles
    if target not in cycles or cycles[target].isna().any():
        raise SchemaError(
            expected=f"a class for every cycle in column {target}",
            got="no such column" if target not in cycles else "cycles without one",
            where="target",
            fix="name a column that the cycles are generated for",
        )
    return cycles[target].astype(str).to_numpy(object)


class DiscriminativeScore(NamedTuple):
    """How well real and generated cycles can be told apart.

    Attributes
    ----------
    score : float
        Distance of the accuracy from 0.5 (Yoon et al. 2019, TimeGAN): 0 is not at all, 0.5 always.
    accuracy : float
        On held-out subjects.
    auc : float
        Area under the receiver operating characteristic; 0.5 is not at all.
    auc_interval : tuple of float
        95 %, over subjects.
    """

    score: float
    accuracy: float
    auc: float
    auc_interval: Interval


def discriminative_score(
    real: LocomotionData,
    generated: LocomotionData,
    space: CurveSpace,
    *,
    classifier: Any = None,
    n_splits: int = 3,
    random_state: int = 0,
) -> DiscriminativeScore:
    """Train a classifier on real against generated and test it on cycles of other people.

    A generated cycle goes to the fold of the person whose conditions it was made for: the
    classifier cannot score by knowing people, nor by their speed, age or pathology.

    Parameters
    ----------
    real : LocomotionData
        Cycles the generator has not learnt from.
    generated : LocomotionData
        One for each real cycle, in their order.
    space : CurveSpace
        Scales of the channels.
    classifier : scikit-learn classifier, optional
        Takes curves (n_cycles, 150, n_channels). Default: boosted trees on principal components
        and on each channel's roughness.
    n_splits : int
        Folds of subjects.
    random_state : int
        Seed of the classifier.
    """
    check_pairs(real, generated)
    curves = np.concatenate([space.curves(real), space.curves(generated)])
    made = np.repeat([0, 1], len(real))
    subject, n_subjects = subjects_of(real)
    groups = np.tile(subject, 2)
    model = _roughness_classifier(curves, random_state) if classifier is None else classifier
    chance = np.empty(len(made))
    # Trees on so few cycles are no work to share: threads wait for each other twenty times longer.
    with threadpool_limits(1):
        for train, test in GroupKFold(n_splits).split(curves, made, groups):
            fresh = clone(model)
            known = subjects_for(fresh, groups, train)
            fitted = fresh.fit(curves[train], made[train], **known)
            chance[test] = fitted.predict_proba(curves[test])[:, 1]
    accuracy = float(((chance > 0.5) == made).mean())
    without = [
        roc_auc_score(made[groups != one], chance[groups != one]) for one in range(n_subjects)
    ]
    auc = Jackknife(
        np.asarray(roc_auc_score(made, chance)),
        np.array(without),
        effective_people(np.bincount(subject)[:, None]),
    )
    return DiscriminativeScore(
        abs(accuracy - 0.5),
        accuracy,
        float(auc.value),
        auc.interval("share"),
    )


def _roughness_classifier(curves: NDArray[Any], random_state: int) -> Pipeline:
    # A fold of training holds half of the cycles or more.
    found = min(_N_COMPONENTS, len(curves) // 2, curves[0].size)
    scores = Pipeline(
        [
            ("flatten", FunctionTransformer(_flat)),
            ("pca", PCA(found, svd_solver="randomized", random_state=random_state)),
        ]
    )
    described = FeatureUnion([("scores", scores), ("roughness", FunctionTransformer(_roughness))])
    trees = HistGradientBoostingClassifier(
        max_iter=100, min_samples_leaf=5, random_state=random_state
    )
    return Pipeline([("describe", described), ("trees", trees)])


def _flat(curves: NDArray[Any]) -> NDArray[Any]:
    return curves.reshape(len(curves), -1)


def _roughness(curves: NDArray[Any]) -> NDArray[Any]:
    """Mean square of the second difference of each channel, on a logarithmic scale."""
    bends = np.diff(curves, n=2, axis=1)
    logarithm: NDArray[Any] = np.log((bends**2).mean(axis=1) + _SMALLEST)
    return logarithm


def predictive_scores(
    training: LocomotionData,
    generated: LocomotionData,
    held_out: LocomotionData,
    space: CurveSpace,
    target: str,
    *,
    classifier: Any = None,
) -> pd.DataFrame:
    """Train on generated, on real and on both, and test on people whom nothing was trained on.

    "Train on synthetic, test on real" of Esteban, Hyland & Rätsch (2017,
    https://arxiv.org/abs/1706.02633).

    Parameters
    ----------
    training, generated, held_out : LocomotionData
        Cycles the generator learnt from, cycles it made for the same conditions, and cycles of
        other people.
    space : CurveSpace
        Scales of the channels.
    target : str
        Column of classes to predict from the curves.
    classifier : scikit-learn classifier, optional
        Takes curves (n_cycles, 150, n_channels). Default: logistic regression on mean,
        standard deviation, maximum and minimum of each channel, classes weighing the same.

    Returns
    -------
    DataFrame
        Indexed by ``trained_on`` (real, generated, both): ``score`` (balanced accuracy) with
        ``low`` and ``high`` (95 %), and ``gain`` over real with ``gain_low`` and ``gain_high``.
    """
    model = classifier
    if model is None:
        model = Pipeline(
            [
                ("describe", FunctionTransformer(_statistics)),
                ("scale", StandardScaler()),
                ("classify", LogisticRegression(C=0.1, class_weight="balanced", max_iter=2000)),
            ]
        )
    sources = {"real": [training], "generated": [generated], "both": [training, generated]}
    true = labels_of(held_out, target)
    classes = np.unique(np.concatenate([labels_of(training, target), true]))
    subject, n_subjects = subjects_of(held_out)
    tested = space.curves(held_out)
    sums: dict[str, NDArray[Any]] = {}
    for name, parts in sources.items():
        curves = np.concatenate([space.curves(part) for part in parts])
        labels = np.concatenate([labels_of(part, target) for part in parts])
        fresh = clone(model)
        people = np.concatenate([part.groups for part in parts])
        known = subjects_for(fresh, people, np.arange(len(people)))
        predicted = fresh.fit(curves, labels, **known).predict(tested)
        sums[name] = sums_of(true, predicted, classes)(subject, n_subjects)
    score = {
        name: float(metric_values("balanced_accuracy", each.sum(axis=0)))
        for name, each in sums.items()
    }
    rows = []
    for name, own in sums.items():
        low, high = metric_interval("balanced_accuracy", own)
        gain_low, gain_high = difference_interval("balanced_accuracy", own, sums["real"])
        gain = score[name] - score["real"]
        rows.append((name, score[name], low, high, gain, gain_low, gain_high))
    columns = ["trained_on", "score", "low", "high", "gain", "gain_low", "gain_high"]
    table = pd.DataFrame(rows, columns=columns).set_index("trained_on")
    return said_simulated(table, simulated=True)


def _statistics(curves: NDArray[Any]) -> NDArray[Any]:
    """Mean, standard deviation, maximum and minimum of each channel."""
    return np.concatenate(
        [curves.mean(axis=1), curves.std(axis=1), curves.max(axis=1), curves.min(axis=1)], axis=1
    )


class Coverage(NamedTuple):
    """Variety and faithfulness of cycles against real ones.

    Attributes
    ----------
    coverage : float
        Share of real cycles with one of the others in their neighbourhood.
    coverage_interval : tuple of float
        95 %, over the subjects of the real cycles.
    precision : float
        Share of the others that lie in the neighbourhood of some real cycle.
    """

    coverage: float
    coverage_interval: Interval
    precision: float


def coverage(
    real: NDArray[np.float32],
    subject: NDArray[np.intp],
    others: NDArray[np.float32],
    *,
    n_neighbours: int = _N_NEIGHBOURS,
) -> Coverage:
    """Return coverage and precision of cycles.

    Coverage as Naeem et al. (2020, https://arxiv.org/abs/2002.09797), precision as Kynkäänniemi
    et al. (2019, https://arxiv.org/abs/1904.06991). Both take a cycle's neighbourhood to reach to
    its `n_neighbours`-th nearest; here of other people's cycles, for strides of one person are
    near copies and would make neighbourhoods no other person could be in.

    Parameters
    ----------
    real : ndarray, shape (n_real, n_features)
        Cycles as rows, as from :meth:`CurveSpace.rows`.
    subject : ndarray of int, shape (n_real,)
        Number of each cycle's subject.
    others : ndarray, shape (n_others, n_features)
        Generated cycles, or real ones of further people for comparison: as many.
    n_neighbours : int
        Size of the neighbourhood.

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(size=(90, 2)).astype("f4")
    >>> people = np.repeat(np.arange(15), 3)
    >>> coverage(rows[:45], people, rows[45:]).coverage > coverage(rows[:45], people, rows[:1]).coverage
    True
    """
    between = pairwise_distances(real)
    between[subject[:, None] == subject] = np.inf
    nearest = min(n_neighbours, int(np.isfinite(between).sum(axis=1).min()))
    radius = np.partition(between, nearest - 1, axis=1)[:, nearest - 1]
    distance = pairwise_distances(real, others)
    covered = (distance.min(axis=1) <= radius).astype(float)
    inside = (distance <= radius[:, None]).any(axis=0)
    return Coverage(
        float(covered.mean()),
        _share_interval(covered, subject),
        float(inside.mean()),
    )


class Memorisation(NamedTuple):
    """Nearest neighbours of generated cycles.

    Attributes
    ----------
    nearer_to_training : float
        Share of generated cycles whose nearest real cycle is one the generator learnt from,
        among as many people it did and did not learn from. 0.5 where nothing is memorised.
    interval : tuple of float
        95 %, over the people the conditions are of.
    copies : float
        Share of generated cycles nearer to a training cycle than that person's own other
        strides usually are.
    held_out_copies : float
        The same of real cycles of people the generator did not learn from.
    stride_distance : float
        Median distance of a training cycle to the nearest other stride of its person.
    generated_distance, held_out_distance : ndarray
        Distance of each generated and each held-out cycle to the nearest training cycle: RMS over
        points and channels, in spreads of the channels.
    """

    nearer_to_training: float
    interval: Interval
    copies: float
    held_out_copies: float
    stride_distance: float
    generated_distance: NDArray[np.float64]
    held_out_distance: NDArray[np.float64]


class People(NamedTuple):
    """Real cycles, and a generated one for each of them.

    Attributes
    ----------
    real, generated : ndarray, shape (n_cycles, n_features)
        As from :meth:`CurveSpace.rows`.
    subject : ndarray of int, shape (n_cycles,)
        Number of each real cycle's subject.
    task : ndarray, shape (n_cycles,)
        Its task; strides are compared within.
    """

    real: NDArray[np.float32]
    generated: NDArray[np.float32]
    subject: NDArray[np.intp]
    task: NDArray[np.object_]


def memorisation(training: People, held_out: People, *, random_state: int = 0) -> Memorisation:
    """Look whether generated cycles lie nearer to training cycles than they should.

    A generator that knows only how gaits are distributed lies as near to people it has not
    learnt from as to those it has, whatever else is wrong with it (a test in the manner of
    Meehan, Chaudhuri & Dasgupta 2020, https://arxiv.org/abs/2004.05675). Its cycles are made for
    the conditions of both kinds of people in equal numbers, so that neither is favoured.

    Parameters
    ----------
    training, held_out : People
        Those the generator learnt from, and others.
    random_state : int
        Seed of the choice of people.
    """
    known, others = _as_many_people(training, held_out, random_state)
    asked = np.concatenate([known.generated, others.generated])
    to_known = pairwise_distances(asked, known.real).min(axis=1)
    nearer = (to_known < pairwise_distances(asked, others.real).min(axis=1)).astype(float)
    people = np.concatenate([known.subject, others.subject + int(known.subject.max()) + 1])
    usual = _stride_distances(training)
    median = float(np.median(usual)) if usual.size else float("nan")
    generated = pairwise_distances(held_out.generated, training.real).min(axis=1)
    real = pairwise_distances(held_out.real, training.real).min(axis=1)
    return Memorisation(
        float(nearer.mean()),
        _share_interval(nearer, people),
        float((generated < median).mean()),
        float((real < median).mean()),
        median,
        generated,
        real,
    )


def _as_many_people(first: People, second: People, random_state: int) -> tuple[People, People]:
    """Leave people out of the larger group, at random."""
    count = min(len(np.unique(first.subject)), len(np.unique(second.subject)))
    rng = np.random.default_rng(random_state)
    chosen = []
    for people in (first, second):
        kept = rng.choice(np.unique(people.subject), count, replace=False)
        rows = np.isin(people.subject, kept)
        numbers = np.unique(people.subject[rows], return_inverse=True)[1]
        chosen.append(People(people.real[rows], people.generated[rows], numbers, people.task[rows]))
    return chosen[0], chosen[1]


def _stride_distances(people: People) -> NDArray[np.float64]:
    """Return each cycle's distance to the nearest other one of its person and task."""
    group = np.unique(
        [f"{who}/{task}" for who, task in zip(people.subject, people.task, strict=True)],
        return_inverse=True,
    )[1]
    found = []
    for number in range(int(group.max()) + 1):
        rows = people.real[group == number]
        if len(rows) > 1:
            distance = pairwise_distances(rows)
            np.fill_diagonal(distance, np.inf)
            found.append(distance.min(axis=1))
    return np.concatenate(found).astype(np.float64) if found else np.empty(0)


def _share_interval(values: NDArray[np.float64], people: NDArray[np.intp]) -> Interval:
    """Return the 95 % interval over people of the mean over cycles."""
    sums = np.column_stack([np.bincount(people, values), np.bincount(people)])
    return Jackknife.of(lambda each: each[..., 0] / each[..., 1], sums, sums[:, 1:]).interval(
        "share"
    )


@dataclass(frozen=True, eq=False)
class GenerationJudgement:
    """Scores of generated cycles against held-out ones (see :func:`judge_generator`).

    Attributes
    ----------
    generator : CycleGenerator
        Fitted on `training`.
    training, held_out : LocomotionData
        Cycles of the people it learnt from, and of others.
    generated : LocomotionData
        One cycle for the conditions of each held-out cycle, in their order.
    target : str
        Column of the predictive score.
    discriminative : DiscriminativeScore
        Real held-out against generated cycles.
    predictive : DataFrame
        Of ``predictive_scores``.
    coverage, real_coverage : Coverage
        Of the held-out cycles by the generated ones, and by as many training cycles.
    memorisation : Memorisation
        Nearest neighbours.
    """

    generator: CycleGenerator
    training: LocomotionData
    held_out: LocomotionData
    generated: LocomotionData
    target: str
    discriminative: DiscriminativeScore
    predictive: pd.DataFrame
    coverage: Coverage
    real_coverage: Coverage
    memorisation: Memorisation

    def table(self) -> pd.DataFrame:
        """Return one row a score: its value with a 95 % interval, and what would be perfect."""
        none = (float("nan"), float("nan"))
        real, made, both = (self.predictive.loc[n] for n in ("real", "generated", "both"))
        rows = [
            ("real against generated, AUC", self.discriminative.auc,
             self.discriminative.auc_interval, "0.5"),
            ("discriminative score", self.discriminative.score, none, "0"),
            (f"{self.target} learnt from real cycles", real["score"],
             (real["low"], real["high"]), "1"),
            (f"{self.target} learnt from generated cycles", made["score"],
             (made["low"], made["high"]), f"{real['score']:.3f}, as from real"),
            (f"{self.target} learnt from both", both["score"], (both["low"], both["high"]),
             f"above {real['score']:.3f}"),
            ("coverage", self.coverage.coverage, self.coverage.coverage_interval,
             f"{self.real_coverage.coverage:.3f}, as real"),
            ("precision", self.coverage.precision, none,
             f"{self.real_coverage.precision:.3f}, as real"),
            ("nearest real cycle is a training cycle", self.memorisation.nearer_to_training,
             self.memorisation.interval, "0.5"),
            ("nearer than strides of one person", self.memorisation.copies, none,
             f"{self.memorisation.held_out_copies:.3f}, as real"),
        ]  # fmt: skip
        flat = [(name, value, *interval, aim) for name, value, interval, aim in rows]
        columns = ["score", "value", "low", "high", "perfect"]
        return said_simulated(pd.DataFrame(flat, columns=columns).set_index("score"), True)


def judge_generator(
    generator: CycleGenerator,
    data: LocomotionData,
    *,
    target: str = "pathology",
    n_splits: int = 4,
    random_state: int = 0,
) -> GenerationJudgement:
    """Train a generator on some subjects and judge its cycles by the others.

    Parameters
    ----------
    generator : CycleGenerator
        Cloned, so it may be fitted or not.
    data : LocomotionData
        Real cycles, or simulated ones in their place.
    target : str
        Column of classes that is among the generator's conditions.
    n_splits : int
        One in so many subjects is held out.
    random_state : int
        Seed of split and samples.

    Returns
    -------
    GenerationJudgement

    Raises
    ------
    SchemaError
        If `target` is no condition of the generator.
    SplitLeakError
        If there are fewer subjects than `n_splits`.

    Examples
    --------
    >>> from locomotion_analysis.models.deep import CurveDiffusion
    >>> from locomotion_analysis.simulation import simulate
    >>> data = simulate(n_subjects=16, n_cycles=2, tasks=["level_walking"])
    >>> diffusion = CurveDiffusion(["knee_flexion_angle_ipsi_rad"], width=16, max_epochs=2)
    >>> judged = judge_generator(diffusion, data)
    >>> judged.table().loc["real against generated, AUC", "perfect"]
    '0.5'
    """
    labels = labels_of(data, target)
    train, test = next(
        SubjectStratifiedKFold(n_splits, random_state).split(None, labels, data.groups)
    )
    training, held_out = data.take(train), data.take(test)
    fitted = clone(generator).fit(training)
    if target not in fitted.conditions_.columns:
        raise SchemaError(
            expected=f"a condition of the generator ({', '.join(fitted.conditions_.columns)})",
            got=repr(target),
            where="target",
        )
    # One cycle for the conditions of each held-out cycle, and one for those of each training cycle.
    generated = fitted.sample(held_out.cycles, random_state)
    again = fitted.sample(training.cycles, random_state + 1)
    space = CurveSpace.of(training, generated.channels)
    real, made = _people(space, held_out, generated), _people(space, training, again)
    rng = np.random.default_rng(random_state)
    some = rng.permutation(len(training))[: len(held_out)]
    return GenerationJudgement(
        fitted,
        training,
        held_out,
        generated,
        target,
        discriminative_score(held_out, generated, space, random_state=random_state),
        predictive_scores(training, again, held_out, space, target),
        coverage(real.real, real.subject, real.generated),
        coverage(real.real, real.subject, made.real[some]),
        memorisation(made, real, random_state=random_state),
    )


def _people(space: CurveSpace, real: LocomotionData, generated: LocomotionData) -> People:
    subject, _ = subjects_of(real)
    task = real.cycles["task"].to_numpy(object)
    return People(space.rows(real), space.rows(generated), subject, task)
