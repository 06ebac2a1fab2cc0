"""How often 95 % intervals hold the truth, and why they are made as they are.

    python benchmarks/interval_coverage.py                # prints
    python benchmarks/interval_coverage.py --write-docs   # and writes docs/reference/interval-coverage.md

People are drawn whose skill varies, and of each a number of cycles; of every draw the interval is
computed by the package's own function, and counted is how often it holds the population's score.
Beside it: the percentiles of a bootstrap over subjects, BCa, and Wilson's and Clopper and Pearson's
limits with the effective number of cycles as it is estimated.
"""

import argparse
from itertools import product

import numpy as np
from measured_page import DOCS, machine
from scipy import stats

from locomotion_analysis.evaluation.metrics import (
    SCALES,
    Jackknife,
    effective_people,
    metric_jackknife,
    subject_weights,
)

PEOPLE = (10, 15, 20, 40, 80)
ACCURACIES = (0.5, 0.8, 0.9, 0.95, 0.99)
LIKENESS = (0.0, 0.1, 0.3, 0.6, 1.0)
CYCLES = (2, 8, 30)
N_DRAWS = 500
AIM = (93.0, 97.0)

PAGE = """# How often the intervals hold the truth

Every interval over subjects in this package, of the evaluator, leaderboards, studies, training runs,
audits, monitoring and reports, is made by one function
(`locomotion_analysis.evaluation.metrics.Jackknife`). This page measures how often a 95 % interval
holds the score that the model has among all people the tested ones were drawn from.
Made by `python benchmarks/interval_coverage.py --write-docs`, {repeats:,} repeats a cell: a coverage
of 95 % is measured to within {error:.1f} points. {machine}.

## The method
The score θ is computed of all subjects, and again without each. With $u_i$ the change when subject
*i* is left out, and *m* the effective number of subjects (Kish: fewer where some have many more
cycles than others, or one class has few people),

- variance $v = (m-1)/m \\; \\sum u_i^2$ (jackknife, Efron & Stein 1981);
- degrees of freedom $\\nu = 2/(1/k - 1/m) - 2$, with $k = (\\sum u_i^2)^2/\\sum u_i^4$ the number of
  subjects the variance rests on (Satterthwaite 1946; two are taken off, by simulation, since few
  people seldom show the fourth moment), from 1.5 to $m-1$.

A share (accuracy, balanced accuracy, recall, specificity, precision, F1, areas under curves, Brier
score) gets Wilson's interval

$$\\frac{{\\theta + c/2 \\pm \\sqrt{{c\\,(\\theta(1-\\theta) + c/4)}}}}{{1 + c}}, \\qquad
c = \\min\\left(\\frac{{t_\\nu^2\\, v}}{{\\theta(1-\\theta)}},\\; \\frac{{t_{{m-1}}^2}}{{m}}\\right),$$

that is, with the effective number of cycles $\\theta(1-\\theta)/v$ of Rao & Scott (1992) and Korn &
Graubard (1998), and Wilson's limits, which Franco et al. (2019) found best for clustered data. Never
wider, and where all subjects agree ($v = 0$) as wide, as for people who are right in all of their
cycles or in none. Where less than one person's worth is wrong (or right), the outer end is Clopper
and Pearson's with $1.96^2/c$ trials, for Wilson's lies too near to 1 there (Brown, Cai & DasGupta
2001). Errors (MAE, RMSE) get $\\theta \\exp(\\pm t_\\nu \\sqrt v / \\theta)$; R² the same of 1 − R²;
bias, effects and other numbers $\\theta \\pm t_\\nu \\sqrt v$.

The difference of two models on the same people is jackknifed as a difference, so that what both find
hard cancels: $\\pm t_\\nu \\sqrt v$, at most what people would give in whom the models differ in all
cycles or in none, $\\sqrt{{t^2 (g - \\delta^2)/m + (t^2/(m + t^2))^2}}$ with *g* the mean size of the
difference in a person; where nobody differs, what Wilson's limit for none of *m* people allows.

## Accuracy
Skill of people from a beta distribution; *likeness* is the correlation of two cycles of one person (0:
cycles are as good as people; 1: a person is right always or never). Each cell: lowest and highest
coverage over {cycles} cycles a person, in percent.

{accuracy}

With likeness 1 (and with accuracies of .95 and .99 and few people) the score takes few values, and no
interval can cover near 95 %: one more person right or wrong moves the coverage by several points. The
rule is then that it covers too often rather than too seldom.

### Against other intervals
The same cells, 15 people and more ({n_cells} cells): how many cover less than 93 % and less than
90 %, more than 97 %, the lowest coverage, and the mean width for 20 people of accuracy .9, likeness .3
and 8 cycles.

{methods}

{judged}

## Other scores
{others}

Two classes of as many people each (three of ten where it says so), likeness .3, 8 cycles a person.
The area under the curve: probabilities with a normal person effect. MAE, RMSE: errors with a log-normal
spread between people (SD of the logarithm .3, or .6: a few people whose errors are several times
those of most). R²: a target that varies between people with SD 2, errors of SD 1.

**Limits.** With errors spread as widely as .6 the mean square rests on a few people, and nothing in a
sample without them tells of them: RMSE then covers 87 to 92 % (percentiles of a bootstrap less); MAE
does not suffer so. A perfect regression
(all errors 0) has the interval (0, 0). The expected calibration error lies high with few cycles, and
its interval with it. Intervals are of the people tested: another training set is another source of
chance, see the corrected t test of `paired_comparison`.

## Differences between two models
Two models on the same people, 8 cycles, likeness .3 of what both find hard. Coverage of the true
difference, in percent.

{differences}

## Sources
- Efron B, Stein C (1981). The jackknife estimate of variance. Ann Stat 9:586.
- Satterthwaite FE (1946). An approximate distribution of estimates of variance components. Biometrics
  Bulletin 2:110.
- Rao JNK, Scott AJ (1992). A simple method for the analysis of clustered binary data. Biometrics
  48:577.
- Korn EL, Graubard BI (1998). Confidence intervals for proportions with small expected number of
  positive counts estimated from survey data. Survey Methodology 24:193.
- Franco C, Little RJA, Louis TA, Slud EV (2019). Comparative study of confidence intervals for
  proportions in complex sample surveys. J Surv Stat Methodol 7:334 (PMC6690503).
- Brown LD, Cai TT, DasGupta A (2001). Interval estimation for a binomial proportion. Stat Sci 16:101.
- Efron B (1987). Better bootstrap confidence intervals. J Am Stat Assoc 82:171 (BCa).
"""


