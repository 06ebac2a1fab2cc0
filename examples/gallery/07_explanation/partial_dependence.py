"""
What the model does with speed
==============================

One number changes and all else stays: what the model does, not what would happen to the person.
"""

from locomotion_analysis.evaluation.explain import (
    partial_dependence,
    plot_partial_dependence,
    with_clinical_variables,
)
from locomotion_analysis.models import default_classifier
from locomotion_analysis.selection import SubjectStratifiedKFold
from locomotion_analysis.simulation import simulate

data = simulate(24, 2, ["level_walking"], ["healthy", "stroke"])
X, y = data.prepare_ml_features(target="pathology", features=["kinematic", "temporal"])
groups = X.index.get_level_values("subject")
model, cv = default_classifier("linear"), SubjectStratifiedKFold(3)
clinical, added = with_clinical_variables(X, data, ["age", "bmi", "speed_m_s"])
found = partial_dependence(model, clinical[added], y, groups, "speed_m_s", outcome="stroke", cv=cv)
axes = plot_partial_dependence(found)
axes.figure
