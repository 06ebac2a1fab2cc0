"""``locomotion discover`` writes the report and says what the groups are."""


def test_discover_writes_report_groups_and_numbers(locomotion, small_file, tmp_path):
    out = tmp_path / "found"
    words = ("--clusters", 2, "--method", "hierarchical", "--channels")
    channels = "hip_flexion_angle_ipsi_rad,knee_flexion_angle_ipsi_rad"
    ended = locomotion("discover", small_file, "--out", out, *words, channels)
    assert ended.status == 0
    assert "2 groups of subjects (as asked for)" in ended.out
    assert "Simulated data" in ended.out
    written = {"report.html", "groups.csv", "validation.json", "left_out.csv"}
    assert {path.name for path in out.iterdir()} == written
    assert "SIMULATED DATA" in (out / "report.html").read_text(encoding="utf-8")


def test_discover_refuses_more_groups_than_subjects(locomotion, small_file, tmp_path):
    ended = locomotion("discover", small_file, "--out", tmp_path / "x", "--clusters", 40)
    assert ended.status == 2
    assert "more subjects than clusters" in ended.err
    assert "Traceback" not in ended.err
    assert not list(tmp_path.iterdir())


def test_discover_refuses_a_number_that_is_none(locomotion, small_file, tmp_path):
    ended = locomotion("discover", small_file, "--out", tmp_path / "x", "--clusters", "many")
    assert ended.status == 2
    assert "many" in ended.err
