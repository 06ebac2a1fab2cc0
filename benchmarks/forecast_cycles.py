"""How well the rest of a cycle is forecast from its first part, by whom.

``python benchmarks/forecast_cycles.py FILE... [--share 0.4] [--epochs 25] [--batch 64]``. FILE is Parquet with
gait cycles; ``simulated`` stands for 100 simulated people. Every ipsilateral angle is forecast from the
first part of all of them, in five folds of subjects.
"""

import argparse
from pathlib import Path

from locomotion_analysis import LocomotionData
from locomotion_analysis.evaluation.forecasting import evaluate_forecast
from locomotion_analysis.models.deep import CurveRegressor
from locomotion_analysis.simulation import simulate

JOINTS = ("hip_flexion", "knee_flexion", "ankle_dorsiflexion")
ANGLES = tuple(f"{joint}_angle_ipsi_rad" for joint in JOINTS)
MOST_STRIDES = 20


def cycles(name: str, where: str | None) -> LocomotionData:
    if name == "simulated":
        return simulate(100, 5, ["level_walking"], seed=1)
    data = LocomotionData.from_parquet(Path(name))
    data = data if where is None else data.select(where=where)
    order = data.cycles.groupby("subject").cumcount()
    return data.take((order < MOST_STRIDES).to_numpy().nonzero()[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+")
    parser.add_argument("--where")
    parser.add_argument("--share", type=float, default=0.4)
    parser.add_argument("--epochs", type=int, default=25)
    parser.add_argument("--batch", type=int, default=64, help="cycles a batch of the networks")
    asked = parser.parse_args()
    models = {
        "perceptron": CurveRegressor(max_epochs=asked.epochs, batch_size=asked.batch),
        "gru": CurveRegressor("gru", max_epochs=asked.epochs, batch_size=asked.batch, dropout=0.2),
    }
    for name in asked.files:
        data = cycles(name, asked.where)
        targets = [channel for channel in ANGLES if channel in data.channels]
        found = evaluate_forecast(data, models, targets=targets, share=asked.share)
        print(f"\n{Path(name).name}: {len(data)} cycles of {len(set(data.groups))} people")
        columns = ["channel", "model", "rmse", "low", "high", "nrmse_percent",
                   "below_mean_curve_percent", "below_ridge_percent", "below_ridge_percent_low",
                   "below_ridge_percent_high"]  # fmt: skip
        print(found.errors[columns].round(4).to_string(index=False))


if __name__ == "__main__":
    main()
