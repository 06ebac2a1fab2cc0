"""From served answers to a report: nothing to say, a sensor that is off, answers that are wrong."""

import json
import sqlite3
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import recall_score
from tests.production.bundle.tampering import few_channels
from tests.production.monitoring.conftest import OLD, offset
from typer.testing import CliRunner

from locomotion_analysis import LocomotionData
from locomotion_analysis.errors import DownloadError, FileReadError

pytest.importorskip("sqlalchemy")
pytest.importorskip("fastapi")

from locomotion_analysis.cli import app
from locomotion_analysis.production.monitoring import send_alarm, watch
from locomotion_analysis.production.monitoring.drift import PHASES
from locomotion_analysis.production.monitoring.report import watch_numbers, write_watch_report
from locomotion_analysis.production.monitoring.store import RecordedBundle
from locomotion_analysis.simulation import simulate
from locomotion_analysis.standard import PHASE_PERCENT

KNEE = "knee_flexion_angle_ipsi_rad"


@pytest.fixture
def served(bundle, store):
    return RecordedBundle(bundle, store=store)


def test_recorded_answers_are_the_bundles(served, bundle, walkers, store):
    answers = served.predict_cycles(walkers, explain=False)
    pd.testing.assert_frame_equal(answers, bundle.predict_cycles(walkers))
    X = bundle.golden.features
    pd.testing.assert_frame_equal(
        served.predict_features(X, explain=False), bundle.predict_features(X)
    )
    stored = store.read(bundle.digest[:12])
    assert stored.predictions["prediction"].iloc[: len(walkers)].tolist() == list(
        answers["prediction"]
    )
    at = list(stored.watched.channels).index(KNEE)
    assert stored.curves[3, 2, at] == walkers.curves(KNEE)[3, 20]
    assert stored.predictions["subject"].isna().sum() == len(X)
    found = watch(store, bundle, n_permutations=99)
    assert any("without their subject" in note for note in found.notes)


def test_an_answer_that_cannot_be_kept_is_not_given_and_names_no_file(served, store, caplog):
    pytest.importorskip("pydantic")
    from locomotion_analysis.production.service import ServiceSettings
    from locomotion_analysis.production.service.contract import Job
    from locomotion_analysis.production.service.worker import Answering

    rows = served.bundle.golden.features.head(1).astype(object).to_dict("records")
    rows = [{name: None if pd.isna(value) else value for name, value in rows[0].items()}]
    job = Job("predict", json.dumps({"features": rows}).encode())
    answering = Answering(served, ServiceSettings())
    assert answering.answer([job])[0].status == 200
    with sqlite3.connect(store.place) as connection:
        connection.execute("DROP TABLE predictions")
    connection.close()
    (reply,) = answering.answer([job])
    assert reply.status == 500
    assert b"sqlite" not in reply.body
    assert "no such table: predictions" in caplog.text
    assert store.place in caplog.text


def test_a_sensor_that_is_off_is_reported(served, bundle, walkers, store, tmp_path):
    served.predict_cycles(offset(walkers, KNEE, 40.0), explain=False)
    posted = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    out = tmp_path / "watch.html"
    command = ["monitor", "report", store.place, "--bundle", str(OLD), "--out", str(out)]
    done = CliRunner().invoke(
        app, [*command, "--webhook", f"http://127.0.0.1:{server.server_port}/alarm"]
    )
    server.shutdown()
    server.server_close()
    thread.join(60)
    assert done.exit_code == 1, done.output
    assert "Drift in" in done.stdout
    (content,) = posted
    assert content["drift"]["channels"][0]["channel"] == KNEE
    assert content["drift"]["channels"][0]["shift"] == pytest.approx(np.radians(40), abs=0.2)
    page = out.read_text()
    assert "Knee flexion" in page
    assert "<script" not in page


def test_a_sensor_that_is_gone_is_reported(served, bundle, walkers, store, tmp_path):
    block = np.array(walkers.block)
    block[walkers.channels.index(KNEE)] = np.nan
    lacking = LocomotionData(walkers.cycles, block, walkers.channels)
    served.predict_cycles(lacking, explain=False)
    found = watch(store, bundle)
    (alarm,) = found.alarms
    assert "Knee flexion known of 0% of the people now, 100% then" in alarm
    out = tmp_path / "watch.html"
    write_watch_report(found, bundle, out)
    assert "Measured of more or fewer people" in out.read_text()
    numbers = watch_numbers(found)
    assert numbers["drift"]["measured"][0]["variable"] == KNEE
    json.dumps(numbers, allow_nan=False)


