"""What differs between two bundles, and nothing else."""

from tests.production.bundle.tampering import tampered

from locomotion_analysis.production.bundle import compare_bundles, open_bundle, write_bundle


def test_a_bundle_is_like_itself(kept, bundle):
    assert compare_bundles(bundle, open_bundle(kept)) == []


def test_one_changed_entry_is_the_one_difference(bundle, copy):
    tampered(copy, {}, manifest=lambda told: told["metrics"]["accuracy"].update(value=0.5))
    (found,) = compare_bundles(bundle, open_bundle(copy))
    assert found.what == "metrics.accuracy.value"
    assert found.first == f"{bundle.manifest.metrics['accuracy'].value:.6g}"
    assert found.second == "0.5"


def test_another_model_differs_in_classes_and_features(run, bundle, tmp_path):
    other = write_bundle(run.out, tmp_path / "x.bundle")
    found = {each.what: each for each in compare_bundles(bundle, other)}
    assert found["classes"].first == "('healthy', 'parkinsons')"
    assert found["classes"].second == "('healthy', 'stroke')"
    assert "features of one only" in found


def test_answers_of_the_converted_model_differ_by_what_was_measured(kept, bundle):
    (found,) = compare_bundles(bundle, open_bundle(kept, runtime="onnx"))
    assert found.what == "golden rows of the first"
    assert found.second.startswith("0 of")
    apart = float(found.second.rsplit(" ", 1)[1])
    assert 0 < apart <= 1.01 * bundle.manifest.onnx.max_difference
