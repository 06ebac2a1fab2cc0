"""The feature engineer as a scikit-learn transformer."""

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.feature_selection import f_classif
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

from locomotion_analysis import BiomechanicalFeatureEngineer, LocomotionData
from locomotion_analysis.errors import LocomotionWarning, SchemaError, TargetError
from locomotion_analysis.features.engineer import block_of
from locomotion_analysis.features.table import ml_features


@pytest.fixture(scope="module")
def features(two_sided):
    with pytest.warns(LocomotionWarning):
        return ml_features(two_sided, "pathology")


def engineer(**parameters):
    return BiomechanicalFeatureEngineer(
        **{"n_kinematic_components": 3, "n_kinetic_components": 2} | parameters
    )


def test_scikit_learns_own_checks():
    checks = list(estimator_checks_generator(BiomechanicalFeatureEngineer()))
    assert len(checks) > 30
    for estimator, check in checks:
        if check.func.__name__ != "check_array_api_input":  # needs another environment
            check(estimator)


@pytest.mark.filterwarnings("ignore::locomotion_analysis.errors.LocomotionWarning")
class TestInputs:
    def test_the_pages_call_works(self, two_sided):
        frame = two_sided.dataframe
        X = BiomechanicalFeatureEngineer().fit_transform(frame, frame["pathology"])
        assert isinstance(X, pd.DataFrame)
        assert X.shape == (40, 50)
        assert any(name.startswith("pca_kinematic_") for name in X)
        assert not [name for name in X if block_of(name) != "other"]
        pd.testing.assert_index_equal(X.index, two_sided.key)

    def test_target_a_row_or_a_cycle_long_frame_or_data_are_the_same(self, two_sided):
        frame, cycles = two_sided.dataframe, two_sided.cycles
        first = engineer(n_selected=4).fit_transform(frame, frame["pathology"])
        second = engineer(n_selected=4).fit_transform(frame, cycles["pathology"])
        third = engineer(n_selected=4).fit_transform(two_sided, cycles["pathology"].tolist())
        pd.testing.assert_frame_equal(first, second)
        pd.testing.assert_frame_equal(first, third)

    def test_a_feature_frame_gives_the_same_as_its_cycles(self, two_sided, features):
        X, y = features
        pd.testing.assert_frame_equal(
            engineer().fit_transform(X, y), engineer().fit_transform(two_sided, y)
        )

    def test_rows_in_any_order_keep_their_target(self, two_sided):
        frame = two_sided.dataframe
        mixed = frame.sample(frac=1.0, random_state=5)
        straight = engineer(n_selected=3).fit(frame, frame["age"])
        shuffled = engineer(n_selected=3).fit(mixed, mixed["age"])
        np.testing.assert_allclose(
            np.sort(straight.selector_.scores_), np.sort(shuffled.selector_.scores_), rtol=1e-6
        )

    def test_old_column_names_are_read(self, two_sided):
        frame = two_sided.dataframe
        old = frame.drop(columns="phase_ipsi").rename(columns={"subject": "subject_id"})
        assert "phase_percent" in old
        first = engineer().fit_transform(frame, frame["pathology"])
        second = engineer().fit_transform(old, old["pathology"])
        pd.testing.assert_frame_equal(first, second)

    def test_a_target_that_changes_within_a_cycle_is_refused(self, two_sided):
        frame = two_sided.dataframe
        y = frame["pathology"].astype(object).to_numpy().copy()
        y[150 * 7 + 3] = "other"
        with pytest.raises(TargetError, match="subject=S00"):
            engineer().fit(frame, y)

    @pytest.mark.parametrize("length", [0, 39, 150, 6001])
    def test_a_target_of_another_length_is_refused(self, two_sided, length):
        with pytest.raises(TargetError, match="6000"):
            engineer().fit(two_sided.dataframe, np.arange(length))

    def test_a_missing_target_is_refused(self, two_sided):
        y = two_sided.cycles["age"].to_numpy().copy()
        y[3] = np.nan
        with pytest.raises(TargetError, match="1 of 40"):
            engineer().fit(two_sided, y)

    def test_one_class_is_refused(self, two_sided):
        with pytest.raises(TargetError, match="two values"):
            engineer().fit(two_sided, ["a"] * 40)

    def test_without_a_target_nothing_is_selected(self, two_sided):
        fitted = engineer(n_selected=2).fit(two_sided)
        assert fitted.selector_ is None
        others = [n for n in fitted.feature_names_in_ if block_of(n) == "other"]
        kept = [n for n in fitted.get_feature_names_out() if n in others]
        assert fitted.transform(two_sided).shape == (40, 3 + 2 + len(kept))
        assert {"cycle_duration_s", "cadence_steps_min"} <= set(kept)

    def test_an_array_is_imputed_and_selected_only(self, features):
        X, y = features
        found = engineer(n_selected=5).fit_transform(X.to_numpy(), y)
        assert isinstance(found, np.ndarray)
        scores = f_classif(X, y)[0]
        best = np.sort(np.argsort(scores)[-5:])
        np.testing.assert_allclose(found, X.to_numpy()[:, best])

    def test_parameters_out_of_range_are_refused(self, two_sided):
        with pytest.raises(SchemaError, match="n_selected"):
            engineer(n_selected=0).fit(two_sided)


