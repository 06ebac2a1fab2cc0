"""
Five kinds of gait
==================

Mean knee flexion of five simulated groups. The evidence behind each is in
:mod:`locomotion_analysis.simulation.pathologies`.

``data.plot`` draws it by :func:`~locomotion_analysis.plots.plot_curves`.
"""

import matplotlib.pyplot as plt

from locomotion_analysis.simulation import simulate

kinds = ["healthy", "stroke", "parkinsons", "knee_osteoarthritis", "transtibial_amputation"]
data = simulate(50, 2, ["level_walking"], kinds)
figure, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
data.plot.curves("knee_flexion", by="pathology", band="none", norm=False, ax=axes)
