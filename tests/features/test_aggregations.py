"""Every statistic against pandas on the long frame."""

import numpy as np
import pandas as pd
import pytest

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.features import feature_table
from locomotion_analysis.features.spec import AGGREGATIONS, Schema
from locomotion_analysis.features.table import FeaturePlan
from locomotion_analysis.standard import KEY

IN_PANDAS = {
    "mean": lambda groups: groups.mean(),
    "std": lambda groups: groups.std(),
    "max": lambda groups: groups.max(),
    "min": lambda groups: groups.min(),
    "peak": lambda groups: groups.max(),
    "rom": lambda groups: groups.max() - groups.min(),
    "range": lambda groups: groups.max() - groups.min(),
    "median": lambda groups: groups.median(),
    "rms": lambda groups: groups.apply(lambda x: np.sqrt(np.mean(x.to_numpy() ** 2))),
    "argmax_phase": lambda groups: groups.idxmax(),
    "argmin_phase": lambda groups: groups.idxmin(),
    "q05": lambda groups: groups.quantile(0.05),
    "q25": lambda groups: groups.quantile(0.25),
    "q95": lambda groups: groups.quantile(0.95),
}


def test_every_aggregation_is_compared_with_pandas():
    assert set(AGGREGATIONS) <= set(IN_PANDAS)


@pytest.mark.parametrize("name", sorted(IN_PANDAS))
def test_agrees_with_pandas_groupby(two_sided, name):
    frame = two_sided.dataframe.astype(dict.fromkeys(two_sided.channels, "float64"))
    plan = FeaturePlan.of(Schema.of_data(two_sided, [name]), ["kinematic", "kinetic"])
    assert [s.name for s in plan.families[0].specs] == [
        f"{channel}_{name}"
        for channel in two_sided.channels
        if "moment" not in channel and "power" not in channel and "grf" not in channel
    ]
    table = feature_table(two_sided, ["kinematic", "kinetic"], [name]).frame
    assert table.columns.is_unique
    for channel in two_sided.channels:
        groups = frame.set_index("phase_ipsi").groupby(list(KEY), sort=False, observed=True)
        expected = IN_PANDAS[name](groups[channel]).to_numpy(dtype=float)
        np.testing.assert_allclose(table[f"{channel}_{name}"], expected, rtol=2e-6, atol=2e-6)


def test_an_unknown_aggregation_lists_the_known_ones(two_sided):
    with pytest.raises(SchemaError) as caught:
        feature_table(two_sided, ["kinematic"], ["power"])
    assert "argmax_phase" in str(caught.value)
    assert "derived" in caught.value.fix


def test_a_gap_touches_its_own_channel_and_cycle_only(build):
    whole = build(channels=("hip_flexion_angle_ipsi_rad", "knee_flexion_angle_ipsi_rad"))
    curves = {name: np.array(whole.curves(name)) for name in whole.channels}
    curves["hip_flexion_angle_ipsi_rad"][3, 70] = np.nan
    curves["hip_flexion_angle_ipsi_rad"][5, 0] = np.inf
    holed = build(channels=(), curves=curves)
    names = [*(n for n in AGGREGATIONS), "q10"]
    before = feature_table(whole, ["kinematic"], names).frame
    after = feature_table(holed, ["kinematic"], names).frame
    hip = [name for name in before if name.startswith("hip")]
    expected = before.copy()
    expected.loc[expected.index[[3, 5]], hip] = np.nan
    pd.testing.assert_frame_equal(after, expected)


def test_phases_are_percent_of_the_cycle(build):
    curve = np.zeros((20, 150))
    curve[:, 149], curve[:, 0] = 1.0, -1.0
    data = build(channels=(), curves={"knee_flexion_angle_ipsi_rad": curve})
    frame = feature_table(data, ["kinematic"], ["argmax_phase", "argmin_phase"]).frame
    assert frame.iloc[0].tolist()[:2] == [100.0, 0.0]