@pytest.mark.filterwarnings("ignore::locomotion_analysis.errors.LocomotionWarning")
class TestLearning:
    def test_components_are_those_of_standardised_blocks(self, features):
        X, _ = features
        found = engineer(n_selected=None).fit_transform(X)
        kinetic = X[[name for name in X if block_of(name) == "kinetic"]]
        expected = PCA(2).fit_transform(StandardScaler().fit_transform(kinetic))
        np.testing.assert_allclose(found.filter(like="pca_kinetic"), expected, atol=1e-9)

    def test_many_cycles_give_the_same_components_as_the_exact_solver(self, features):
        X = pd.concat([features[0]] * 5)
        X = X + np.random.default_rng(0).normal(size=X.shape)
        found = engineer().fit_transform(X).filter(like="pca_kinematic")
        block = X[[name for name in X if block_of(name) == "kinematic"]]
        scaled = StandardScaler().fit_transform(block)
        expected = PCA(3, svd_solver="full").fit_transform(scaled)
        np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=1e-8)

    def test_none_keeps_the_block(self, features):
        X, _ = features
        found = engineer(n_kinematic_components=None, n_kinetic_components=None).fit_transform(X)
        pd.testing.assert_frame_equal(found[X.columns], X)

    def test_components_are_capped_by_the_cycles(self, features):
        X, _ = features
        found = BiomechanicalFeatureEngineer().fit_transform(X.iloc[:5])
        assert found.filter(like="pca_kinematic").shape[1] == 4

    def test_missing_values_become_the_training_median(self, features):
        X, y = features
        holed = X.copy()
        holed.iloc[:10, X.columns.get_loc("cycle_duration_s")] = np.nan
        found = engineer().fit(holed, y).transform(holed)
        median = holed["cycle_duration_s"].median()
        assert (found["cycle_duration_s"].iloc[:10] == median).all()

    def test_constant_and_empty_features_go(self, features, caplog):
        X, y = features
        wide = X.assign(constant=1.0, empty=np.nan)
        with caplog.at_level("INFO"):
            found = engineer().fit_transform(wide, y)
        assert not {"constant", "empty"} & set(found)
        assert "constant features dropped: constant, empty" in caplog.text

    @pytest.mark.parametrize("target", ["age", "pathology"])
    def test_selection_follows_the_kind_of_target(self, two_sided, target):
        fitted = engineer(n_selected=2).fit(two_sided, two_sided.cycles[target])
        name = {"age": "f_regression", "pathology": "f_classif"}[target]
        assert fitted.selector_.score_func.__name__ == name
        assert len(fitted.get_feature_names_out()) == 2

    def test_test_cycles_do_not_depend_on_each_other(self, two_sided):
        y = two_sided.cycles["pathology"]
        train, test = np.arange(25), np.arange(25, 40)
        fitted = engineer().fit(two_sided.take(train), y.iloc[train])
        together = fitted.transform(two_sided.take(test))
        alone = pd.concat([fitted.transform(two_sided.take([i])) for i in test])
        pd.testing.assert_frame_equal(together, alone)

    def test_nothing_is_learned_from_the_test_fold(self, features):
        X, y = features
        train, test = np.arange(25), np.arange(25, 40)
        extreme = X.copy()
        extreme.iloc[test] = 1e6
        first, second = (
            engineer(n_selected=4).fit(f.iloc[train], y.iloc[train]) for f in (X, extreme)
        )
        pd.testing.assert_frame_equal(first.transform(X), second.transform(X))

    def test_random_labels_score_at_chance_inside_a_pipeline(self):
        rng = np.random.default_rng(0)
        X, y = rng.normal(size=(60, 2000)), np.tile([0, 1], 30)
        groups = np.repeat(np.arange(15), 4)
        model = make_pipeline(BiomechanicalFeatureEngineer(n_selected=10), LogisticRegression())
        honest = cross_val_score(model, X, y, groups=groups, cv=GroupKFold(5)).mean()
        chosen = BiomechanicalFeatureEngineer(n_selected=10).fit_transform(X, y)
        leaky = cross_val_score(LogisticRegression(), chosen, y, groups=groups, cv=GroupKFold(5))
        assert honest < 0.65
        assert leaky.mean() > 0.8

    def test_a_channel_missing_later_is_named_and_imputed(self, two_sided):
        fitted = engineer().fit(two_sided, two_sided.cycles["pathology"])
        fewer = LocomotionData(two_sided.cycles, two_sided.block[:-1], two_sided.channels[:-1])
        with pytest.warns(LocomotionWarning, match="grf_anterior_contra_BW_mean"):
            found = fitted.transform(fewer)
        assert found.notna().all(axis=None)

    def test_what_the_data_cannot_give_is_kept(self, two_sided):
        with pytest.warns(LocomotionWarning, match="stance_percent"):
            fitted = engineer().fit(two_sided)
        assert "stance_percent" in {entry.name for entry in fitted.left_out_}


