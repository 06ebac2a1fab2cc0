"""How many small faults in the code the tests notice: mutation testing of three rooms.

    python benchmarks/mutation.py FOLDER [--mutants 200] [--seed 0] [--again] [--write-docs]

Draws mutants of `features/`, `quality/` and `evaluation/` (operators of cosmic-ray), puts each into
a copy of the tree in FOLDER and runs the tests of its module. FOLDER keeps what was found: a run
that was stopped goes on, and `--again` runs the survivors against the tests as they are now.
`--write-docs` writes docs/reference/mutation.md. Linux and macOS: each mutant runs in a fork of
this process, which has the libraries loaded.
"""

import argparse
import ast
import compileall
import contextlib
import importlib
import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = Path("src") / "locomotion_analysis"
ROOMS = ("quality", "features", "evaluation")  # a room imports what stands left of it
CPU_LIMIT_S, WALL_LIMIT_S = 120, 900

BINARY = ("Add_Sub", "Sub_Add", "Mul_Div", "Div_Mul", "FloorDiv_Mul", "Mod_Add", "Pow_Mul")
BINARY += ("BitAnd_BitOr", "BitOr_BitAnd", "RShift_LShift", "LShift_RShift")
COMPARISONS = ("Lt_LtE", "LtE_Lt", "Gt_GtE", "GtE_Gt", "Lt_GtE", "GtE_Lt", "Gt_LtE", "LtE_Gt")
COMPARISONS += ("Eq_NotEq", "NotEq_Eq", "Is_IsNot", "IsNot_Is")
UNARY = ("USub_UAdd", "Delete_Not", "Delete_Invert")
OPERATORS = (
    *(f"core/ReplaceBinaryOperator_{pair}" for pair in BINARY),
    *(f"core/ReplaceComparisonOperator_{pair}" for pair in COMPARISONS),
    *(f"core/ReplaceUnaryOperator_{pair}" for pair in UNARY),
    *("core/AddNot", "core/ReplaceAndWithOr", "core/ReplaceOrWithAnd", "core/NumberReplacer"),
    *("core/ReplaceTrueWithFalse", "core/ReplaceFalseWithTrue", "core/ZeroIterationForLoop"),
    *("core/ReplaceBreakWithContinue", "core/ReplaceContinueWithBreak"),
)