def skills(rng, shape, accuracy, likeness):
    """Skill of each person: beta, or always and never."""
    if likeness == 0:
        return np.full(shape, accuracy)
    if likeness == 1:
        return (rng.random(shape) < accuracy).astype(float)
    both = (1 - likeness) / likeness
    return rng.beta(accuracy * both, (1 - accuracy) * both, shape)


def share(sums):
    return sums[..., 0] / sums[..., 1]


def own(right, n_cycles):
    sums = np.stack([right, np.full_like(right, n_cycles)], axis=-1)
    return Jackknife.of(share, sums, sums[..., 1:]).intervals("share")


def percentiles(right, n_cycles):
    draws = subject_weights(len(right), N_DRAWS, 0) @ right / (n_cycles * len(right))
    return np.percentile(draws, [2.5, 97.5], axis=0)


def bca(right, n_cycles):
    values, n = right / n_cycles, len(right)
    draws = np.sort(subject_weights(n, N_DRAWS, 0) @ values / n, axis=0)
    mean = values.mean(axis=0)
    below = ((draws < mean).mean(axis=0) + (draws <= mean).mean(axis=0)) / 2
    shift = stats.norm.ppf(np.clip(below, 1 / N_DRAWS, 1 - 1 / N_DRAWS))
    off = mean - values
    squares = (off**2).sum(axis=0)
    bent = np.divide(
        -(off**3).sum(axis=0), 6 * squares**1.5, out=np.zeros_like(mean), where=squares > 0
    )
    ends = []
    for z in (-1.96, 1.96):
        part = stats.norm.cdf(shift + (shift + z) / (1 - bent * (shift + z)))
        place = np.clip(np.floor(part * N_DRAWS), 0, N_DRAWS - 1).astype(int)
        ends.append(np.take_along_axis(draws, place[None], axis=0)[0])
    return ends


