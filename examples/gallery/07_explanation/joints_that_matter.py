"""
Which joint matters
===================

All features of a joint are permuted between people at once, since correlated features replace each other
when permuted one at a time. An interval that contains zero means that so few people do not decide.
"""

from locomotion_analysis.evaluation.explain import (
    feature_groups,
    grouped_importance,
    plot_grouped_importance,
)
from locomotion_analysis.models import default_classifier
from locomotion_analysis.selection import SubjectStratifiedKFold
from locomotion_analysis.simulation import simulate

joints = ("hip_flexion", "knee_flexion", "ankle_dorsiflexion")
data = simulate(40, 2, ["level_walking"], ["healthy", "knee_osteoarthritis"]).select(
    channels=[f"{joint}_angle_ipsi_rad" for joint in joints]
)
X, y = data.prepare_ml_features(target="pathology", features=["kinematic"])
groups = X.index.get_level_values("subject")
model, cv = default_classifier("linear"), SubjectStratifiedKFold(3)
by_joint = feature_groups(X.columns, "joint")
found = grouped_importance(model, X, y, groups, by_joint, cv=cv, n_repeats=3)
axes = plot_grouped_importance(found)
axes.figure