# A module's tests, the quickest first; in tests/<room>.
TESTS = {
    "features/clinical": (
        *("test_clinical_flags", "test_clinical_gillette", "test_norm_deviation"),
        *("test_efficiency", "test_clinical_profile"),
    ),
    "features/curves": ("test_windows", "test_kinematic_content", "test_kinetic_content"),
    "features/engineer": ("test_engineer",),
    "features/forces": ("test_windows", "test_kinetic_content"),
    "features/kernels/forces": ("test_stance", "test_kinetic_content", "test_catalogue_kernels"),
    "features/kernels/series": (
        *("test_kinematic_content", "test_clinical_kernels", "test_catalogue_kernels"),
        "test_vector_coding",
    ),
    "features/kernels/statistics": (
        *("test_core_statistics", "test_kinematic_content", "test_windows", "test_quantiles"),
        "test_catalogue_kernels",
    ),
    "features/sequences": ("test_sequential",),
    "features/spec": (
        *("test_leg_events", "test_stance", "test_temporal_spatial", "test_kinematic_content"),
        *("test_timing_and_lengths_content", "test_tabular"),
    ),
    "features/symmetry": ("test_symmetry",),
    "features/table": ("test_tabular", "test_aggregations"),
    "features/time_and_distance": ("test_timing_and_lengths_content", "test_temporal_spatial"),
    "features/torch_data": ("test_torch_dataset",),
    "features/torch_datasets": ("test_torch_dataset",),
    "features/variability": ("test_stability", "test_variability", "test_nonlinear"),
    "quality/batch": ("test_limits", "test_checks", "test_validation"),
    "quality/checks": ("test_limits", "test_checks", "test_validation"),
    "quality/doctor": ("test_limits", "test_doctor"),
    "quality/identity": ("test_identity", "test_limits"),
    "quality/norm_fit": ("test_limits", "test_norm_fit", "test_doctor"),
    "quality/treatment": ("test_limits", "test_doctor", "test_validation", "test_commands"),
    "quality/validation": ("test_validation", "test_limits", "test_checks"),
    "evaluation/checks": (
        *("test_few_subjects", "test_learning_curve", "test_robustness", "test_permutation"),
        "test_fold_checks",
    ),
    "evaluation/cross_validation": ("test_classification", "test_regression", "test_subject_leak"),
    "evaluation/evaluator": ("test_classification", "test_regression", "test_bad_input"),
    "evaluation/explain/feature_groups": ("explain/test_importance",),
    "evaluation/explain/importance": ("explain/test_importance", "test_fold_checks"),
    "evaluation/folds": (
        *("test_importances", "test_subject_leak", "test_bad_input", "test_classification"),
        *("test_regression", "test_fold_checks", "test_hardest_cycles", "test_who_is_who"),
    ),
    "evaluation/metrics": (
        *("test_intervals", "test_few_subjects", "test_classification", "test_regression"),
    ),
    "evaluation/paired_change": ("test_paired_change",),
    "evaluation/probability": ("test_probability",),
    "evaluation/subject_scores": (
        *("test_corrected_t", "test_agreement", "test_by_class", "test_fairness"),
        "test_paired_comparison",
    ),
}
PRELOADED = (
    *("hypothesis", "joblib", "matplotlib.pyplot", "numba", "pandas", "pyarrow.parquet", "pytest"),
    *(
        "scipy.stats",
        "sklearn.ensemble",
        "sklearn.linear_model",
        "sklearn.model_selection",
        "torch",
    ),
)
# What the process has loaded before it forks: nothing of the mutant's own room or right of it.
LEFT_OF = {
    "quality": ("ingest", "simulation", "reporting"),
    "features": ("quality",),
    "evaluation": ("features.table", "selection", "datasets", "models"),
}
OPTIONS = "-x -q --assert=plain -p no:cacheprovider -W ignore::pytest.PytestAssertRewriteWarning"


EQUIVALENT = {
    (
        "quality/doctor",
        "if start >= FAR_START and best < BETTER_START * start:",
    ): "Differs only where a mean of squares is exactly 2.",
    (
        "quality/doctor",
        "more[:, own] = habit[:, None] & (like[:, own] < 0) & (after[:, own] <= before[:, own])",
    ): "Differs only where two distances agree to the last digit.",
    (
        "quality/doctor",
        "more[:, own] = habit[:, None] & (like[:, own] <= 0) & (after[:, own] < before[:, own])",
    ): "Differs only where a correlation is exactly 0.",
    (
        "features/kernels/statistics",
        "if not _SMALLEST_SQUARE <= square < _LARGEST_SQUARE:",
    ): "Differs only where a sum of squares is exactly the bound.",
    (
        "features/curves",
        'Peak("hip_flexor_moment_peak", 2, 0.5, 1.2),',
    ): "Of this number the sign alone is read.",
    (
        "features/kernels/statistics",
        "turns = np.empty( 3 * period + 1, np.float32)",
    ): "Memory that nothing reads.",
    (
        "quality/treatment",
        'indices = cycles.groupby(["dataset", "subject"], sort=True).indices',
    ): "A dictionary, whose order is not used.",
    (
        "quality/validation",
        "total = count_cycles(source) if progress else 1",
    ): "The total is used with a progress function alone.",
    (
        "features/engineer",
        'solver = "covariance_eigh" if n_samples > 3 * len(columns) else "full"',
    ): "Both solvers are exact; the number says which is the faster.",
    (
        "features/kernels/series",
        "one, other = np.empty((4, n_phases), np.float32), np.empty(( 5, n_phases), np.float32)",
    ): "A row of memory that nothing reads.",
    (
        "features/kernels/statistics",
        '_OPTIONS = {"cache": False, "error_model": "numpy"}',
    ): "Kernels are compiled anew in each process, to the same numbers.",
    (
        "evaluation/metrics",
        "penalty = np.minimum(of.quantile**2 * _ratio(of.variance, whole, 0.0), widest**2) / people",
    ): "Where the whole is 0 the next line puts the widest in its place.",
    (
        "evaluation/metrics",
        "return np.where(first <= 1e-9, 0.0, np.where(second <= 1e-9, 0.0, found))",
    ): "The larger of this and Wilson's limit is taken, and that is 1 there.",
    (
        "evaluation/metrics",
        "change = np.where(known, value - self.without, 1.0)",
    ): "Limits of scores that are not known become NaN two lines later.",
    (
        "evaluation/metrics",
        ".fit(np.zeros((len(train), 0)), codes[train])",
    ): "The most frequent class is found without looking at features.",
    (
        "evaluation/folds",
        "return np.zeros((len(X), X.shape[+1]), dtype=bool)",
    ): "Of whole numbers none is missing, however many columns are said to have none missing.",
    (
        "evaluation/explain/importance",
        "donor[ring] = np.roll(ring, +1)",
    ): "To receive from the next of a random ring is as random as to give to it.",
}
"""(module, the changed line) -> why nobody can tell it from the code."""

