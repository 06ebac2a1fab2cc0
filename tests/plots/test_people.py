"""Steps against those expected, events, the profile, the cohort, and all of it at once."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from locomotion_analysis.cli import app
from locomotion_analysis.errors import LocomotionError, SchemaError
from locomotion_analysis.features import feature_table
from locomotion_analysis.plots import (
    figures_of,
    plot_butterfly,
    plot_cohort,
    plot_cyclogram,
    plot_events,
    plot_moment_angle,
    plot_phase_plane,
    plot_profile,
    plot_spatiotemporal,
    spatiotemporal_table,
    write_figures,
)
from locomotion_analysis.simulation import simulate
from locomotion_analysis.standard.norms import expected_steps


@pytest.fixture(scope="module")
def walking():
    return simulate(12, 4, ["level_walking"], ["healthy", "stroke"], seed=4)


def test_expected_steps_are_those_of_the_source():
    """Schwartz et al. 2008: v* .29, .43 and .56 give 24, 19 and 16 % of double support."""
    leg = 0.9
    speed = np.array([0.29, 0.43, 0.56]) * np.sqrt(9.80665 * leg)
    mean, sd = expected_steps(speed, leg)
    assert mean["double_support_percent"] == pytest.approx([24, 19, 16], abs=0.8)
    assert mean["stance_percent"] == pytest.approx([62, 59, 58], abs=0.7)
    walked = mean["cadence_steps_min"] / 60 * mean["step_length_m"]
    assert walked == pytest.approx(speed)
    assert sd["step_width_m"] == pytest.approx([0.03] * 3)
    unknown, _ = expected_steps([0.0, np.nan], leg)
    assert all(np.isnan(each).all() for each in unknown.values())


def test_the_table_gives_means_over_subjects_and_their_deviation(walking):
    table = spatiotemporal_table(walking, "pathology").set_index(["pathology", "measure"])
    own = walking.select(pathology="stroke").cycles
    per_person = own.groupby("subject")["cadence_steps_min"].mean()
    row = table.loc[("Stroke", "cadence_steps_min")]
    assert row["mean"] == pytest.approx(per_person.mean())
    assert row["sd"] == pytest.approx(per_person.std(ddof=1))
    assert row["n"] == len(per_person)
    mean, sd = expected_steps(own["speed_m_s"], own["leg_length_m"])
    z = (own["cadence_steps_min"] - mean["cadence_steps_min"]) / sd["cadence_steps_min"]
    assert row["z"] == pytest.approx(z.groupby(own["subject"]).mean().mean())
    assert np.isnan(table.loc[("Stroke", "speed_m_s"), "z"])


def test_other_tasks_have_no_expected_steps():
    table = spatiotemporal_table(simulate(2, 2, ["stair_ascent"], ["healthy"]))
    assert table["z"].isna().all()
    assert table["mean"].notna().any()


def test_events_show_the_stance_of_both_legs(walking):
    axes = plot_events(walking, by="pathology")
    stance = walking.select(pathology="healthy").cycles.groupby("subject")["stance_percent"].mean()
    widths = [bar.get_width() for bar in axes.patches]
    assert widths[0] == pytest.approx(stance.mean())
    with pytest.raises(SchemaError, match="toe-off that was measured"):
        plot_events(simulate(2, 2, ["sit_to_stand"], ["healthy"]))


def test_the_profile_is_that_of_the_features(walking):
    axes = plot_profile(walking, by="pathology")
    table = feature_table(walking, ["clinical"]).frame
    own = walking.cycles["pathology"].to_numpy() == "stroke"
    expected = table["gvs_knee_flexion_ipsi_deg"][own].groupby("subject").mean().mean()
    heights = [bar.get_height() for bar in axes.patches]
    assert any(height == pytest.approx(expected) for height in heights)


def test_net_work_is_the_integral_of_moment_over_angle(walking):
    healthy = walking.select(pathology="healthy")
    axes = plot_moment_angle(healthy, "ankle")
    (loop,) = [each for each in axes.lines if len(each.get_xdata()) == 150]
    angle, moment = np.radians(loop.get_xdata()), loop.get_ydata()
    trapezia = ((moment[1:] + moment[:-1]) / 2 * np.diff(angle)).sum()
    assert f"net work {trapezia:+.2f} J/kg" in loop.get_label()


def test_velocity_is_derived_over_the_duration_where_it_was_not_measured(walking):
    healthy = walking.select(pathology="healthy")
    both = [
        plot_phase_plane(each, "knee_flexion").lines[0].get_ydata()
        for each in (healthy, healthy.select(channels=["knee_flexion_angle_ipsi_rad"]))
    ]
    assert both[0] == pytest.approx(both[1], abs=0.03 * np.ptp(both[0]))


@pytest.mark.parametrize(
    "draw",
    [
        plot_cohort,
        lambda d: plot_spatiotemporal(d, by="pathology").figure,
        lambda d: plot_cyclogram(d, "hip_flexion", "knee_flexion").figure,
        plot_butterfly,
        lambda d: plot_profile(d).figure,
    ],
)
def test_simulated_pictures_say_so(walking, draw):
    made = draw(walking)
    said = [made.get_suptitle(), *(axes.get_title("right") for axes in made.axes)]
    assert any("SIMULATED" in text for text in said)


def test_every_picture_of_each_task_is_drawn_or_explained():
    data = simulate(3, 2, ["level_walking", "sit_to_stand"], ["healthy"])
    found = dict(figures_of(data))
    assert len(found) == 1 + 2 * 9
    assert not isinstance(found["level_walking-sheet"], LocomotionError)
    assert isinstance(found["sit_to_stand-steps"], LocomotionError)


def test_figures_are_written_whole_and_over_their_own_only(tmp_path, walking):
    written, missing = write_figures(walking, tmp_path / "new", "pathology")
    assert not missing
    record = json.loads((tmp_path / "new" / "figures.json").read_text())
    assert sorted(record["figures"]) == sorted(path.name for path in written)
    assert record["simulated"] is True
    first = written[0].read_bytes()
    write_figures(walking, tmp_path / "new", "pathology")
    assert written[0].read_bytes() == first
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "cohort.svg").write_text("mine")
    with pytest.raises(LocomotionError, match="another origin"):
        write_figures(walking, tmp_path / "other", "pathology")
    assert (tmp_path / "other" / "cohort.svg").read_text() == "mine"


def test_the_command_draws_and_says_what_it_could_not(tmp_path, walking):
    walking.select(channels=["knee_flexion_angle_ipsi_rad"]).to_parquet(tmp_path / "knee.parquet")
    command = ["plot", str(tmp_path / "knee.parquet"), "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(app, [*command, "--by", "pathology"])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "out" / "level_walking-curves.svg").is_file()
    (told,) = (line for line in result.output.splitlines() if line.startswith("not drawn"))
    assert "profile" in told
    assert len(told) < 160
    record = json.loads((tmp_path / "out" / "figures.json").read_text())
    assert "expected" in record["not_drawn"]["level_walking-profile"]
    with pytest.raises(SchemaError, match="a column of cycles"):
        CliRunner().invoke(app, [*command, "--by", "diagnosis"], catch_exceptions=False)
