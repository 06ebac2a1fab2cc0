"""
Which part of the gait cycle matters
====================================

Windows of the curves are replaced by those of another person. The more the score falls, the more the model
relies on that window.
"""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from locomotion_analysis.evaluation.explain import (
    plot_phase_importance_on_curves,
    sequence_importance,
)
from locomotion_analysis.selection import SubjectStratifiedKFold
from locomotion_analysis.simulation import simulate


def flat(curves):
    """Lay the points of all channels in one row a cycle."""
    return np.asarray(curves).reshape(len(curves), -1)


data = simulate(40, 2, ["level_walking"], ["healthy", "stroke"])
channels = ["knee_flexion_angle_ipsi_rad"]
curves, labels = data.prepare_sequential_features(
    target="pathology", sequence_length=150, features=channels
)
model = make_pipeline(FunctionTransformer(flat), StandardScaler(), LogisticRegression(C=0.01))
found = sequence_importance(
    model, curves, labels, data.groups, channels, cv=SubjectStratifiedKFold(3), n_windows=5
)
axes = plot_phase_importance_on_curves(found, data, np.asarray(labels), channels[0])
axes.figure