PAGE = ROOT / "docs" / "reference" / "mutation.md"
PAGE_TEXT = """\
# Mutation testing

How many small faults in the code the tests notice. A mutant is the code with one operator or number
changed: `+` for `-`, `<=` for `<`, 2 for 1, `not` added, a loop that never runs. It is killed when a
test fails (or does not end), and survives when all pass. `benchmarks/mutation.py` makes it with the
operators of [cosmic-ray](https://cosmic-ray.readthedocs.io) and runs the tests of the mutant's own
module, those of its room and no others.

{machine}. {count} of {total} mutants of the rooms `features`, `quality` and `evaluation`, drawn with
seed {seed}, no two on one line. No part take: pages and figures; types, decorators and the texts of
errors; what runs in processes of its own (`streaming`, `extraction`); and what is made of many
fitted models, whose tests take minutes a mutant (studies, training, leaderboards, audits,
discovery, generation, explanation of networks). The last column leaves out the equivalent ones.

| room | drawn | run | killed | of these, did not end | survive | equivalent | killed, of all run | killed, of the others |
| --- | --: | --: | --: | --: | --: | --: | --: | --: |
{rows}

## Survivors

{survivors}

## Equivalent mutants

Nobody can tell these from the code by what it returns.

{equivalent}

## Run it

```bash
pip install -c constraints.txt -r benchmarks/requirements.txt
python benchmarks/mutation.py FOLDER --seed 1
```

FOLDER gets a copy of the tree and keeps what was found; a run that was stopped goes on, and `--again`
runs the survivors against the tests as they are then. `--write-docs` writes this page.
"""


def behaviour(source):
    """Return a test of places: whether a mutant there changes what the module does.

    It does not in types, decorators, texts of errors and of f-strings, nor in a figure.
    """
    inside, outside = [], []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            outside += [span(each) for each in node.decorator_list]
        if isinstance(node, ast.FunctionDef):
            first, last = span(node), span(node.body[0])
            outside.append(first if node.name.startswith("plot_") else (first[0], last[0]))
            inside += [span(each) for each in [*node.args.defaults, *node.args.kw_defaults] if each]
        elif isinstance(node, (ast.Raise, ast.JoinedStr)):
            outside.append(span(node))
        elif isinstance(node, ast.AnnAssign):
            is_type = ast.unparse(node.annotation) == "TypeAlias"
            outside.append(span(node if is_type else node.annotation))

    def among(place, spans):
        return any(begin <= place < end for begin, end in spans)

    return lambda place: among(place, inside) or not among(place, outside)


def span(node):
    return (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)


def mutants_of(module):
    """Yield all mutants of a module of the table: path, line, operator, occurrence."""
    path = PACKAGE / f"{module}.py"
    source = (ROOT / path).read_text(encoding="utf-8")
    nodes, counts = list(ast_nodes(get_ast(source))), behaviour(source)
    for operator in OPERATORS:
        positions = get_operator(operator)().mutation_positions
        places = (place for node in nodes for place in positions(node))
        for occurrence, (begin, _) in enumerate(places):
            if counts(begin):
                yield module, begin[0], operator, occurrence


