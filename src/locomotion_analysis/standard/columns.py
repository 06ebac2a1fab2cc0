"""Names of the columns beside the channels."""

KEY = ("dataset", "subject", "task", "task_id", "step")
"""Columns that together name one gait cycle."""

PHASE_COLUMN = "phase_ipsi"
"""Percent of the ipsilateral gait cycle, 0 to 100."""

TIME_COLUMNS = ("time", "time_s", "timestamp", "t")
"""Columns that mark a table as a recording over time, not yet cut into cycles."""

METADATA: dict[str, str] = {
    "cycle_duration_s": "time between the two ipsilateral heel strikes, s",
    "stance_percent": "ipsilateral toe-off, percent of the cycle",
    "double_support_percent": "both feet on the ground, percent of the cycle",
    "speed_m_s": "walking speed, m/s",
    "cadence_steps_min": "steps per minute",
    "step_length_m": "step length, m",
    "stride_length_m": "stride length, m",
    "step_width_m": "step width, m",
    "incline_deg": "slope of the ground, degrees, uphill positive",
    "side": "side of the ipsilateral leg: left or right",
    "age": "age, years",
    "sex": "female or male",
    "height_m": "body height, m",
    "mass_kg": "body mass, kg",
    "leg_length_m": "leg length, m",
    "pathology": "diagnosis, or healthy",
    "simulated": "true where no person was measured",
}
"""Known metadata of a cycle and what each means."""
