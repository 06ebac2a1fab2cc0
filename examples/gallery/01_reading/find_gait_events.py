"""
Heel strike and toe-off from force
==================================

Contacts begin and end where the vertical force crosses a threshold. Here a person of 70 kg walks over
plates for four seconds; the force is simulated.
"""

import matplotlib.pyplot as plt
import numpy as np

from locomotion_analysis.ingest import contact_events, contacts

time = np.arange(0, 4, 0.001)  # sampling frequency 1,000 Hz
stance = np.mod(time / 1.1, 1) / 0.62
force = np.where(
    stance < 1, 687 * (1.1 * np.sin(np.pi * stance) + 0.3 * np.sin(3 * np.pi * stance)), 0
)
force += np.random.default_rng(0).normal(0, 3, len(time))
found = contacts(time, force)
print(found)

# %%
# The events of the right foot.
figure, axes = plt.subplots(figsize=(7, 3.2), layout="constrained")
axes.plot(time, force, color="0.3", linewidth=1)
for event in contact_events({"right": found}):
    strike = event.kind == "heel_strike"
    axes.axvline(
        event.time_s, color="#0072b2" if strike else "#d55e00", linestyle="-" if strike else "--"
    )
axes.set(xlabel="Time (s)", ylabel="Vertical force (N)")
axes.set_title("Heel strike (solid) and toe-off (dashed), simulated force")