def drawn(count, seed):
    """Return `count` mutants, no two on one line."""
    everything = [mutant for module in TESTS for mutant in mutants_of(module)]
    random.Random(seed).shuffle(everything)
    of_line = {}
    for mutant in everything:
        of_line.setdefault(mutant[:2], mutant)
    chosen = list(of_line.values())[:count]
    return len(everything), sorted(
        chosen, key=lambda each: (ROOMS.index(room_of(each)), "kernels" in each[0], each)
    )


def room_of(mutant):
    return mutant[0].split("/")[0]


def tests_of(module):
    room = module.split("/")[0]
    return [f"tests/{room}/{name}.py" for name in TESTS[module]]


def outcome(tree, module):
    """Return what pytest says of the tree: killed, survived or timeout; and CPU seconds."""
    start = time.monotonic()
    child = os.fork()
    if child == 0:
        _run_tests(tree, module)
    while True:
        done, status, usage = os.wait4(child, os.WNOHANG)
        if done:
            break
        if time.monotonic() - start > WALL_LIMIT_S:
            os.killpg(child, signal.SIGKILL)
        time.sleep(0.02)
    with contextlib.suppress(ProcessLookupError):  # what the tests started and left
        os.killpg(child, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(status)
    if code in {-signal.SIGXCPU, -signal.SIGKILL}:
        told = "timeout"
    elif code in {0, 1, 2} or code < 0:
        told = "killed" if code else "survived"
    else:
        raise SystemExit(f"pytest ended with {code}: see {tree.parent / 'output.txt'}")
    return told, usage.ru_utime + usage.ru_stime


def _run_tests(tree, module):
    os.setsid()
    os.chdir(tree)
    output = os.open(tree.parent / "output.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_LIMIT_S, CPU_LIMIT_S + 5))
    if module == "features/kernels/statistics":
        # numba compiles what a changed file holds anew, but not the kernels elsewhere that call it.
        importlib.import_module("numba").config.CACHE_DIR = tempfile.mkdtemp(dir=tree.parent)
    code = importlib.import_module("pytest").main([*OPTIONS.split(), *tests_of(module)])
    sys.stdout.flush()
    os._exit(int(code))


def tried(tree, mutant):
    """Return what the tests say of one mutant, and its line before and after."""
    module, _, operator, occurrence = mutant
    path = tree / PACKAGE / f"{module}.py"
    source, times = path.read_text(encoding="utf-8"), path.stat()
    for name in LEFT_OF[room_of(mutant)]:
        importlib.import_module(f"locomotion_analysis.{name}")
    check_not_loaded(room_of(mutant), tree)
    changed = mutate_code(source, get_operator(operator)(), occurrence)
    was, now = difference(source, changed)
    path.write_text(changed, encoding="utf-8")
    try:
        told, seconds = outcome(tree, module)
    finally:
        path.write_text(source, encoding="utf-8")
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))  # kernels stay cached
    found = {"mutant": mutant, "was": was, "now": now, "outcome": told, "seconds": seconds}
    return found | {"by": first_failure(tree)}


def first_failure(tree):
    """Return the test that failed, as the tests that just ended tell it."""
    output = (tree.parent / "output.txt").read_text(encoding="utf-8", errors="replace")
    lines = [line.split() for line in output.splitlines()]
    return next((line[1] for line in lines if line and line[0] in {"FAILED", "ERROR"}), None)


def difference(source, changed):
    """Return the first line that differs, before and after."""
    pairs = zip(source.splitlines(), changed.splitlines(), strict=False)
    was, now = next((was, now) for was, now in pairs if was != now)
    return was.strip(), now.strip()


