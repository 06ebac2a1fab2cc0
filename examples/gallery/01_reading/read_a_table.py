"""
Gait cycles from a table
========================

A table in the long layout has 150 rows a cycle. Columns may have other names and units: degrees become
radians, ``phase_percent`` is recognised, and the history says so.

``data.plot`` draws it by :func:`~locomotion_analysis.plots.plot_curves`.
"""

import numpy as np
import pandas as pd

from locomotion_analysis import LocomotionData

phase = np.linspace(0, 100, 150)
rows = [
    pd.DataFrame(
        {
            "subject_id": f"P{person}",
            "task": "level_walking",
            "step": step,
            "phase_percent": phase,
            "knee_flexion_angle_ipsi_deg": 30 - (26 + person) * np.cos(2 * np.pi * phase / 100),
        }
    )
    for person in range(4)
    for step in range(3)
]
data = LocomotionData.from_dataframe(pd.concat(rows))
for entry in data.history:
    print(entry)

# %%
# The curves under the channel's standard name. Pictures show degrees.
axes = data.plot.curves("knee_flexion", by="subject", norm=False)
axes.set_title("Knee flexion, simulated", loc="left")
axes.figure
