"""What a bundle answers, and what it says of its own answers."""

import numpy as np
import pandas as pd
import pytest
from tests.production.bundle.tampering import CHANNELS, few_channels, tampered

from locomotion_analysis.errors import BundleError, SchemaError
from locomotion_analysis.features import feature_table
from locomotion_analysis.production.bundle import compare_bundles, open_bundle, write_bundle
from locomotion_analysis.production.bundle.bundle import trained_rows
from locomotion_analysis.production.bundle.reference import table_bytes
from locomotion_analysis.simulation import simulate


@pytest.fixture(scope="module")
def walkers():
    """People the bundle has not seen."""
    return few_channels(simulate(6, 2, ["level_walking"], ["healthy", "parkinsons"], seed=77))


def test_columns_are_put_in_order_by_name(bundle):
    X = bundle.golden.features
    pd.testing.assert_frame_equal(
        bundle.predict_features(X), bundle.predict_features(X[X.columns[::-1]])
    )


def test_a_row_is_answered_by_itself(bundle):
    X = bundle.golden.features.copy()
    X.iloc[0, :5] = np.nan
    together = bundle.predict_features(X)
    alone = pd.concat([bundle.predict_features(X.iloc[[row]]) for row in range(len(X))])
    pd.testing.assert_frame_equal(together, alone)
    assert together["imputed"].tolist()[:2] == [5, 0]


def test_missing_unknown_and_infinite_features_are_named(bundle):
    X = bundle.golden.features
    first = bundle.schema.names[0]
    with pytest.raises(SchemaError, match=first):
        bundle.predict_features(X.drop(columns=first))
    with pytest.raises(SchemaError, match="shoe_size"):
        bundle.predict_features(X.assign(shoe_size=42.0))
    with pytest.raises(SchemaError, match=f"row 2, feature {first}"):
        bundle.predict_features(X.assign(**{first: [1.0, 1.0, np.inf] + [1.0] * (len(X) - 3)}))
    with pytest.raises(SchemaError, match="rows to predict"):
        bundle.predict_features(X.iloc[:0])


def test_cycles_without_a_needed_channel_are_refused(bundle, walkers):
    with pytest.raises(SchemaError, match=r"1 missing: knee_flexion_angle_ipsi_rad"):
        bundle.predict_cycles(few_channels(walkers, [CHANNELS[0], CHANNELS[2]]))
    with pytest.raises(SchemaError, match="gait cycles"):
        bundle.predict_cycles(walkers.take(np.array([], dtype=int)))


def test_more_channels_and_another_order_change_nothing(bundle, walkers):
    full = simulate(6, 2, ["level_walking"], ["healthy", "parkinsons"], seed=77)
    shuffled = few_channels(full, [CHANNELS[2], "grf_vertical_contra_BW", *CHANNELS[:2]])
    pd.testing.assert_frame_equal(
        bundle.predict_cycles(walkers), bundle.predict_cycles(shuffled.take(range(len(walkers))))
    )


def test_the_features_it_computes_are_those_of_the_table(bundle, walkers):
    inputs = bundle.manifest.inputs
    rows = trained_rows(walkers, inputs, bundle.schema.names)
    known = walkers.narrowed(walkers.channels, inputs.columns)
    table = feature_table(known, inputs.feature_groups, inputs.aggregations).frame
    pd.testing.assert_frame_equal(
        rows, table.reindex(columns=list(bundle.schema.names)), check_exact=True
    )


def test_the_model_answers_numbers_as_it_answers_named_columns(bundle):
    X = bundle.golden.features
    named = bundle.route.model.predict_proba(X)
    np.testing.assert_array_equal(bundle.route.answers(X), named)


def test_features_between_strides_are_counted_as_unknown_for_one_cycle(run, data, tmp_path):
    trained = write_bundle(run.out, tmp_path / "x.bundle")
    assert trained.predict_cycles(data)["imputed"].max() == 0
    alone = trained.predict_cycles(data.take([0]))
    between = [name for name in trained.schema.names if name.endswith("_cv_percent")]
    assert alone["imputed"].item() >= len(between) > 0


def test_ordinary_people_are_inside_and_degrees_are_outside(bundle, walkers):
    assert bundle.predict_cycles(walkers)["outside"].mean() < 0.2
    block = walkers.block.copy()
    block[CHANNELS.index("knee_flexion_angle_ipsi_rad")] *= 180 / np.pi
    wrong = type(walkers)(walkers.cycles, block, walkers.channels)
    told = bundle.predict_cycles(wrong)
    assert told["outside"].all()
    assert told["reason"].str.startswith("knee:").all()
    assert told["reason"].str.contains("; knee_flexion_angle_ipsi_rad_").all()


def test_contributions_name_the_part_that_was_changed(bundle):
    # From one golden row to one of the other class by the knee alone: the knee is what it hangs on.
    X = bundle.golden.features.iloc[[0]].copy()
    told = bundle.predict_features(X, explain=True)
    parts = told["contributions"].iloc[0]
    assert 0 < len(parts) <= 5
    sizes = [abs(each["change"]) for each in parts]
    assert sizes == sorted(sizes, reverse=True)
    first = parts[0]
    group = bundle.reference.joints if first["by"] == "joint" else bundle.reference.phases
    center = bundle.reference.statistics["center"].to_numpy()
    X.iloc[0, group[first["part"]]] = center[group[first["part"]]]
    column = f"p_{told['prediction'].iloc[0]}"
    lost = told[column].iloc[0] - bundle.predict_features(X)[column].iloc[0]
    assert lost == pytest.approx(first["change"])


def test_a_model_that_answers_otherwise_fails_its_golden_rows(copy, bundle):
    swapped = bundle.golden.answers.assign(p_healthy=bundle.golden.answers["p_healthy"] + 1e-3)
    tampered(
        copy,
        {
            "golden/features.parquet": table_bytes(
                pd.concat([swapped, bundle.golden.features], axis=1)
            )
        },
    )
    with pytest.raises(BundleError, match=r"a difference of 0\.001"):
        open_bundle(copy).check_golden()
    assert bundle.check_golden() < 1e-9


def test_a_signature_holds_for_its_key_alone(run, copy, tmp_path):
    path = tmp_path / "signed.bundle"
    key = b"0123456789abcdef"
    assert write_bundle(run.out, path, key=key).signed
    assert not open_bundle(path).signed
    with pytest.raises(BundleError, match="signature made with this key"):
        open_bundle(path, key=b"another secret of ours")
    with pytest.raises(BundleError, match="no signature"):
        open_bundle(copy, key=key)
    tampered(path, {"model_card.md": b"# Perfect in every way"})
    assert open_bundle(path).card.startswith("# Perfect")  # hashes are no proof against a forger
    with pytest.raises(BundleError, match="signature made with this key"):
        open_bundle(path, key=key)
    with pytest.raises(BundleError, match="16 bytes"):
        write_bundle(run.out, tmp_path / "x.bundle", key=b"short")


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


def test_a_bundle_says_what_it_is_in_a_few_lines(bundle):
    first, second, *_ = repr(bundle).splitlines()
    assert first == f"Bundle {bundle.version}: {bundle.manifest.name}"
    assert "predicts pathology: healthy, parkinsons" in second
    assert len(repr(bundle)) < 400