@pytest.mark.filterwarnings("ignore::locomotion_analysis.errors.LocomotionWarning")
class TestScikitLearn:
    def test_works_in_a_grouped_cross_validation(self, features):
        X, y = features
        model = make_pipeline(engineer(), StandardScaler(), LogisticRegression())
        groups = X.index.get_level_values("subject")
        scores = cross_val_score(model, X, y, groups=groups, cv=GroupKFold(4))
        assert np.isfinite(scores).all()

    def test_clone_and_parameters(self):
        original = engineer(features=("kinematic",), n_selected=7)
        copy = clone(original)
        assert copy.get_params() == original.get_params()
        assert not hasattr(copy, "projection_")

    def test_names_out_are_the_columns(self, features):
        X, y = features
        fitted = engineer(n_selected=4).fit(X, y)
        assert fitted.get_feature_names_out().tolist() == fitted.transform(X).columns.tolist()

    @pytest.mark.parametrize("kind", ["pandas", "default"])
    def test_set_output(self, features, kind):
        X, y = features
        found = engineer().set_output(transform=kind).fit_transform(X, y)
        assert isinstance(found, pd.DataFrame)
        pd.testing.assert_index_equal(found.index, X.index)
        array = engineer().set_output(transform=kind).fit_transform(X.to_numpy(), y)
        assert isinstance(array, pd.DataFrame if kind == "pandas" else np.ndarray)

    def test_a_global_output_setting_changes_no_number(self, features):
        X, y = features
        plain = engineer().fit_transform(X, y)
        with config_context(transform_output="pandas"):
            pd.testing.assert_frame_equal(engineer().fit_transform(X, y), plain)

    def test_part_of_a_cycle_is_refused(self, two_sided):
        with pytest.raises(SchemaError, match="150"):
            engineer().fit(two_sided.dataframe.iloc[:100])


