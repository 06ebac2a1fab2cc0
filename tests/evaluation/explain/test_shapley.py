import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from locomotion_analysis import extras
from locomotion_analysis.errors import MissingExtraError, SchemaError
from locomotion_analysis.evaluation.explain import plot_shapley, shapley_values


def test_without_the_library_the_error_names_the_extra(walkers, monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"locomotion-analysis\[explain\]"):
        shapley_values(LogisticRegression(), walkers.X, walkers.y, walkers.groups)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
class TestWithTheLibrary:
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