def test_live_scores_are_scikit_learns_and_worse_ones_alarm(served, bundle, walkers, store):
    answers = served.predict_cycles(walkers, explain=False)
    swap = {"healthy": "stroke", "stroke": "healthy"}
    labels = walkers.cycles[["subject"]].assign(
        label=walkers.cycles["pathology"].astype(str).map(swap)
    )
    store.label(labels.drop_duplicates())
    found = watch(store, bundle, n_permutations=99)
    by_person = recall_score(
        labels["label"], answers["prediction"].astype(str), average=None, zero_division=0
    )
    assert found.performance.score == pytest.approx(by_person.mean())
    assert found.performance.worse
    assert any("is worse than" in alarm for alarm in found.alarms)
    assert found.daily["rows"].sum() == len(walkers)


def test_the_command_line_labels_and_purges(served, walkers, store, tmp_path):
    served.predict_cycles(walkers, explain=False)
    labels = tmp_path / "labels.csv"
    known = walkers.cycles.iloc[:2][["subject", "pathology"]].rename(columns={"pathology": "label"})
    known.to_csv(labels, index=False)
    run = CliRunner().invoke
    assert "of 4 predictions" in run(app, ["monitor", "label", store.place, str(labels)]).stdout
    assert "0 predictions" in run(app, ["monitor", "purge", store.place, "--keep-days", "1"]).stdout
    with pytest.raises(FileReadError, match="a CSV file"):
        run(
            app, ["monitor", "label", store.place, str(tmp_path / "no.csv")], catch_exceptions=False
        )


def test_a_webhook_that_is_not_there_is_said(monkeypatch):
    monkeypatch.setattr("locomotion_analysis.production.monitoring.watching._PAUSES_S", (0.0,))
    with pytest.raises(DownloadError, match="http or https"):
        send_alarm("file:///etc/passwd", {})
    with pytest.raises(DownloadError, match="takes the alarm"):
        send_alarm("http://127.0.0.1:9/", {})


def test_rows_of_before_the_last_sample_was_kept_are_read(served, bundle, walkers, store):
    served.predict_cycles(walkers, explain=False)
    with sqlite3.connect(store.place) as connection:
        kept = connection.execute("select rowid, curves from predictions").fetchall()
        n = len(store.read(bundle.version).watched.channels)
        connection.executemany(
            "update predictions set curves = ? where rowid = ?",
            [(curves[: 15 * n * 4], row) for row, curves in kept],
        )
    connection.close()
    curves = store.read(bundle.version).curves
    assert curves.shape[1] == 16
    assert np.isnan(curves[:, 15]).all()
    assert np.isfinite(curves[:, :15]).any()
    assert watch(store, bundle, n_permutations=99).drift is not None


def test_the_page_ends_at_the_end_of_the_cycle_and_draws_days_only_where_there_are_two(
    served, bundle, walkers, store, tmp_path
):
    served.predict_cycles(walkers, explain=False)
    write_watch_report(watch(store, bundle, n_permutations=99), bundle, tmp_path / "one.html")
    page = (tmp_path / "one.html").read_text(encoding="utf-8")
    assert "Each day (UTC)" in page
    assert "of each answer, by day" not in page
    assert PHASE_PERCENT[list(PHASES)][-1] == 100
    with sqlite3.connect(store.place) as connection:
        connection.execute("update predictions set at = at - 86400 where rowid % 2")
    connection.close()
    write_watch_report(watch(store, bundle, n_permutations=99), bundle, tmp_path / "two.html")
    assert "of each answer, by day" in (tmp_path / "two.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_training_file_itself_is_no_drift(store, tmp_path):
    pytest.importorskip("skops")
    from locomotion_analysis.evaluation.training import train
    from locomotion_analysis.production.bundle import write_bundle

    # Six strides of either side: the mean of four of them is not the mean of all.
    data = few_channels(simulate(12, 6, ["level_walking"], ["healthy", "stroke"], seed=3))
    train(data, "pathology", tmp_path / "run", recipes=["linear"], n_splits=2)
    bundle = write_bundle(tmp_path / "run", tmp_path / "gait.bundle")
    RecordedBundle(bundle, store=store).predict_cycles(data, explain=False)
    found = watch(store, bundle, n_permutations=99).drift
    assert not found.alarm
    assert found.features["psi"].max() == pytest.approx(0.0, abs=1e-9)
    assert found.features["distance"].max() < 1e-4
    assert found.channels["distance"].max() < 1e-4
