import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from locomotion_analysis import extras
from locomotion_analysis.errors import MissingExtraError, SchemaError, TargetError
from locomotion_analysis.evaluation.explain import (
    partial_dependence,
    plot_partial_dependence,
    plot_shapley,
    shapley_values,
    with_clinical_variables,
)
from locomotion_analysis.simulation import simulate


def test_of_a_linear_model_every_subject_has_the_slope(walkers):
    y = 2.0 * walkers.X["speed_m_s"] + walkers.X["hip_power_ipsi_W_kg_max"]
    found = partial_dependence(LinearRegression(), walkers.X, y, walkers.groups, "speed_m_s")
    slopes = np.diff(found.of_subject, axis=1) / np.diff(found.grid)
    assert slopes == pytest.approx(2.0)
    assert found.of_subject.shape == (24, 20)
    assert (found.low <= found.mean).all()
    assert (found.mean <= found.high).all()


def test_the_probability_of_a_class_rises_with_what_tells_it(walkers):
    variable = "knee_flexion_angle_ipsi_rad_rom"
    run = [LogisticRegression(), walkers.X, walkers.y, walkers.groups, variable]
    stiff, free = (partial_dependence(*run, outcome=name, n_grid=5) for name in (None, "free"))
    assert stiff.outcome == "probability of stiff"
    assert stiff.mean[-1] > stiff.mean[0] + 0.2
    assert stiff.mean + free.mean == pytest.approx(1.0)


def test_the_figure_has_a_line_a_subject(walkers):
    found = partial_dependence(
        LogisticRegression(), walkers.X, walkers.y, walkers.groups, "speed_m_s", n_grid=3
    )
    axes = plot_partial_dependence(found)
    assert sum(len(line.get_xdata()) == 3 for line in axes.lines) == 24 + 1
    assert axes.get_xlabel() == "Speed (m/s)"
    axes.figure.clear()


def test_clinical_variables_come_from_the_cycle_table():
    data = simulate(n_subjects=4, n_cycles=2, tasks=["level_walking"])
    X, _ = data.prepare_ml_features(target="pathology", features=["temporal"])
    joined, added = with_clinical_variables(X, data)
    cycles = data.cycles
    assert added == ["speed_m_s", "age", "bmi", "height_m", "mass_kg"]
    mass, height = cycles["mass_kg"].to_numpy(), cycles["height_m"].to_numpy()
    assert joined["bmi"].to_numpy() == pytest.approx(mass / height**2, rel=0.02)
    assert joined["age"].to_numpy() == pytest.approx(cycles["age"].to_numpy())
    assert "age" not in X
    with pytest.raises(SchemaError, match="sex"):
        with_clinical_variables(X, data, ["sex"])
    with pytest.raises(SchemaError, match="cycle key"):
        with_clinical_variables(X.reset_index(drop=True), data)


def test_bad_input_is_one_clear_error(walkers):
    run = [walkers.X, walkers.y, walkers.groups]
    with pytest.raises(SchemaError, match="with_clinical_variables"):
        partial_dependence(LogisticRegression(), *run, "bmi")
    with pytest.raises(SchemaError, match="predict_proba"):
        partial_dependence(RidgeClassifier(), *run, "speed_m_s")
    with pytest.raises(TargetError, match="nobody"):
        partial_dependence(LogisticRegression(), *run, "speed_m_s", outcome="nobody")
    still = walkers.X.assign(bmi=22.0)
    with pytest.raises(SchemaError, match="varies"):
        partial_dependence(LogisticRegression(), still, walkers.y, walkers.groups, "bmi")


def test_without_the_library_the_error_names_the_extra(walkers, monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"locomotion-analysis\[explain\]"):
        shapley_values(LogisticRegression(), walkers.X, walkers.y, walkers.groups)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
class TestShapleyValues:
    @pytest.fixture(autouse=True)
    def _library(self):
        pytest.importorskip("shap")

    def test_trees_add_up_to_the_probability(self, walkers):
        model = make_pipeline(StandardScaler(), ExtraTreesClassifier(20, random_state=0))
        cv = [(np.arange(24, 72), np.arange(24))]
        found = shapley_values(model, walkers.X, walkers.y, walkers.groups, cv=cv)
        model.fit(walkers.X.iloc[24:], walkers.y[24:])
        told = found.values.sum(axis=1) - model.predict_proba(walkers.X.iloc[:24])
        assert told == pytest.approx(np.broadcast_to(told[0], told.shape), abs=1e-6)
        assert found.mean_absolute().index[0].startswith("knee")
        assert (
            found.by_group({"knee": list(walkers.X)[:2], "hip": list(walkers.X)[2:4]}).index[0]
            == "knee"
        )
        axes = plot_shapley(found)
        assert len(axes.get_yticks()) == 5
        axes.figure.clear()

    def test_of_a_linear_model_they_are_slope_times_deviation(self, walkers):
        y = 2.0 * walkers.X["speed_m_s"]
        found = shapley_values(LinearRegression(), walkers.X, y, walkers.groups)
        column = list(walkers.X).index("speed_m_s")
        change = np.diff(found.values[:3, column, 0])
        assert change == pytest.approx(2.0 * np.diff(walkers.X["speed_m_s"][:3]))
        assert found.outcomes == ("prediction",)

    def test_other_models_and_new_columns_are_refused(self, walkers):
        run = [walkers.X, walkers.y, walkers.groups]
        with pytest.raises(SchemaError, match="linear"):
            shapley_values(KNeighborsClassifier(), *run)
        with pytest.raises(SchemaError, match="by name"):
            shapley_values(make_pipeline(PCA(2), LogisticRegression()), *run)
