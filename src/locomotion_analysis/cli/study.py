"""Commands that learn from gait cycles: study, training, explanation, audit, groups."""

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.markup import escape

from locomotion_analysis.cli.options import (
    EXIT_FINDINGS,
    AsJson,
    Channels,
    Data,
    Features,
    Folder,
    Folds,
    Jobs,
    Model,
    Page,
    Quiet,
    Rows,
    Seed,
    SubjectColumn,
    Target,
    Where,
    cores,
    cycles_path,
    read_data,
    read_rows,
    split_names,
)
from locomotion_analysis.cli.show import (
    console,
    frame_table,
    progress_bar,
    show_cautions,
    show_identity,
    show_json,
    show_paths,
    show_result,
    show_simulated,
    show_size,
)
from locomotion_analysis.errors import SchemaError, counted


def demo(out: Folder = Path("locomotion-demo"), quiet: Quiet = False) -> None:
    """Run the whole job on simulated gait: tell healthy gait from two pathologies."""
    from locomotion_analysis.datasets import load_dataset
    from locomotion_analysis.evaluation import run_study

    data = load_dataset("demo")
    show_size(data)
    with progress_bar(quiet) as progress:
        result = run_study(data, "pathology", out, progress=progress)
    show_result(result)


def run(
    data: Rows,
    target: Target,
    subject_column: SubjectColumn = None,
    where: Where = None,
    channels: Channels = None,
    features: Features = None,
    out: Folder = Path("locomotion-report"),
    model: Model = "forest",
    folds: Folds = 5,
    seed: Seed = 0,
    full: Annotated[
        bool,
        typer.Option(
            "--full",
            help="Also test against chance, with fewer people, disturbed cycles and in other "
            "laboratories: minutes instead of seconds.",
        ),
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Features, cross-validation by subject and a report, on your own gait cycles or features."""
    chosen = read_rows(data, subject_column, where, channels)
    show_size(chosen)
    from locomotion_analysis.evaluation import run_study

    with progress_bar(quiet) as progress:
        result = run_study(
            chosen,
            target,
            out,
            model=model,
            features=split_names(features),
            n_splits=folds,
            random_state=seed,
            full=full,
            source=cycles_path(data),
            progress=progress,
        )
    show_result(result)


def train(
    data: Rows,
    target: Target,
    out: Folder,
    recipes: Annotated[
        list[str] | None,
        typer.Option(
            help="Recipes to compare; repeat, or separate by commas. On features: linear, "
            "extra_trees, boosting, ...; networks on curves: lstm, gru, cnn, spectrogram, wavelet, "
            "gramian, recurrence, transformer, two_leg; network searches the architecture, too "
            "(--search optuna). All on features where not given."
        ),
    ] = None,
    problem: Annotated[
        str | None,
        typer.Option(
            help="Whose recipes: pathology, task, fall_risk, treatment, age, bmi or speed. Follows "
            "from the target where not given."
        ),
    ] = None,
    subject_column: SubjectColumn = None,
    where: Where = None,
    channels: Channels = None,
    channels_of: Annotated[
        Path | None,
        typer.Option(
            help="Gait cycles that the model is meant for: train on the channels that half of them "
            "or more have, too, or that follow from theirs."
        ),
    ] = None,
    features: Features = None,
    search: Annotated[
        str,
        typer.Option(
            help="How hyperparameters are tried, on subjects held out of the training folds: "
            "halving, or optuna, which tunes networks, too."
        ),
    ] = "halving",
    epochs: Annotated[
        int, typer.Option(min=1, help="Networks: passes over the cycles, at most.")
    ] = 60,
    learning_rate: Annotated[float, typer.Option(help="Networks: at its highest.")] = 1e-3,
    batch_size: Annotated[int, typer.Option(min=1, help="Networks: cycles a batch.")] = 64,
    device: Annotated[str, typer.Option(help="Networks: auto, cpu, cuda, ...")] = "auto",
    log: Annotated[
        Path | None,
        typer.Option(help="Networks: losses while they train, a .csv file or TensorBoard folder."),
    ] = None,
    folds: Folds = 5,
    seed: Seed = 0,
    jobs: Jobs = None,
    quiet: Quiet = False,
) -> None:
    """Compare models by cross-validation over subjects, and fit the best on all of them.

    Networks that were killed go on where they were when started again in the same way.
    """
    from locomotion_analysis.data.derived import shared_channels
    from locomotion_analysis.evaluation.training import train as train_model
    from locomotion_analysis.models.supervised.tuning import known_search

    chosen = read_rows(data, subject_column, where, channels)
    if channels_of is not None:
        shared, derived = shared_channels(chosen, read_data(channels_of))
        of_all = f"{len(shared)} of {len(chosen.channels)}"
        chosen = chosen.select(channels=shared)
        told = f"; derived there: {', '.join(derived)}" if derived else ""
        most = "measured in half of its cycles or more"
        console().print(escape(f"channels {of_all} are in {channels_of.name}, {most}{told}"))
    show_size(chosen)
    with progress_bar(quiet) as progress:
        made = train_model(
            chosen,
            target,
            out,
            recipes=split_names(recipes),
            problem=problem,
            features=split_names(features),
            search=known_search(search),
            networks={
                "max_epochs": epochs,
                "learning_rate": learning_rate,
                "batch_size": batch_size,
                "device": device,
                "log": log,
            },
            n_splits=folds,
            random_state=seed,
            n_jobs=cores(jobs),
            source=cycles_path(data),
            progress=progress,
        )
    shown, board = console(), made.board
    others = show_identity(board.cautions)
    shown.print(frame_table(f"{board.table_of.y.name}: models, best first", board.table))
    for sentence in board.verdict:
        shown.print(escape(sentence))
    show_cautions(others)
    if board.notes:
        notes = counted(len(board.notes), "note")
        shown.print(f"{notes} on what was left out: the report says what")
    show_simulated(chosen.is_simulated)
    shown.print(f"trained  {escape(made.recipe.title)}")
    show_paths({"report": made.report_path, "model": made.out})


def explain(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="[MODEL] DATA",
            help="DATA alone, gait cycles or a table of features: a model is fitted on them "
            "(--target). A bundle and DATA: its answers for these people. The folder of a run, "
            "with DATA or without: for some of the training people then.",
        ),
    ],
    out: Page,
    target: Annotated[str | None, typer.Option(help="Column to predict.")] = None,
    subject_column: SubjectColumn = None,
    where: Where = None,
    channels: Channels = None,
    model: Annotated[
        Literal["forest", "linear"] | None,
        typer.Option(help="Kind of model to fit; forest where not given."),
    ] = None,
    shapley: Annotated[
        bool,
        typer.Option("--shapley", help="Also Shapley values of single features (fitted models)."),
    ] = False,
    folds: Folds = 5,
    seed: Seed = 0,
    quiet: Quiet = False,
) -> None:
    """Show what predictions depend on: joint, measurement, phase; of a trained model by person, too."""
    from locomotion_analysis.evaluation.explain import explain_report
    from locomotion_analysis.production.explaining import is_trained_model

    first, *rest = paths
    if is_trained_model(first) and len(rest) < 2:
        if model is not None or shapley:
            raise typer.BadParameter(
                f"{first} is a trained model: --model and --shapley are of models that are fitted "
                "on DATA"
            )
        data = rest[0] if rest else None
        _explain_trained(first, data, out, target, subject_column, where, channels, seed, quiet)
        return
    if rest:
        raise typer.BadParameter(
            f"expected DATA, or a bundle or the folder of a run and DATA, got {first} and "
            + ", ".join(map(str, rest)),
            param_hint="[MODEL] DATA",
        )
    chosen = read_rows(first, subject_column, where, channels)
    if target is None:
        raise typer.BadParameter("needed to fit a model on DATA", param_hint="--target")
    show_size(chosen)
    with progress_bar(quiet) as progress:
        found = explain_report(
            chosen,
            target,
            out,
            model=model or "forest",
            shapley=shapley,
            n_splits=folds,
            random_state=seed,
            source=cycles_path(first),
            progress=progress,
        )
    for by, each in found.by.items():
        console().print(frame_table(f"{each.effect} without each {by}", each.table.head(5)))
    show_simulated(chosen.is_simulated)
    show_paths({"report": found.path})


def _explain_trained(
    model: Path,
    data: Path | None,
    out: Path,
    target: str | None,
    subject_column: str | None,
    where: str | None,
    channels: list[str] | None,
    seed: int,
    quiet: bool,
) -> None:
    """Explain the answers of a bundle or a run for some people."""
    from locomotion_analysis.production.explaining import (
        explain_bundle,
        open_trained,
        people_of_run,
    )

    bundle, trained_on = open_trained(model)
    if target not in (None, bundle.manifest.target):
        raise typer.BadParameter(
            f"the model predicts {bundle.manifest.target}, not {target}", param_hint="--target"
        )
    if data is None and trained_on is None:
        raise typer.BadParameter("a bundle needs the DATA to explain its answers for, after it")
    place = people_of_run(model) if data is None else data
    chosen = read_rows(place, subject_column, where, channels)
    show_size(chosen)
    with progress_bar(quiet) as progress:
        found = explain_bundle(
            bundle, chosen, out, trained_on=trained_on, random_state=seed,
            source=cycles_path(place), progress=progress,
        )  # fmt: skip
    shown = console()
    for by, weights in found.weights.items():
        shown.print(frame_table(f"{weights.effect} without each {by}", weights.table.head(5)))
    for by, losses in found.losses.items():
        shown.print(frame_table(f"{losses.effect} without each {by}", losses.table.head(5)))
    for note in found.notes:
        shown.print(escape(note))
    show_simulated(chosen.is_simulated)
    show_paths({"report": found.path})


def audit(
    data: Rows,
    target: Target,
    subject_column: SubjectColumn = None,
    where: Where = None,
    channels: Channels = None,
    features: Features = None,
    out: Annotated[Path | None, typer.Option(help="Folder for page, figure and numbers.")] = None,
    model: Model = "forest",
    folds: Folds = 5,
    draws: Annotated[int, typer.Option(min=1, help="Draws of random labels.")] = 5,
    seed: Seed = 0,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Measure leakage: what a score owes to subjects in training and test both. Status 1 if it leaks."""
    from locomotion_analysis.evaluation.audit import leak_audit
    from locomotion_analysis.evaluation.audit_report import verdict, write_audit

    chosen = read_rows(data, subject_column, where, channels)
    with progress_bar(quiet) as progress:
        found = leak_audit(
            chosen,
            target,
            model=model,
            features=split_names(features),
            n_splits=folds,
            n_draws=draws,
            random_state=seed,
            source=cycles_path(data),
            progress=progress,
        )
    if as_json:
        paths = {} if out is None else write_audit(found, out)
        files = {title: str(path) for title, path in paths.items()}
        show_json(
            {
                **found.to_json(),
                "verdict": list(verdict(found)),
                "leaks": found.leaks,
                "files": files,
            }
        )
        if found.leaks:
            raise typer.Exit(EXIT_FINDINGS)
        return
    shown = console()
    show_simulated(found.simulated)
    others = show_identity(found.cautions)
    table = found.table()[["labels", "ungrouped", "grouped", "points", "points_low", "points_high"]]
    shown.print(frame_table(f"{found.metric}, folds of cycles and of subjects", table))
    for sentence in verdict(found):
        shown.print(f"- {escape(sentence)}")
    show_cautions(others)
    if out is not None:
        show_paths(write_audit(found, out))
    if found.leaks:
        raise typer.Exit(EXIT_FINDINGS)


def discover(
    data: Data,
    out: Folder,
    where: Where = None,
    channels: Channels = None,
    clusters: Annotated[str, typer.Option(help="Number of groups, or auto.")] = "auto",
    method: Annotated[
        Literal["kmeans", "gmm", "hierarchical"], typer.Option(help="How groups are found.")
    ] = "kmeans",
    by: Annotated[
        Literal["subject", "cycle"], typer.Option(help="Group subjects, or single cycles.")
    ] = "subject",
    task: Annotated[
        str | None,
        typer.Option(help="Task to keep; the one most subjects do, when subjects are grouped."),
    ] = None,
    embedding: Annotated[
        Literal["tsne", "umap"],
        typer.Option(help="How gaits are laid out in the plane; umap needs the extra manifold."),
    ] = "tsne",
    seed: Seed = 0,
    quiet: Quiet = False,
) -> None:
    """Cluster gaits without labels, validate the clusters, and write a report.

    Joint angles are compared where no channels are named.
    """
    from locomotion_analysis.evaluation.discovery_report import run_discovery

    count: int | Literal["auto"] = "auto"
    if clusters != "auto":
        try:
            count = int(clusters)
        except ValueError:
            raise typer.BadParameter(
                f"expected 'auto' or a whole number of groups, got {clusters!r}",
                param_hint="--clusters",
            ) from None
    loaded = read_data(data, where)
    shown = console()
    with progress_bar(quiet) as progress:
        made = run_discovery(
            loaded, out, split_names(channels), count, method, by, task,
            random_state=seed, source=cycles_path(data), progress=progress, embedding=embedding,
        )  # fmt: skip
    for sentence in made.verdict:
        shown.print(escape(sentence))
    for entry in made.findings.units.history:
        shown.print(escape(f"  {entry}"))
    show_simulated(loaded.is_simulated)
    show_paths(
        {
            "report": made.report_path,
            "groups": made.groups_path,
            "numbers": made.validation_path,
            "left out": made.left_out_path,
        }
    )


def compare(
    data: Data,
    out: Folder,
    formula: Annotated[
        str | None,
        typer.Option(
            help="What is compared by what: CHANNEL ~ factor * other + covariate. Text columns are "
            "factors, numbers are covariates; channels between commas are one family."
        ),
    ] = None,
    channels: Channels = None,
    between: Annotated[
        list[str] | None,
        typer.Option(
            help="In the place of a formula: factors between people, crossed with each other and "
            "those of --within; repeat, or separate by commas."
        ),
    ] = None,
    where: Where = None,
    within: Annotated[
        list[str] | None,
        typer.Option(help="Factors within people; repeat, or separate by commas."),
    ] = None,
    method: Annotated[
        Literal["rft", "permutation", "fdr", "mixed", "bayes"],
        typer.Option(
            help="Random field theory, permutation, false discovery rate over the nodes, or a "
            "multilevel model of all cycles, by likelihood or Bayesian (extra bayes)."
        ),
    ] = "rft",
    alpha: Annotated[float, typer.Option(help="Error rate over the whole curve.")] = 0.05,
    equal_var: Annotated[
        bool, typer.Option("--equal-var", help="Take the variances of groups to be equal.")
    ] = False,
    roi: Annotated[
        tuple[float, float] | None,
        typer.Option(help="Part of the gait cycle to test, percent: start and end."),
    ] = None,
    correction: Annotated[
        Literal["holm", "max"],
        typer.Option(help="Correction of pairs of levels: Holm's, or the largest value of all."),
    ] = "holm",
    iterations: Annotated[
        int, typer.Option(help="Permutations; all where there are no more, -1 for all.")
    ] = 10_000,
    seed: Seed = 0,
) -> None:
    """Compare groups or conditions of people over whole curves, and write a report.

    Cycles are averaged for each person first: people are what is counted.
    """
    from locomotion_analysis.statistics.bayesian_report import run_bayesian
    from locomotion_analysis.statistics.comparison_report import run_comparison

    names, groups, inside = map(split_names, (channels, between, within))
    if formula is None:
        formula = _crossed(names, groups, inside)
    loaded = read_data(data, where)
    shown = console()
    if method == "bayes":
        fit, report = run_bayesian(
            loaded, formula, out, within=inside or (), level=1 - alpha, seed=seed,
            source=cycles_path(data),
        )  # fmt: skip
        shown.print(escape(str(fit)))
        show_simulated(loaded.is_simulated)
        show_paths({"report": report})
        return
    made = run_comparison(
        loaded, formula, out, within=inside or (), method=method, alpha=alpha,
        equal_var=equal_var, roi=roi, correction=correction, iterations=iterations, seed=seed,
        source=cycles_path(data),
    )  # fmt: skip
    shown.print(escape(made.found.sentence))
    for entry in made.found.history:
        shown.print(escape(f"  {entry}"))
    show_simulated(loaded.is_simulated)
    show_paths({"report": made.report_path, "numbers": made.out / "numbers.json"})


def _crossed(
    channels: list[str] | None, between: list[str] | None, within: list[str] | None
) -> str:
    """Return the formula of channels compared by crossed factors."""
    factors = [*(between or ()), *(within or ())]
    if not channels or not factors:
        raise SchemaError(
            expected="--formula, or --channels with --between or --within",
            got="no formula",
            where="compare",
            fix='for example --formula "knee_flexion_angle_ipsi_rad ~ pathology", or '
            "--channels knee_flexion_angle_ipsi_rad --between pathology",
        )
    return f"{', '.join(channels)} ~ {' * '.join(factors)}"