def prepared(folder):
    """Return a copy of the tree's code and tests in FOLDER, as it is now, and load the libraries."""
    tree = folder / "tree"
    for name in ("src", "tests", "revalidation", "benchmarks"):
        shutil.copytree(ROOT / name, tree / name, dirs_exist_ok=True)  # with compiled kernels
    shutil.copy2(ROOT / "pyproject.toml", tree)
    compileall.compile_dir(tree, quiet=1)
    sys.dont_write_bytecode = True
    os.environ |= {"PYTHONPATH": str(tree / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    os.environ |= {"OMP_NUM_THREADS": "1", "MPLBACKEND": "Agg"}
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    sys.path[:0] = [str(tree / "src"), str(tree)]
    for name in PRELOADED:
        importlib.import_module(name)
    return tree


def check_not_loaded(room, tree):
    """Raise if a fork of this process would not import a mutant of that room."""
    package = importlib.import_module("locomotion_analysis").__file__
    if not Path(package).is_relative_to(tree):
        raise SystemExit(f"imported from {package}, not from the copy in {tree}")
    name = f"locomotion_analysis.{room}"
    loaded = [each for each in sys.modules if each == name or each.startswith(f"{name}.")]
    if loaded:
        raise SystemExit(f"imported before it was changed: {', '.join(loaded)}")


def read_record(path):
    found = {}
    if path.is_file():
        for line in path.read_text(encoding="utf-8").splitlines():
            told = json.loads(line)
            found.setdefault(tuple(told["mutant"]), []).append(told)
    return found


def survived(runs):
    return runs[-1]["outcome"] == "survived"


def described(found):
    module, line, *_ = found["mutant"]
    return f"`{module}.py:{line}`: `{found['was']}` became `{found['now']}`"


def reason(found):
    """Return why a mutant does what the code does, or None."""
    return EQUIVALENT.get((found["mutant"][0], found["now"]))


def listed(found):
    lines = [f"- {described(each)}. {reason(each) or ''}".rstrip() for each in found]
    return "\n".join(lines) or "None."


def report(mutants, known, total, seed):
    """Return the page: how many were killed, and which were not."""
    from measured_page import machine  # loads the package: not before the mutants have run

    runs = [known[each] for each in mutants if each in known]
    rows = []
    for room in (*ROOMS, "all"):
        own = [each for each in runs if room in {"all", room_of(each[0]["mutant"])}]
        n_drawn = sum(room in {"all", room_of(each)} for each in mutants)
        now = Counter(each[-1]["outcome"] for each in own)
        alike = sum(survived(each) and reason(each[-1]) is not None for each in own)
        killed = now["killed"] + now["timeout"]
        rows.append(
            f"| {room} | {n_drawn} | {len(own)} | {killed} | {now['timeout']} | "
            f"{now['survived'] - alike} | {alike} | {killed / max(len(own), 1):.0%} | "
            f"{killed / max(len(own) - alike, 1):.0%} |"
        )
    left = [each[-1] for each in runs if survived(each)]
    return PAGE_TEXT.format(
        machine=machine(),
        count=len(mutants),
        total=f"{total:,}",
        seed=seed,
        rows="\n".join(rows),
        survivors=listed(each for each in left if reason(each) is None),
        equivalent=listed(each for each in left if reason(each) is not None),
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--mutants", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--again", action="store_true", help="run survivors again")
    parser.add_argument("--run", type=int, help="run so many of those to do, and no more")
    parser.add_argument("--write-docs", action="store_true")
    options = parser.parse_args()
    folder = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    record = folder / "outcomes.jsonl"
    total, mutants = drawn(options.mutants, options.seed)
    known = read_record(record)
    todo = [
        each for each in mutants if each not in known or (options.again and survived(known[each]))
    ]
    todo = todo[: options.run]
    tree = prepared(folder) if todo else None
    for place, mutant in enumerate(todo, start=1):
        found = tried(tree, mutant)
        known.setdefault(mutant, []).append(found)
        with record.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(found) + "\n")
        told = f"{found['outcome']} in {found['seconds']:.0f} s"
        print(f"{place}/{len(todo)} {told}: {described(found)}", flush=True)
    text = report(mutants, known, total, options.seed)
    print(text)
    if options.write_docs:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
