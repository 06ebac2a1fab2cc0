"""
What a leak does to a score
===========================

Labels are drawn at random for each person, so the honest score is one half. Folds of cycles put each
person on both sides, and the model recognises the person.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import StratifiedKFold, cross_val_score

from locomotion_analysis.models import default_classifier
from locomotion_analysis.selection import SubjectStratifiedKFold
from locomotion_analysis.simulation import simulate

data = simulate(20, 6, ["level_walking"], ["healthy"])
X, _ = data.prepare_ml_features(target="pathology", features=["kinematic"])
people, person = np.unique(data.groups, return_inverse=True)
model = default_classifier("linear")
scores = {"folds of cycles": [], "folds of people": []}
for draw in range(3):
    labels = np.random.default_rng(draw).permutation(np.arange(len(people)) % 2)[person]
    cycles = StratifiedKFold(4, shuffle=True, random_state=draw)
    scores["folds of cycles"].append(cross_val_score(model, X, labels, cv=cycles).mean())
    by_person = cross_val_score(model, X, labels, groups=data.groups, cv=SubjectStratifiedKFold(4))
    scores["folds of people"].append(by_person.mean())

# %%
figure, axes = plt.subplots(figsize=(6, 3.4), layout="constrained")
for place, values in enumerate(scores.values()):
    axes.scatter([place] * len(values), values, color="#0072b2")
axes.axhline(0.5, color="0.5", linestyle="--")
axes.set(xticks=[0, 1], xticklabels=list(scores), xlim=(-0.5, 1.5), ylim=(0, 1.05))
axes.set(ylabel="Accuracy", title="Random labels, simulated gait")
