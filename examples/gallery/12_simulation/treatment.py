"""
Before and after a treatment
============================

The same people twice. The size of the effect is an assumption of the simulator.

``data.plot`` draws it by :func:`~locomotion_analysis.plots.plot_change`.
"""

from locomotion_analysis.simulation import simulate_treatment

data = simulate_treatment(16, 4, "knee_osteoarthritis")
print(data.cycles.groupby("session")["speed_m_s"].mean().round(2))
figure = data.plot.change("knee_flexion", by="session", before="pre", after="post")
figure
