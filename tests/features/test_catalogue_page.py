"""The catalogue in the code, and the page made of it."""

import re
import runpy
from pathlib import Path

import numpy as np
import pytest

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.features.spec import Schema, full_schema
from locomotion_analysis.features.table import FEATURE_GROUPS, FeaturePlan
from locomotion_analysis.simulation import simulate

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "feature-catalogue.md"
TOOL = ROOT / "tools" / "build_catalogue_page.py"


@pytest.fixture(scope="module")
def tool():
    if not TOOL.exists():
        pytest.skip("tools/ is not part of an installed package")
    return runpy.run_path(str(TOOL))


def test_page_is_made_of_the_code(tool):
    assert PAGE.read_text(encoding="utf-8") == tool["page"](), (
        f"run: python tools/{TOOL.name} docs/reference/{PAGE.name}"
    )


def test_every_feature_stands_in_one_row_of_its_group():
    specs = FeaturePlan.of(full_schema()).specs
    for group in FEATURE_GROUPS:
        section = PAGE.read_text(encoding="utf-8").split(f"\n## {group.capitalize()}\n")[1]
        lines = re.findall(r"^\| `(.+?)` \| (\d+) \|", section.split("\n## ")[0], re.MULTILINE)
        patterns = [re.escape(name) for name, _ in lines]
        for placeholder, regex in (
            ("<channel>", r"[A-Za-z_0-9]+"),
            ("<quantity>", r"[a-z_]+"),
            ("<side>", r"(?:ipsi|contra)"),
        ):
            patterns = [each.replace(placeholder, regex) for each in patterns]
        any_row = re.compile("|".join(f"(?:{each})" for each in patterns))
        names = [spec.name for spec in specs if spec.group == group]
        assert [name for name in names if not any_row.fullmatch(name)] == []
        assert sum(int(number) for _, number in lines) == len(names)


def test_catalogue_is_complete():
    schema = full_schema()
    specs = FeaturePlan.of(schema).specs
    names = [spec.name for spec in specs]
    assert len(names) == len(set(names)) >= 600
    for spec in specs:
        assert spec.group in FEATURE_GROUPS
        assert spec.unit
        assert spec.formula
        assert spec.source
        assert schema.columns.union(schema.channels).issuperset(spec.requires), spec.name
        assert spec.requires, spec.name


def test_a_simulated_walk_has_600_features():
    data = simulate(n_subjects=3, n_cycles=2, tasks=["level_walking"])
    plan = FeaturePlan.of(Schema.of_data(data), ["kinematic", "kinetic", "temporal", "spatial"])
    values = plan.compute(data)
    assert values.shape == (6, len(plan.specs))
    assert np.isfinite(values).any(axis=0).sum() >= 600


@pytest.mark.parametrize(
    "channel",
    [
        "knee_flexion_angle_ipsi_rad",
        "pelvis_obliquity_up_angle_rad",
        "hip_flexion_moment_contra_Nm_kg",
        "ankle_power_ipsi_W_kg",
        "grf_anterior_ipsi_BW",
    ],
)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_hole_in_a_curve_spoils_its_own_features_only(channel, bad):
    data = simulate(n_subjects=2, n_cycles=2, tasks=["level_walking"])
    block = data.block.copy()
    block[data.channels.index(channel), 1, 70] = bad
    holed = LocomotionData(data.cycles, block, data.channels)
    plan = FeaturePlan.of(Schema.of_data(data), ["kinematic", "kinetic", "temporal", "spatial"])
    before, after = plan.compute(data), plan.compute(holed)
    own = np.array([channel in spec.requires for spec in plan.specs])
    assert own.any()
    assert np.isnan(after[1, own]).all()
    np.testing.assert_array_equal(after[:, ~own], before[:, ~own])
    np.testing.assert_array_equal(np.delete(after, 1, axis=0), np.delete(before, 1, axis=0))


@pytest.mark.slow
def test_features_of_a_cycle_do_not_depend_on_the_others():
    data = simulate(n_subjects=3, n_cycles=3)
    plan = FeaturePlan.of(Schema.of_data(data), ["kinematic", "kinetic", "temporal", "spatial"])
    assert not plan.across_cycles
    whole = plan.compute(data)
    parts = [plan.compute(data.take(np.arange(n, min(n + 7, len(data))))) for n in range(0, 45, 7)]
    np.testing.assert_array_equal(np.concatenate(parts), whole)
