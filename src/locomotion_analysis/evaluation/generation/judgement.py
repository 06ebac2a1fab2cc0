"""A generator judged on people it has not learnt from."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.base import clone

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.errors import SchemaError
from locomotion_analysis.evaluation.generation.compared_cycles import (
    CurveSpace,
    labels_of,
    subjects_of,
)
from locomotion_analysis.evaluation.generation.coverage import Coverage, coverage
from locomotion_analysis.evaluation.generation.discriminative import (
    DiscriminativeScore,
    discriminative_score,
)
from locomotion_analysis.evaluation.generation.memorisation import (
    Memorisation,
    People,
    memorisation,
)
from locomotion_analysis.evaluation.generation.predictive import predictive_scores
from locomotion_analysis.evaluation.generation.realism import realism
from locomotion_analysis.evaluation.inputs import said_simulated
from locomotion_analysis.models.deep import CycleGenerator
from locomotion_analysis.selection import SubjectStratifiedKFold


@dataclass(frozen=True, eq=False)
class GenerationJudgement:
    """What generated cycles are worth.

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
        Of :func:`predictive_scores`.
    coverage, real_coverage : Coverage
        Of the held-out cycles by the generated ones, and by as many training cycles.
    memorisation : Memorisation
        Nearest neighbours.
    realism : DataFrame
        Of :func:`realism`.
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
    realism: pd.DataFrame

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
    n_bootstrap: int = 1000,
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
    n_bootstrap, random_state : int
        Draws of subjects for the intervals, and seed of split and samples.

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
    >>> judged = judge_generator(diffusion, data, n_bootstrap=20)
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
    generated = fitted.sample(held_out.cycles, random_state)
    again = fitted.sample(training.cycles, random_state + 1)
    return _judged(
        fitted, (training, again), (held_out, generated), target, n_bootstrap, random_state
    )


def _judged(
    generator: CycleGenerator,
    known: tuple[LocomotionData, LocomotionData],
    others: tuple[LocomotionData, LocomotionData],
    target: str,
    n_bootstrap: int,
    random_state: int,
) -> GenerationJudgement:
    (training, again), (held_out, generated) = known, others
    space = CurveSpace.of(training, generated.channels)
    seeds = {"n_bootstrap": n_bootstrap, "random_state": random_state}
    real, made = _people(space, held_out, generated), _people(space, training, again)
    rng = np.random.default_rng(random_state)
    some = rng.permutation(len(training))[: len(held_out)]
    return GenerationJudgement(
        generator,
        training,
        held_out,
        generated,
        target,
        discriminative_score(held_out, generated, space, **seeds),
        predictive_scores(training, again, held_out, space, target, **seeds),
        coverage(real.real, real.subject, real.generated, **seeds),
        coverage(real.real, real.subject, made.real[some], **seeds),
        memorisation(made, real, **seeds),
        realism(held_out, generated),
    )


def _people(space: CurveSpace, real: LocomotionData, generated: LocomotionData) -> People:
    subject, _ = subjects_of(real)
    task = real.cycles["task"].to_numpy(object)
    return People(space.rows(real), space.rows(generated), subject, task)
