"""Centre of mass, spread and mean curves of adults, on cycles whose figures are known."""

import numpy as np
import pandas as pd
import pytest
from revalidation.bands import ADULTS, SERIES
from revalidation.bands.centre_of_mass import excursion, harmonic, rise_of_excursion
from revalidation.bands.channel_spread import CHANNELS, spread_ratio
from revalidation.bands.unseen_adults import within_one_sd
from revalidation.channels import ANKLE_MOMENT, HIP, KNEE
from revalidation.choice import SIDES
from revalidation.figure import NotInDataError, check
from revalidation.published.winter import adult_curves

from locomotion_analysis.data import LocomotionData
from locomotion_analysis.standard import STANDARD_GRAVITY_M_S2, normative_curves

PHASE = np.linspace(0.0, 1.0, 150)
USUAL = (1.2, 1.4)
FORCES = [f"grf_vertical_{side}_BW" for side in SIDES]


def walks(block, channels, speed_m_s, seconds=1.1):
    """Return two strides, left and right, of each person; `block`: (n_channels, 2 n, 150)."""
    person = np.arange(np.shape(block)[1]) // 2
    cycles = pd.DataFrame(
        {
            "dataset": "made",
            "subject": np.char.add("P", person.astype(str)),
            "task": "level_walking",
            "task_id": "level",
            "side": np.where(np.arange(len(person)) % 2, "right", "left"),
            "step": np.arange(len(person)) % 2,
            "speed_m_s": speed_m_s,
            "cycle_duration_s": seconds,
        }
    )
    return LocomotionData(cycles, np.asarray(block), channels)


def bouncing(amplitude_m, seconds, speed_m_s, once_a_stride_bw=0.0, weight_bw=1.0):
    """Return the forces of a centre of mass at ``-a cos(4 pi t / T)``, shared by two legs."""
    rate = 4 * np.pi / seconds
    lift = amplitude_m * rate**2 / STANDARD_GRAVITY_M_S2
    total = weight_bw + lift * np.cos(4 * np.pi * PHASE)
    total = total + once_a_stride_bw * np.sin(2 * np.pi * PHASE)
    own = 0.5 + 0.5 * np.cos(2 * np.pi * (PHASE - 0.3))
    block = np.repeat([[total * own], [total * (1 - own)]], 12, axis=1)
    return walks(block, FORCES, speed_m_s, seconds)


@pytest.mark.parametrize(("amplitude_m", "seconds"), [(0.02, 1.1), (0.013, 1.6), (0.03, 0.9)])
def test_excursion_is_twice_the_amplitude(amplitude_m, seconds):
    data = bouncing(amplitude_m, seconds, 1.3)
    assert excursion(data, USUAL) == pytest.approx(200 * amplitude_m, rel=2e-3)
    lift = amplitude_m * (4 * np.pi / seconds) ** 2 / 9.80665
    assert harmonic(data, 2, USUAL) == pytest.approx(lift, rel=1e-4)
    assert harmonic(data, 1) == pytest.approx(0.0, abs=1e-6)


def test_a_force_that_is_not_the_weight_adds_no_excursion():
    data = bouncing(0.02, 1.1, 1.3, weight_bw=1.03)
    assert excursion(data, USUAL) == pytest.approx(4.0, rel=2e-3)


def test_a_limp_is_seen_once_a_stride():
    data = bouncing(0.02, 1.1, 1.3, once_a_stride_bw=0.03)
    assert harmonic(data, 1) == pytest.approx(0.03, rel=1e-3)


def test_excursion_rises_with_speed():
    slow, fast = bouncing(0.0137, 1.5, 0.7), bouncing(0.024, 0.95, 1.6)
    cycles = fast.cycles.assign(dataset="fast")
    both = LocomotionData.concat([slow, LocomotionData(cycles, fast.block, fast.channels)])
    assert rise_of_excursion(both) == pytest.approx(4.8 - 2.74, rel=5e-3)
    verdicts = {f.name: f.verdict for f in check(both, ADULTS) if f.number == "14"}
    assert verdicts["excursion, 0.7 m/s"] == verdicts["excursion, 1.6 m/s"] == "ok"
    assert verdicts["excursion, 1.6 minus 0.7 m/s"] == "ok"
    assert verdicts["excursion, 1.0 m/s"] == "not in the data"


