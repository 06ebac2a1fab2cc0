"""Generators of gait cycles on the embedded classification data, judged by held-out subjects.

    python benchmarks/generation.py                # prints
    python benchmarks/generation.py --write-docs   # and writes docs/reference/generation.md

One generator a run with ``--only``; what was trained is kept in ``--cache`` and read again.
"""

import argparse
import json
import sys
import time
import warnings
from pathlib import Path

import numpy as np
from measured_page import DOCS, machine
from research.generation import generated_bands_figure, plot_nearest_distances, realism

from locomotion_analysis import LocomotionData, load_dataset
from locomotion_analysis.errors import LocomotionWarning
from locomotion_analysis.evaluation.generation import judge_generator
from locomotion_analysis.files import atomic_path
from locomotion_analysis.models.deep import CurveDiffusion, CurveGAN

sys.path.append(str(Path(__file__).resolve().parents[1]))  # revalidation/ is no part of the package
from revalidation.bands import REALISM
from revalidation.figure import check

PAGE = DOCS / "generation.md"
GENERATORS = {"diffusion": CurveDiffusion, "gan": CurveGAN}
CHANNELS = [
    "knee_flexion_angle_ipsi_rad",
    "ankle_dorsiflexion_moment_ipsi_Nm_kg",
    "grf_vertical_ipsi_BW",
]
HEAD = """# Generated gait cycles

Made by `python benchmarks/generation.py --write-docs` on the embedded classification data. Those are
simulated: no person was measured, and "real" below means cycles of the simulator. One in four
subjects is held out; intervals are 95 % over subjects. See
[Generate gait cycles](../how-to/generate-cycles.md) for what each score asks.
"""


def markdown(table, digits=3):
    cells = table.reset_index().map(
        lambda value: (
            ("" if np.isnan(value) else f"{value:.{digits}f}")
            if isinstance(value, float)
            else str(value)
        )
    )
    lines = [list(cells.columns), ["---"] * cells.shape[1], *cells.to_numpy().tolist()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def published_figures(real: LocomotionData, generated: LocomotionData) -> str:
    """Say how many of the published figures that both allow are within their bands."""
    found = [
        {figure.number: figure.verdict for figure in check(data, REALISM) if not figure.missing}
        for data in (real, generated)
    ]
    both = found[0].keys() & found[1].keys()
    met = [sum(verdicts[number] == "ok" for number in both) for verdicts in found]
    return (
        f"Of {len(both)} published figures (`revalidation/`) that both allow to be measured, "
        f"{met[0]} are within their bands in the held-out cycles and {met[1]} in the generated."
    )


def judged_part(name, asked) -> dict[str, str]:
    started = time.perf_counter()
    settings = {} if asked.epochs is None else {"max_epochs": asked.epochs}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LocomotionWarning)
        judged = judge_generator(GENERATORS[name](**settings), load_dataset("classification"))
    generator = judged.generator
    minutes = (time.perf_counter() - started) / 60
    who = (
        f"Trained on {generator.n_cycles_:,} cycles of {generator.n_subjects_} subjects, judged by "
        f"{len(judged.held_out):,} cycles of {len(set(judged.held_out.groups))} others; "
        f"{len(generator.plan_.drawn)} channels drawn, {len(generator.plan_.computed)} computed; "
        f"{generator.scores_.kept_variance_:.1%} of the variance is in the "
        f"{generator.scores_.n_scores} scores. {minutes:.1f} minutes in all: {machine()}."
    )
    lines = [
        f"## {type(generator).__name__}",
        who,
        markdown(judged.table()),
        markdown(realism(judged.held_out, judged.generated)),
        published_figures(judged.held_out, judged.generated),
        f"![Real and generated bands](generation-{name}-bands.svg)",
        f"![Distances to the nearest training cycle](generation-{name}-nearest.svg)",
    ]
    if asked.write_docs:
        level = np.flatnonzero((judged.held_out.cycles["task"] == "level_walking").to_numpy())
        bands = generated_bands_figure(
            judged.held_out.take(level), judged.generated.take(level), channels=CHANNELS
        )
        nearest = plot_nearest_distances(judged.memorisation, simulated=True).figure
        for what, figure in (("bands", bands), ("nearest", nearest)):
            figure.savefig(DOCS / f"generation-{name}-{what}.svg", metadata={"Date": None})
    return {"text": "\n\n".join(lines)}


def part(name, asked) -> str:
    kept = asked.cache / f"generation-{name}.json" if asked.cache else None
    if kept and kept.is_file():
        return json.loads(kept.read_text(encoding="utf-8"))["text"]
    made = judged_part(name, asked)
    if kept:
        with atomic_path(kept) as temporary:
            temporary.write_text(json.dumps(made), encoding="utf-8")
    return made["text"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write-docs", action="store_true")
    parser.add_argument("--only", choices=GENERATORS, help="one generator")
    parser.add_argument("--epochs", type=int, help="instead of the default of each generator")
    parser.add_argument("--cache", type=Path, help="folder of what earlier runs have measured")
    asked = parser.parse_args()
    names = [asked.only] if asked.only else list(GENERATORS)
    parts = []
    for name in names:
        parts.append(part(name, asked))
        print(parts[-1], flush=True)
    if asked.write_docs and not asked.only:
        with atomic_path(PAGE) as temporary:
            temporary.write_text("\n\n".join([HEAD.strip(), *parts]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
