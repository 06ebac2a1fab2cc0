"""
Train a small network
=====================

A convolutional network on three angles. Early stopping watches the loss on people who are left out
of the training.
"""

import matplotlib.pyplot as plt
import numpy as np

from locomotion_analysis.models.deep import DeepClassifier
from locomotion_analysis.selection import SubjectStratifiedKFold
from locomotion_analysis.simulation import simulate

data = simulate(24, 3, ["level_walking"], ["healthy", "stroke"])
joints = ("hip_flexion", "knee_flexion", "ankle_dorsiflexion")
X, y = data.prepare_sequential_features(
    target="pathology", sequence_length=150, features=[f"{each}_angle_ipsi_rad" for each in joints]
)
y = np.asarray(y)
train, test = next(iter(SubjectStratifiedKFold(3).split(X, y, data.groups)))
network = DeepClassifier("cnn", max_epochs=8, batch_size=16)
network.fit(X[train], y[train], groups=data.groups[train])
print(f"accuracy on people not trained on: {network.score(X[test], y[test]):.2f}")

# %%
# The loss of each epoch.
history = network.history_
figure, axes = plt.subplots(figsize=(6, 3.4), layout="constrained")
axes.plot(history["epoch"], history["train_loss"], color="#0072b2", label="training people")
axes.plot(
    history["epoch"], history["valid_loss"], color="#d55e00", label="people for early stopping"
)
axes.set(xlabel="Epoch", ylabel="Loss", title="Training on simulated walking")
axes.legend()