@pytest.mark.parametrize(("amplitude_m", "verdict"), [(0.010, "outside"), (0.019, "ok")])
def test_too_flat_a_path_is_refused(amplitude_m, verdict):
    found = {f.name: f for f in check(bouncing(amplitude_m, 1.08, 1.3), ADULTS)}
    assert found["excursion, 1.3 m/s"].verdict == verdict
    assert found["summed force, once a step, 1.3 m/s"].verdict == verdict


def test_one_leg_is_no_centre_of_mass():
    one = bouncing(0.02, 1.1, 1.3)
    alone = LocomotionData(one.cycles, one.block[:1], FORCES[:1])
    with pytest.raises(NotInDataError, match="grf_vertical_contra_BW"):
        excursion(alone, USUAL)


def spread_adults(channel, factor, n_people=600, legs_differ=0.0):
    """People who are the published mean plus a score times `factor` published SDs."""
    rng = np.random.default_rng(0)
    mean, sd = normative_curves("level_walking", 1.3).of(channel)
    score = np.repeat(rng.normal(size=n_people), 2)
    score = score * np.sqrt(1 - legs_differ**2) + legs_differ * rng.normal(size=2 * n_people)
    return walks([mean + factor * score[:, None] * sd], [channel], 1.3)


@pytest.mark.parametrize("channel", CHANNELS)
def test_every_channel_has_a_published_spread(channel):
    assert spread_ratio(spread_adults(channel, 1.0), channel) == pytest.approx(1.0, abs=0.06)


@pytest.mark.parametrize("factor", [0.7, 1.0, 1.4])
@pytest.mark.parametrize("legs_differ", [0.0, 0.6])
def test_spread_is_of_single_legs(factor, legs_differ):
    data = spread_adults(HIP, factor, legs_differ=legs_differ)
    assert spread_ratio(data, HIP) == pytest.approx(factor, rel=0.06)
    verdict = next(f for f in check(data, ADULTS) if f.name.endswith(HIP)).verdict
    assert verdict == ("ok" if factor == 1.0 else "outside")


def test_a_spread_needs_many_people():
    with pytest.raises(NotInDataError, match="60 people, 100 are needed"):
        spread_ratio(spread_adults(HIP, 1.0, n_people=60), HIP)


@pytest.mark.parametrize(
    ("channel", "scale", "least"), [(KNEE, np.pi / 180, 3.0), (ANKLE_MOMENT, 1.0, 0.04)]
)
def test_the_adults_are_within_one_sd_of_themselves(channel, scale, least):
    mean, sd = adult_curves(channel)
    off = np.where(PHASE < 0.3, 1.1, 0.9) * np.maximum(sd, least)
    for deviation, share in ((0.0, 100.0), (off, 70.0)):
        data = walks(np.tile(scale * (mean + deviation), (1, 12, 1)), [channel], 1.33)
        assert within_one_sd(data, channel) == pytest.approx(share, abs=0.5)


def test_winters_adults_walk_as_they_do():
    """Peaks that are printed in the book and in every course since."""
    knee, _ = adult_curves(KNEE)
    moment, _ = adult_curves(ANKLE_MOMENT)
    power, _ = adult_curves("ankle_power_ipsi_W_kg")
    assert 63 < knee.max() < 66
    assert 70 < 100 * PHASE[knee.argmax()] < 74
    assert -1.7 < moment.min() < -1.55
    assert 3.2 < power.max() < 3.5


def test_names_differ_and_every_band_has_a_source():
    bands = [*SERIES, *ADULTS]
    assert len({band.name for band in bands}) == len(bands)
    assert {band.number for band in bands} == {"13", "14", "15", "16"}
    assert all(band.low < band.high and band.source for band in bands)
