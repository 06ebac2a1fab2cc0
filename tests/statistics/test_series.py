"""Series of strides against processes whose drift, memory and changes are known."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from locomotion_analysis.errors import SchemaError
from locomotion_analysis.statistics import autocorrelation, change_points, stride_series, trend


def remembering(rng, n, memory, sd=1.0):
    """A first-order autoregressive series of standard deviation `sd`."""
    steps = rng.normal(0, sd * np.sqrt(1 - memory**2), n)
    found = np.empty(n)
    found[0] = rng.normal(0, sd)
    for k in range(1, n):
        found[k] = memory * found[k - 1] + steps[k]
    return found


def test_the_slope_is_that_of_least_squares():
    series = np.random.default_rng(0).normal(size=50).cumsum()
    assert trend(series).slope == pytest.approx(stats.linregress(np.arange(50), series).slope)
    assert trend(np.full(20, 1.5)) == (0.0, 0.0, 0.0)


def test_intervals_of_the_drift_count_the_memory_of_strides():
    rng = np.random.default_rng(1)
    held, usual = [], []
    for _ in range(300):
        series = 0.01 * np.arange(200) + remembering(rng, 200, 0.5)
        found = trend(series)
        held.append(found.low <= 0.01 <= found.high)
        line = stats.linregress(np.arange(200), series)
        usual.append(abs(line.slope - 0.01) <= 1.972 * line.stderr)
    assert np.mean(held) > 0.88
    assert np.mean(usual) < np.mean(held) - 0.08


@pytest.mark.parametrize("phi", [0.0, 0.6, 0.9, -0.6])
def test_the_standard_error_is_that_of_the_whole_kernel(phi):
    """Bartlett's kernel as a matrix, which is positive definite; stride series of any length."""
    series = remembering(np.random.default_rng(2), 60, phi, 1.0)
    x = np.arange(60) - 29.5
    slope = x @ series / (x @ x)
    rest = series - series.mean() - slope * x
    memory = np.clip(rest[1:] @ rest[:-1] / (rest @ rest), -0.95, 0.95)
    width = 1 + 1.1447 * (4 * memory**2 * 60 / (1 - memory**2) ** 2) ** (1 / 3)
    kernel = np.maximum(1 - np.abs(np.subtract.outer(np.arange(60), np.arange(60))) / width, 0)
    error = np.sqrt((x * rest) @ kernel @ (x * rest) * 60 / 58) / (x @ x)
    found = trend(series)
    assert (found.high - found.low) / 2 == pytest.approx(stats.t.ppf(0.975, 58) * error)
    for length in range(10, 60):
        assert np.isfinite(trend(np.resize([0.0, 1.0], length))).all()


def test_autocorrelation_is_that_of_the_process_and_of_noise_stays_below_its_limit():
    rng = np.random.default_rng(2)
    found = autocorrelation(remembering(rng, 20_000, 0.6), 4)["correlation"]
    assert found.to_numpy() == pytest.approx(0.6 ** np.arange(1, 5), abs=0.04)
    outside = [
        (np.abs(table["correlation"]) > table["limit"]).mean()
        for table in (autocorrelation(rng.normal(size=300), 10) for _ in range(100))
    ]
    assert np.mean(outside) == pytest.approx(0.05, abs=0.02)


def by_trying_all(series, penalty, shortest=5):
    """The cheapest segmentation, by dynamic programming over every last change."""
    n = len(series)
    cost = [-penalty] + [np.inf] * n
    last = [0] * (n + 1)
    for end in range(shortest, n + 1):
        for start in [0, *range(shortest, end - shortest + 1)]:
            part = series[start:end]
            value = cost[start] + ((part - part.mean()) ** 2).sum() + penalty
            if value < cost[end] - 1e-12:
                cost[end], last[end] = value, start
    found, at = [], n
    while at:
        at = last[at]
        found.append(at)
    return sorted(found)[1:]


def test_changes_are_those_of_the_cheapest_of_all_segmentations():
    rng = np.random.default_rng(3)
    for _ in range(5):
        levels = np.repeat(rng.normal(0, 2, 4), rng.integers(8, 20, 4))
        series = levels + rng.normal(0, 1, len(levels))
        assert change_points(series, penalty=8.0).tolist() == by_trying_all(series, 8.0)


