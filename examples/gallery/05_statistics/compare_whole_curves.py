"""
Where do two groups differ?
===========================

One test of the whole curve by random field theory. People are counted, not strides.
"""

from locomotion_analysis.simulation import simulate
from locomotion_analysis.statistics import compare

data = simulate(24, 3, ["level_walking"], ["healthy", "stroke"])
found = compare(data, "knee_flexion_angle_ipsi_rad ~ pathology")
print(found.sentence)
figure = found.plot()
figure
