"""Every test against the figures of the field's reference implementation and of textbooks."""

import json

import numpy as np
import pytest

from locomotion_analysis import statistics


@pytest.fixture(scope="module")
def published(shared_data):
    folder = shared_data / "statistics"
    with np.load(folder / "curve_tests.npz") as arrays:
        return json.loads((folder / "curve_tests.json").read_text()), dict(arrays)


def _run(name, entry, arrays):
    values = [arrays[f"{name}.{k}"] for k in range(entry["arguments"])]
    options = {"equal_var": True} if "equal_var" in entry else {}
    found = getattr(statistics, entry["test"])(*values, **options)
    if isinstance(found, list):
        return found.inference(entry["alpha"])
    return [found.inference(entry["alpha"], entry["two_tailed"])]


def _compare(name, result, expected):
    assert result.statistic == expected["statistic"], name
    assert result.df == pytest.approx(tuple(expected["df"]), abs=0), name
    assert result.zstar == pytest.approx(expected["critical"], rel=1e-4), name
    if "value" in expected:
        assert result.z == pytest.approx(expected["value"], rel=1e-6, abs=1e-12), name
        assert result.p == pytest.approx(expected["p"], rel=1e-4, abs=1e-12), name
        return
    assert result.fwhm == pytest.approx(expected["fwhm"], rel=1e-4), name
    assert result.resels == pytest.approx(tuple(expected["resels"]), rel=1e-4), name
    assert result.z.min() == pytest.approx(expected["min"], rel=1e-6), name
    assert result.z.max() == pytest.approx(expected["max"], rel=1e-6), name
    assert np.abs(result.z).argmax() == expected["largest_at"], name
    assert result.p_set == pytest.approx(expected["p_set"], abs=1e-4), name
    assert len(result.clusters) == len(expected["clusters"]), name
    for mine, theirs in zip(result.clusters, expected["clusters"], strict=True):
        assert mine.endpoints == pytest.approx((theirs["start"], theirs["end"]), abs=1e-3), name
        assert abs(mine.P - theirs["p"]) < 1e-4, name


def test_all_published_curves_and_scalars(published):
    """Degrees of freedom, smoothness, critical value, extremes, clusters and their P."""
    entries, arrays = published
    compared = 0
    for name, entry in entries.items():
        results = _run(name, entry, arrays)
        assert len(results) == len(entry["results"]), name
        for result, expected in zip(results, entry["results"], strict=True):
            _compare(f"{name} {result.effect}", result, expected)
            compared += 1
    assert compared == 221