def test_memory_alone_is_seldom_taken_for_a_change():
    rng = np.random.default_rng(4)
    false = [len(change_points(remembering(rng, 150, 0.4))) > 0 for _ in range(150)]
    assert np.mean(false) < 0.1
    found = [
        change_points(remembering(rng, 150, 0.4) + 3 * (np.arange(150) >= 90)) for _ in range(40)
    ]
    assert np.mean([len(each) == 1 and abs(each[0] - 90) <= 3 for each in found]) > 0.85


def strides():
    rng = np.random.default_rng(5)
    rows = [
        pd.DataFrame(
            {
                "subject": who,
                "side": side,
                "step": np.arange(100),
                "time": remembering(rng, 100, 0.3, 0.02),
            }
        ).assign(time=lambda f, who=who: f["time"] + 1.1 + (who == "S2") * (f["step"] >= 50) * 0.2)
        for who in ("S1", "S2")
        for side in ("left", "right")
    ]
    return pd.concat(
        [*rows, pd.DataFrame({"subject": ["S3"], "side": ["left"], "step": [0], "time": [1.0]})]
    )


def test_each_leg_of_each_trial_is_a_series_in_the_order_walked():
    frame = strides()
    found = stride_series(frame.sample(frac=1, random_state=0), "time")
    assert found.index.tolist() == [(w, s) for w in ("S1", "S2") for s in ("left", "right")]
    assert found.attrs["left_out"] == 1
    assert found.loc["S2", "change_points"].tolist() == [[50], [50]]
    assert found.loc["S1", "change_points"].tolist() == [[], []]
    own = frame[(frame["subject"] == "S1") & (frame["side"] == "left")]["time"]
    row = found.loc[("S1", "left")]
    assert row["cv_percent"] == pytest.approx(100 * own.std() / own.mean())
    assert row["drift_low"] < row["drift"] < row["drift_high"]
    assert row["sd_first"] == pytest.approx(0.02, rel=0.5)
    assert stride_series(frame, "time", window=60)["sd_last"].isna().all()


def test_strides_that_are_missing_are_counted_and_bridge_nothing():
    """A third of the strides missing: the drift is per stride walked, the memory that of neighbours."""
    rng = np.random.default_rng(3)
    steps = np.arange(3000)
    whole = pd.DataFrame({"subject": "S", "step": steps, "time": 1 + 2e-5 * steps})
    whole["time"] += remembering(rng, 3000, 0.6, 0.01)
    drift, memory = stride_series(whole, "time").iloc[0][["drift", "memory"]]
    assert (drift, memory) == (pytest.approx(0.002, abs=3e-4), pytest.approx(0.6, abs=0.05))
    some = whole[rng.random(3000) < 2 / 3]
    row = stride_series(some, "time").iloc[0]
    slope = np.polyfit(some["step"], some["time"], 1)[0]
    assert row["drift"] == pytest.approx(100 * slope)
    assert row["memory"] == pytest.approx(0.6, abs=0.07)
    for other in (
        some.assign(step=2 * some["step"] + 7),  # the leg's own among both legs' steps
        some.assign(step=some["step"].astype(str)).sample(frac=1, random_state=0),
    ):
        again = stride_series(other, "time").iloc[0]
        assert again[["drift", "drift_low", "memory"]].tolist() == pytest.approx(
            row[["drift", "drift_low", "memory"]].tolist()
        )
    assert stride_series(whole.assign(time=0.0), "time")["cv_percent"].isna().all()


def test_what_is_no_series_is_refused():
    with pytest.raises(SchemaError, match="rising numbers"):
        trend(np.arange(20.0), at=np.zeros(20))
    with pytest.raises(SchemaError, match="above zero"):
        change_points(np.arange(20.0), penalty=0.0)
    with pytest.raises(SchemaError, match="at least 10"):
        trend([1.0, 2.0])
    with pytest.raises(SchemaError, match="1 missing"):
        change_points([np.nan, *range(20)])
    with pytest.raises(SchemaError, match="did you mean time"):
        stride_series(strides(), "times")
    with pytest.raises(SchemaError, match="1 shorter"):
        stride_series(strides().tail(1), "time")
