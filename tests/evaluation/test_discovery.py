"""The report says what the groups are worth; the numbers agree with what was put in."""

import json
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis import LocomotionData
from locomotion_analysis.errors import FileReadError, MissingExtraError, SchemaError
from locomotion_analysis.evaluation.discovery import apart, effect_curves, find_groups
from locomotion_analysis.evaluation.discovery_figures import (
    plot_dendrogram,
    plot_effects,
    plot_explained,
    plot_gap,
    plot_mode,
    plot_scatter,
    plot_silhouette,
)
from locomotion_analysis.evaluation.discovery_report import run_discovery, verdict
from locomotion_analysis.models.unsupervised import curve_units

PHASE = np.linspace(0, 2 * np.pi, 150)
KNEE, HIP = "knee_flexion_angle_ipsi_rad", "hip_flexion_angle_ipsi_rad"


def walkers(offsets, steps, *, noise=0.02, person=0.05, seed=0):
    """Cycles of one person an offset, `steps` of each; two channels."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(len(offsets)), steps)
    own = rng.normal(0, person, (len(offsets), 2))
    shift = np.asarray(offsets, dtype=float)[who] + own[who, 0]
    knee = np.sin(PHASE) + shift[:, None] * np.cos(PHASE) + rng.normal(0, noise, (len(who), 1))
    hip = np.cos(PHASE) + own[who, 1][:, None] + rng.normal(0, noise, (len(who), 1))
    counts = np.bincount(who)
    cycles = pd.DataFrame(
        {
            "subject": [f"S{number:02d}" for number in who],
            "task": "level_walking",
            "step": np.concatenate([np.arange(count) for count in counts]),
        }
    )
    return cycles, np.stack([knee, hip])


@pytest.fixture(scope="module")
def two_kinds():
    """Twenty people of two kinds, three cycles each."""
    cycles, curves = walkers(np.repeat([0.0, 1.0], 10), np.full(20, 3))
    return LocomotionData(cycles, curves, [KNEE, HIP])


@pytest.fixture(scope="module")
def speeds():
    """Two kinds of gait that are two speeds; nothing else is known."""
    cycles, curves = walkers(np.repeat([0.0, 1.0], 8), np.full(16, 2))
    fast = cycles["subject"].str[1:].astype(int) >= 8
    jitter = np.random.default_rng(0).normal(0, 0.02, len(cycles))
    cycles["speed_m_s"] = np.where(fast, 1.6, 1.0) + jitter
    return LocomotionData(cycles, curves, [KNEE, HIP])


@pytest.fixture(scope="module")
def found(speeds):
    return find_groups(speeds, [KNEE], method="hierarchical")


def test_speeds_are_called_speeds(speeds, tmp_path):
    made = run_discovery(speeds, tmp_path / "out", [KNEE], n_clusters=2)
    words = " ".join(made.verdict)
    assert "The clusters are speeds in disguise" in words
    assert "subjects in disguise" not in words
    page = made.report_path.read_text(encoding="utf-8")
    assert "speeds in disguise" in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "<script" not in page

    table = pd.read_csv(made.groups_path)
    assert len(table) == 16
    slow = table.set_index("subject")["group"].loc[[f"S{i:02d}" for i in range(8)]]
    assert slow.nunique() == 1
    assert table["group"].nunique() == 2
    assert table["cycles"].tolist() == [2] * 16

    numbers = json.loads(made.validation_path.read_text(encoding="utf-8"))
    assert numbers["n_groups"] == 2
    assert numbers["stability"]["adjusted_rand_mean"] > 0.9
    assert numbers["explained"][0]["variable"] == "speed_m_s"
    assert pd.read_csv(made.left_out_path).empty


def test_of_many_variables_that_say_nothing_none_is_named(speeds):
    """The best of 21 looks good by chance; the one that does say something is still named."""
    rng = np.random.default_rng(7)
    noise = {f"score_{number:02d}": rng.normal(size=16) for number in range(20)}
    person = speeds.cycles["subject"].str[1:].astype(int)
    cycles = speeds.cycles.drop(columns="speed_m_s").assign(
        **{name: values[person] for name, values in noise.items()},
        sex=np.where(person >= 8, "F", "M"),
    )
    findings = find_groups(
        LocomotionData(cycles, speeds.block, speeds.channels), [KNEE], n_clusters=2
    )
    of_noise = findings.explained[findings.explained["variable"].str.startswith("score")]
    best = of_noise.nsmallest(1, "p_value").iloc[0]
    assert best["p_value"] < 0.05  # uncorrected it would have been named
    told = " ".join(verdict(findings))
    assert "Score" not in told
    assert "What goes with the groups, p adjusted for 21 variables: Sex tells" in told


def test_subjects_are_called_subjects(tmp_path):
    """Everybody has an own gait, repeated; single cycles then group by person."""
    cycles, curves = walkers(np.linspace(0, 4, 6), np.full(6, 8), person=0.5, seed=3)
    data = LocomotionData(cycles, curves, [KNEE, HIP])
    findings = run_discovery(
        data, tmp_path, n_clusters=3, method="hierarchical", by="cycle"
    ).findings
    assert findings.subject_in_one_group == 1.0
    words = json.loads((tmp_path / "validation.json").read_text(encoding="utf-8"))["verdict"]
    assert any("The clusters are subjects in disguise" in sentence for sentence in words)
    assert len(pd.read_csv(tmp_path / "groups.csv")) == 48


def test_two_kinds_are_found_and_firm(found):
    assert found.n_groups == 2
    assert found.silhouette > 0.5
    assert found.stability_mean > 0.9
    assert found.gap_count > 1


def test_no_labels_are_needed(two_kinds):
    bare = LocomotionData(
        two_kinds.cycles[["subject", "task", "step"]], two_kinds.block, two_kinds.channels
    )
    findings = find_groups(bare, [KNEE], n_clusters=2, method="hierarchical")
    assert findings.explained.empty
    assert findings.groups.empty


def test_same_seed_same_numbers(two_kinds):
    asked = {"n_clusters": 2, "method": "hierarchical", "random_state": 3}
    first, second = (find_groups(two_kinds, [KNEE], **asked) for _ in range(2))
    np.testing.assert_array_equal(first.labels, second.labels)
    np.testing.assert_array_equal(first.effects[0].low, second.effects[0].low)
    np.testing.assert_array_equal(first.plane, second.plane)
    pd.testing.assert_frame_equal(first.explained, second.explained)


def test_effect_size_is_hedges_g(two_kinds):
    units = curve_units(two_kinds, [KNEE])
    labels = (np.arange(20) >= 10).astype(int)
    effect = effect_curves(units, labels, n_draws=20)[1]
    first, second = units.curves[:10, 40, 0], units.curves[10:, 40, 0]
    pooled = np.sqrt((first.var(ddof=1) + second.var(ddof=1)) / 2)
    expected = (second.mean() - first.mean()) / pooled * (1 - 3 / (4 * 18 - 1))
    assert effect.value[40, 0] == pytest.approx(expected, rel=1e-6)
    assert effect.low[0, 0] <= effect.value[0, 0] <= effect.high[0, 0]
    # The kinds differ by a cosine: apart at the ends, alike at a quarter of the cycle.
    stretches = apart(effect, 0)
    assert stretches[0][0] == 0.0
    assert stretches[0][2] > 3
    assert not any(start <= 25 <= stop for start, stop, _ in stretches)


def test_figures_are_axes_to_restyle(found):
    drawn = [
        plot_mode(found.pca, found.units.channels),
        plot_silhouette(found.validity, 2),
        plot_gap(found.validity, 2),
        plot_scatter(found.plane, found.labels[found.plane_rows]),
        plot_dendrogram(found.clusters.linkage_, 2, found.units.subjects.tolist()),
        plot_explained(found.explained),
        plot_effects(found.effects, 0, KNEE),
    ]
    for axes in drawn:
        assert axes.get_ylabel() or axes.get_yticklabels()
        assert axes.has_data()
    assert [line.get_label() for line in drawn[0].lines] == ["+2 SD", "mean", "−2 SD"]
    assert drawn[0].get_ylabel() == "Angle (°)"
    assert "cut into 2 groups" in [text.get_text() for text in drawn[4].get_legend().get_texts()]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"n_clusters": 20}, "more subjects than clusters"),
        ({"n_clusters": 1}, "at least 2"),
        ({"method": "guess"}, "guess"),
        ({"channels": ["elbow_flexion_angle_ipsi_rad"]}, "elbow"),
    ],
)
def test_bad_requests_are_refused_and_nothing_is_written(two_kinds, tmp_path, arguments, words):
    with pytest.raises(SchemaError, match=words):
        run_discovery(two_kinds, tmp_path / "out", **arguments)
    assert not list(tmp_path.iterdir())


def test_a_constant_channel_asked_for_is_named(two_kinds):
    block = two_kinds.block.copy()
    block[1] = 0.25
    data = LocomotionData(two_kinds.cycles, block, two_kinds.channels)
    with pytest.raises(SchemaError, match=HIP):
        find_groups(data, [KNEE, HIP])


def test_a_file_is_no_folder(two_kinds, tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(FileReadError, match="a folder"):
        run_discovery(two_kinds, tmp_path / "out")


def test_files_of_another_origin_are_not_written_over(two_kinds, tmp_path):
    (tmp_path / "groups.csv").write_text("mine")
    with pytest.raises(FileReadError, match=r"another origin: groups\.csv"):
        run_discovery(two_kinds, tmp_path)
    assert (tmp_path / "groups.csv").read_text() == "mine"


def test_real_running_cycles_group_by_subject(shared_data):
    data = LocomotionData.from_parquet(shared_data / "standard" / "running_phase.parquet")
    few = data.take(np.flatnonzero(data.cycles["step"] < 4))
    findings = find_groups(few, n_clusters=3, by="cycle", method="hierarchical")
    share = findings.explained.set_index("variable").loc["subject", "share"]
    assert share > 0.5
    assert findings.subject_in_one_group > 0.8


# Whether there are groups at all.


@pytest.fixture(scope="module")
def one_kind():
    """Thirty people of one Gaussian population."""
    cycles, curves = walkers(np.random.default_rng(3).normal(0, 0.3, 30), np.full(30, 2))
    return LocomotionData(cycles, curves, [KNEE, HIP])


@pytest.mark.parametrize("method", ["kmeans", "hierarchical"])
@pytest.mark.parametrize("by", ["subject", "cycle"])
def test_one_population_is_one_group(one_kind, tmp_path, method, by):
    made = run_discovery(one_kind, tmp_path / "out", method=method, by=by)
    assert made.verdict[0].startswith("One group: the ")
    told = json.loads((tmp_path / "out" / "validation.json").read_text(encoding="utf-8"))
    assert told["n_groups"] == 1
    assert told["one_population_p"] > 0.05
    assert not told["firm"]
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "How the groups differ" not in page


def test_slices_of_one_population_that_are_asked_for_are_called_so(one_kind, tmp_path):
    made = run_discovery(one_kind, tmp_path / "out", n_clusters=3)
    assert made.verdict[0].startswith("3 groups of subjects (as asked for)")
    assert any("One population explains the curves as well" in each for each in made.verdict)


def test_two_groups_five_standard_deviations_apart_are_no_continuum():
    offsets = np.repeat([0.0, 5.5 * 0.1], 15) + np.random.default_rng(5).normal(0, 0.1, 30)
    cycles, curves = walkers(offsets, np.full(30, 2), person=0.0)
    found = find_groups(LocomotionData(cycles, curves[:1], [KNEE]))
    assert (found.n_groups, found.one_population) == (2, False)
    assert set(map(len, map(set, (found.labels[:15], found.labels[15:])))) == {1}


def test_the_page_lays_scores_out_by_umap_where_asked(speeds, tmp_path, monkeypatch):
    """The real one compiles for a minute: its place is taken by the second and first score."""

    class Swap:
        def __init__(self, **arguments):
            assert arguments["random_state"] == 7

        def fit_transform(self, points):
            return points[:, [1, 0]]

    module = ModuleType("umap")
    module.__spec__ = ModuleSpec("umap", None)
    module.UMAP = Swap
    monkeypatch.setitem(sys.modules, "umap", module)
    given = {"n_clusters": 2, "random_state": 7}
    made = run_discovery(speeds, tmp_path / "umap", embedding="umap", **given)
    plain = run_discovery(speeds, tmp_path / "tsne", **given)
    scores = made.findings.scores[made.findings.plane_rows]
    np.testing.assert_array_equal(made.findings.plane, scores[:, [1, 0]])
    np.testing.assert_array_equal(made.findings.labels, plain.findings.labels)
    pages = [each.report_path.read_text(encoding="utf-8") for each in (made, plain)]
    assert ["In UMAP only" in page for page in pages] == [True, False]
    assert ["In t-SNE only" in page for page in pages] == [False, True]
    told = json.loads(made.validation_path.read_text(encoding="utf-8"))
    assert told["embedding"] == "umap"


def test_umap_that_is_not_there_is_said_before_the_search(speeds, monkeypatch):
    monkeypatch.setitem(sys.modules, "umap", None)
    monkeypatch.setattr("locomotion_analysis.extras.find_spec", lambda _: None)
    stages = []
    with pytest.raises(MissingExtraError, match=r"locomotion-analysis\[manifold\]"):
        find_groups(speeds, progress=lambda *told: stages.append(told), embedding="umap")
    assert not stages
    with pytest.raises(SchemaError, match="mds"):
        find_groups(speeds, embedding="mds")