def test_blocks_follow_the_parsed_channel():
    assert block_of("knee_flexion_velocity_contra_rad_s_q05") == "kinematic"
    assert block_of("cop_anterior_ipsi_m_rom") == "kinetic"
    assert block_of("grf_vertical_ipsi_BW_peak1") == "kinetic"
    assert block_of("angle_of_nothing_rad") == "other"
    assert block_of("knee_flexion_moment_asymmetry_rom") == "other"


@pytest.mark.filterwarnings("ignore::locomotion_analysis.errors.LocomotionWarning")
class TestThePagesNames:
    @pytest.mark.parametrize("group", ["temporal", "kinematic", "kinetic"])
    def test_each_group_alone_from_cycles_or_a_long_frame(self, two_sided, features, group):
        extract = getattr(engineer(), f"extract_{group}_features")
        found = extract(two_sided)
        pd.testing.assert_index_equal(found.index, two_sided.key)
        pd.testing.assert_frame_equal(extract(two_sided.dataframe), found)
        # Together the groups are what the engineer works on by default.
        pd.testing.assert_frame_equal(found, features[0][found.columns])

    def test_the_groups_are_all_of_the_default_features(self, two_sided, features):
        own = engineer()
        frames = [
            own.extract_kinematic_features(two_sided),
            own.extract_kinetic_features(two_sided),
            own.extract_temporal_features(two_sided),
        ]
        pd.testing.assert_frame_equal(pd.concat(frames, axis=1), features[0])

    def test_extracting_learns_nothing_and_follows_the_aggregations(self, two_sided):
        own = engineer(aggregations=("median",))
        found = own.extract_kinematic_features(two_sided)
        curves = two_sided.curves("knee_flexion_angle_ipsi_rad")
        np.testing.assert_allclose(
            found["knee_flexion_angle_ipsi_rad_median"], np.median(curves, axis=1), rtol=1e-6
        )
        assert vars(own) == vars(engineer(aggregations=("median",)))

    def test_features_are_no_cycles(self, features):
        for wrong in (features[0], features[0].to_numpy()):
            with pytest.raises(SchemaError, match="150 rows a cycle"):
                engineer().extract_kinetic_features(wrong)

    def test_the_steps_as_asked_for_and_as_fitted(self, features):
        X, y = features
        own = engineer(n_selected=4)
        assert (own.pca_kinematic.n_components, own.pca_kinetic.n_components) == (3, 2)
        assert own.feature_selector.k == 4
        own.fit(X, y)
        for block, pca in (("kinematic", own.pca_kinematic), ("kinetic", own.pca_kinetic)):
            scaled = StandardScaler().fit_transform(X[[n for n in X if block_of(n) == block]])
            expected = np.linalg.eigvalsh(np.cov(scaled.T))[::-1][: pca.n_components_]
            np.testing.assert_allclose(pca.explained_variance_, expected, rtol=1e-8)
        chosen = own.feature_selector.get_support()
        assert own.feature_selector.transform(own.projection_.transform(X)).shape == (len(X), 4)
        assert chosen.sum() == 4
        assert clone(own).pca_kinematic.n_components == 3
        assert not hasattr(clone(own).pca_kinematic, "components_")

    def test_a_step_left_out_is_none(self, two_sided, features):
        own = engineer(n_kinematic_components=None, n_selected=None)
        assert own.pca_kinematic is None
        assert own.feature_selector is None
        own.fit(features[0].filter(like="angle"))
        assert (own.pca_kinematic, own.pca_kinetic, own.feature_selector) == (None, None, None)


def test_components_and_features_kept_where_nothing_is_said():
    told = BiomechanicalFeatureEngineer().get_params()
    assert told["n_kinematic_components"] == 10
    assert told["n_kinetic_components"] == 8
    assert told["n_selected"] == 50
