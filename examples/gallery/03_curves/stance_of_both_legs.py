"""
Stance of both legs
===================

When each foot is on the ground; where bars overlap, both are.
"""

from locomotion_analysis.simulation import simulate

data = simulate(24, 6, ["level_walking"], ["healthy", "parkinsons", "stroke"])
axes = data.plot.events(by="pathology")
axes.figure
