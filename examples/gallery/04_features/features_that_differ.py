"""
Features that differ between groups
===================================

Cohen's d of the people's means, after a stroke against healthy. Before a model, features must be chosen
inside the fold; here the ranking only describes the data.
"""

import matplotlib.pyplot as plt
import numpy as np

from locomotion_analysis.reporting import feature_title
from locomotion_analysis.simulation import simulate

data = simulate(24, 4, ["level_walking"], ["healthy", "stroke"])
X, y = data.prepare_ml_features(target="pathology", features=["temporal", "kinematic"])
people = X.assign(group=y.to_numpy()).groupby(["group", "subject"]).mean()
stroke, healthy = people.loc["stroke"], people.loc["healthy"]
spread = np.sqrt((stroke.var() + healthy.var()) / 2)
size = ((stroke.mean() - healthy.mean()) / spread).dropna()
top = size.loc[size.abs().sort_values().index[-12:]]

# %%
# The twelve largest.
figure, axes = plt.subplots(figsize=(8, 4), layout="constrained")
axes.barh([feature_title(name) for name in top.index], top, color="#0072b2")
axes.axvline(0, color="0.3", linewidth=0.8)
axes.set(xlabel="Standardised mean difference (Cohen's d)", title="Stroke minus healthy, simulated")