def effective_number(right, n_cycles):
    """Korn and Graubard's: as many cycles as independent ones would vary so, for Student's t."""
    values, n = right / n_cycles, len(right)
    mean, variance = values.mean(axis=0), values.var(axis=0, ddof=1) / n
    number = np.divide(
        mean * (1 - mean), variance, out=np.full(mean.shape, float(n)), where=variance > 0
    )
    return mean, number * (1.96 / stats.t.ppf(0.975, n - 1)) ** 2


def wilson(right, n_cycles):
    mean, number = effective_number(right, n_cycles)
    c = 1.96**2 / number
    middle, half = (mean + c / 2) / (1 + c), np.sqrt(c * (mean * (1 - mean) + c / 4)) / (1 + c)
    return middle - half, middle + half


def clopper_pearson(right, n_cycles):
    mean, number = effective_number(right, n_cycles)
    found, missed = mean * number, (1 - mean) * number
    low = stats.beta.ppf(0.025, np.maximum(found, 1e-9), missed + 1)
    high = stats.beta.ppf(0.975, found + 1, np.maximum(missed, 1e-9))
    return np.where(found > 0, low, 0.0), np.where(missed > 1e-9, high, 1.0)


METHODS = {
    "this package": own,
    "percentiles of a bootstrap": percentiles,
    "BCa": bca,
    "Wilson, effective number": wilson,
    "Clopper-Pearson, effective number": clopper_pearson,
}


def covered(interval, truth):
    low, high = interval
    return 100 * float(((low <= truth + 1e-12) & (truth <= high + 1e-12)).mean())


def accuracy_cells(repeats):
    found = {}
    for cell in product(PEOPLE, LIKENESS, CYCLES, ACCURACIES):
        people, likeness, n_cycles, accuracy = cell
        if likeness == 1 and n_cycles != CYCLES[0]:
            continue
        rng = np.random.default_rng(abs(hash(cell)) % 2**32)
        skill = skills(rng, (people, repeats), accuracy, likeness)
        right = rng.binomial(n_cycles, skill).astype(float)
        for name, method in METHODS.items():
            interval = method(right, n_cycles)
            width = float((interval[1] - interval[0]).mean())
            found[name, *cell] = (covered(interval, accuracy), width)
    return found


