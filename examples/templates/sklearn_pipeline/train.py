"""Cross-validate a scikit-learn pipeline on features of gait cycles, by subject."""

import argparse

from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from locomotion_analysis import LocomotionData
from locomotion_analysis.evaluation import run_study


def pipeline() -> Pipeline:
    """Return the model: everything in it is fitted inside the fold."""
    return Pipeline(
        [
            ("impute", SimpleImputer()),
            ("scale", StandardScaler()),
            ("choose", SelectKBest(k=20)),
            ("classify", LogisticRegression(class_weight="balanced", max_iter=2000)),
        ]
    )


def main() -> None:
    """Read the command line, evaluate, write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", help="gait cycles (Parquet)")
    parser.add_argument("--target", default="pathology", help="column to predict")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--out", default="study", help="folder for the report")
    given = parser.parse_args()

    data = LocomotionData.from_parquet(given.data)
    study = run_study(
        data,
        given.target,
        given.out,
        model=pipeline(),
        features=["kinematic", "temporal"],
        n_splits=given.folds,
        source=given.data,
    )
    print(study.report_path)


if __name__ == "__main__":
    main()