def accuracy_table(found):
    lines = ["| people | likeness | " + " | ".join(f"{each:g}" for each in ACCURACIES) + " |",
             "|---|---|" + "---|" * len(ACCURACIES)]  # fmt: skip
    for people, likeness in product(PEOPLE, LIKENESS):
        cells = []
        for accuracy in ACCURACIES:
            values = [
                value
                for (name, *cell), (value, _) in found.items()
                if name == "this package"
                and (cell[0], cell[1], cell[3]) == (people, likeness, accuracy)
            ]
            low, high = round(min(values)), round(max(values))
            cells.append(f"{low}–{high}" if low < high else f"{low}")
        lines.append(f"| {people} | {likeness:g} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def method_table(found):
    lines = [
        "| | under 93 % | under 90 % | over 97 % | lowest | width |",
        "|---|---|---|---|---|---|",
    ]
    n_cells = 0
    for name in METHODS:
        values = np.array(
            [v for (n, people, *_), (v, _) in found.items() if n == name and people >= 15]
        )
        n_cells = len(values)
        width = found[name, 20, 0.3, 8, 0.9][1]
        lines.append(
            f"| {name} | {(values < 93).sum()} | {(values < 90).sum()} | {(values > 97).sum()} | "
            f"{values.min():.1f} | {width:.3f} |"
        )
    return "\n".join(lines), n_cells


def judged(found):
    """Say in words where the aim is not reached."""
    mine = {tuple(cell): v for (name, *cell), (v, _) in found.items() if name == "this package"}
    inner = [v for cell, v in mine.items() if cell[0] >= 15]
    short = sorted((v, cell) for cell, v in mine.items() if cell[0] >= 15 and v < AIM[0])
    few = min(v for cell, v in mine.items() if cell[0] < 15)
    within = np.mean([(AIM[0] <= v <= AIM[1]) for v in inner])
    text = (
        f"Of 15 people and more, {within:.0%} of the cells lie between 93 and 97 %, "
        f"{np.mean([v > AIM[1] for v in inner]):.0%} above and {len(short)} of {len(inner)} below"
    )
    if short:
        places = "; ".join(
            f"{v:.1f} % ({people} people, accuracy {accuracy:g}, likeness {likeness:g}, {cycles} cycles)"
            for v, (people, likeness, cycles, accuracy) in short
        )
        text += f": {places}"
    return text + f". The lowest of 10 people is {few:.1f} %."


# Other scores: (people, repeats) of cycles at once.


def confusions(rng, people, repeats, of_first, recall, n_cycles=8, likeness=0.3):
    """Count true against predicted classes of people of two classes."""
    counts = np.zeros((people, repeats, 2, 2))
    for who in range(people):
        one = 0 if who < of_first else 1
        skill = skills(rng, repeats, recall[one], likeness)
        right = rng.binomial(n_cycles, skill)
        counts[who, :, one, one], counts[who, :, one, 1 - one] = right, n_cycles - right
    return counts


def of_metric(metric, sums, truth):
    return covered(metric_jackknife(metric, sums).intervals(SCALES[metric]), truth)


def balanced(rng, people, repeats, recall, share_of_first=0.5):
    sums = confusions(rng, people, repeats, round(people * share_of_first), recall)
    return of_metric("balanced_accuracy", sums, np.mean(recall))


def f1(rng, people, repeats, recall):
    sums = confusions(rng, people, repeats, people // 2, recall)
    first, second = recall
    truth = np.mean([2 * first / (1 + first + 1 - second), 2 * second / (1 + second + 1 - first)])
    return of_metric("macro_f1", sums, truth)


def recall_of_class(rng, people, repeats, recall):
    sums = confusions(rng, people, repeats, people // 2, (recall, 0.9))
    left = Jackknife.of(
        lambda each: each[..., 0, 0] / each[..., 0, :].sum(axis=-1),
        sums,
        sums[..., 0, :].sum(axis=-1)[..., None],
    )
    return covered(left.intervals("share"), recall)


def area(rng, people, repeats, truth):
    """Probabilities with normal person effects (half of the variance), fewer repeats: loops."""
    repeats, n_cycles = max(repeats // 2, 100), 8
    apart = stats.norm.ppf(truth) * np.sqrt(2)
    second = np.arange(people) >= people // 2
    effect = rng.normal(0, np.sqrt(0.5), (people, repeats)) + apart * second[:, None]
    score = effect[..., None] + rng.normal(0, np.sqrt(0.5), (people, repeats, n_cycles))
    hits = 0
    for one in range(repeats):
        positive, negative = score[second, one], score[~second, one]
        wins = (positive[:, None, :, None] > negative[None, :, None, :]).mean(axis=(2, 3))
        n, m = wins.shape
        without = np.concatenate([
            (wins.sum() - wins.sum(axis=0)) / (n * (m - 1)),
            (wins.sum() - wins.sum(axis=1)) / ((n - 1) * m),
        ])  # fmt: skip
        least = effective_people(np.ones((min(n, m), 1)))
        low, high = Jackknife(np.asarray(wins.mean()), without, least).interval("share")
        hits += low <= truth <= high
    return 100 * hits / repeats


def numbers(metric, spread=0.3):
    def cell(rng, people, repeats, _=None):
        n_cycles = 8
        size = np.exp(rng.normal(0, spread, (people, repeats)))
        error = rng.normal(0, 1, (people, repeats, n_cycles)) * size[..., None]
        true = np.broadcast_to(rng.normal(0, 2, (people, repeats))[..., None], error.shape)
        parts = (np.ones_like(error), true, true**2, np.abs(error), error**2, error)
        sums = np.stack([part.sum(axis=-1) for part in parts], axis=-1)
        squared = np.exp(2 * spread**2)
        truth = {
            "mae": np.sqrt(2 / np.pi) * np.exp(spread**2 / 2),
            "rmse": np.sqrt(squared),
            "r2": 1 - squared / 4,
            "bias": 0.0,
        }
        return of_metric(metric, sums, truth[metric])

    return cell


def others(repeats):
    rows = {
        "balanced accuracy .8": lambda *a: balanced(*a, (0.8, 0.8)),
        "balanced accuracy .95": lambda *a: balanced(*a, (0.95, 0.95)),
        "balanced accuracy .85 (.95 and .75), three of ten in one class": lambda *a: balanced(
            *a, (0.95, 0.75), 0.3
        ),
        "balanced accuracy .95, three of ten in one class": lambda *a: balanced(
            *a, (0.95, 0.95), 0.3
        ),
        "macro F1 of recalls .9 and .8": lambda *a: f1(*a, (0.9, 0.8)),
        "recall of a class .9": lambda *a: recall_of_class(*a, 0.9),
        "ROC AUC .8": lambda *a: area(*a, 0.8),
        "ROC AUC .95": lambda *a: area(*a, 0.95),
        "MAE, spread .3": numbers("mae"),
        "MAE, spread .6": numbers("mae", 0.6),
        "RMSE, spread .3": numbers("rmse"),
        "RMSE, spread .6": numbers("rmse", 0.6),
        "R², spread .3": numbers("r2"),
        "bias, spread .3": numbers("bias"),
    }
    lines = [
        "| | " + " | ".join(f"{n} people" for n in PEOPLE) + " |",
        "|---|" + "---|" * len(PEOPLE),
    ]
    for place, (name, cell) in enumerate(rows.items()):
        values = [
            cell(np.random.default_rng([place, people]), people, repeats) for people in PEOPLE
        ]
        lines.append(f"| {name} | " + " | ".join(f"{v:.1f}" for v in values) + " |")
    return "\n".join(lines)


def differences(repeats):
    pairs = ((0.8, 0.8), (0.9, 0.8), (0.95, 0.9), (0.99, 0.95), (0.95, 0.95))
    lines = ["| accuracies | likeness | " + " | ".join(f"{n} people" for n in PEOPLE) + " |",
             "|---|---|" + "---|" * len(PEOPLE)]  # fmt: skip
    for (first, second), likeness in product(pairs, (0.3, 1.0)):
        values = []
        for people in PEOPLE:
            rng = np.random.default_rng([int(100 * first), int(100 * second), people])
            shape = (people, repeats)
            # One latent rank of a person for both models: what is hard for one is for the other.
            if likeness == 1:
                rank = rng.random(shape)
                partly = np.where(rng.random(shape) < 0.5, rank, rng.random(shape))
                skill = [(rank < first).astype(float), (partly < second).astype(float)]
            else:
                both = (1 - likeness) / likeness
                rank = rng.random(shape)
                skill = [stats.beta.ppf(rank, p * both, (1 - p) * both) for p in (first, second)]
            jack = []
            for each in skill:
                right = rng.binomial(8, each).astype(float)
                sums = np.stack([right, np.full_like(right, 8)], axis=-1)
                jack.append(Jackknife.of(share, sums, sums[..., 1:]))
            interval = (jack[0] - jack[1]).intervals("difference")
            values.append(covered(interval, first - second))
        lines.append(
            f"| {first:g}, {second:g} | {likeness:g} | "
            + " | ".join(f"{v:.1f}" for v in values)
            + " |"
        )
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=4000)
    parser.add_argument("--write-docs", action="store_true")
    asked = parser.parse_args()
    found = accuracy_cells(asked.repeats)
    methods, n_cells = method_table(found)
    page = PAGE.format(
        repeats=asked.repeats,
        error=196 * np.sqrt(0.95 * 0.05 / asked.repeats),
        machine=machine(),
        cycles=", ".join(map(str, CYCLES[:-1])) + f" and {CYCLES[-1]}",
        accuracy=accuracy_table(found),
        n_cells=n_cells,
        methods=methods,
        judged=judged(found),
        others=others(asked.repeats),
        differences=differences(asked.repeats),
    )
    print(page)
    if asked.write_docs:
        (DOCS / "interval-coverage.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
