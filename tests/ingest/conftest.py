"""A person who walks as told, measured by an ideal laboratory."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from locomotion_analysis.ingest import Event, Plate, Recording, Stream

STRIDE_S, STANCE, SPEED_M_S, MASS_KG = 1.1, 0.62, 1.2, 70.0
FIRST_STRIKE_S = {"right": 0.25, "left": 0.25 + STRIDE_S / 2}
FOOT_M, HALF_WIDTH_M = 0.2, 0.06


@dataclass
class Walker:
    """Walks in +x with a stride of 1.1 s, stance 62 %, 1.2 m/s; knee follows `knee_curve`."""

    seconds: float = 6.0
    rate_hz: float = 100.0
    plate_rate_hz: float = 1000.0
    time_s: np.ndarray = field(init=False)

    def __post_init__(self):
        self.time_s = np.arange(0.0, self.seconds, 1.0 / self.rate_hz)

    def strikes(self, side):
        first = FIRST_STRIKE_S[side]
        return np.arange(first, self.seconds, STRIDE_S)

    def offs(self, side):
        first = FIRST_STRIKE_S[side] + (STANCE - 1.0) * STRIDE_S
        instants = np.arange(first, self.seconds, STRIDE_S)
        return instants[instants > 0.0]

    def phase(self, side, time):
        return (time - FIRST_STRIKE_S[side]) / STRIDE_S

    @staticmethod
    def knee_curve(phase):
        return 0.5 - 0.4 * np.cos(2 * np.pi * phase) + 0.1 * np.sin(4 * np.pi * phase)

    def heel_x(self, side, time):
        cycle, part = np.divmod(self.phase(side, time), 1.0)
        swing = np.clip((part - STANCE) / (1.0 - STANCE), 0.0, 1.0)
        return SPEED_M_S * (STRIDE_S * (cycle + swing) + FIRST_STRIKE_S[side]) + 0.3

    def heel(self, side, time):
        part = np.mod(self.phase(side, time), 1.0)
        lift = np.where(part > STANCE, np.sin(np.pi * (part - STANCE) / (1.0 - STANCE)), 0.0)
        y = -HALF_WIDTH_M if side == "right" else HALF_WIDTH_M
        return np.stack(
            [self.heel_x(side, time), np.full_like(time, y), 0.03 + 0.15 * lift], axis=1
        )

    def markers(self):
        pelvis = np.stack(
            [SPEED_M_S * self.time_s, np.zeros_like(self.time_s), np.ones_like(self.time_s)], axis=1
        )
        heels = {f"{side[0].upper()}HEE": self.heel(side, self.time_s) for side in FIRST_STRIKE_S}
        toes = {f"{n[0]}TOE": heel + np.array([FOOT_M, 0.0, 0.0]) for n, heel in heels.items()}
        return {"SACR": pelvis, **heels, **toes}

    def vertical_N(self, side, time):
        part = np.mod(self.phase(side, time), 1.0) / STANCE
        return np.where(part < 1.0, 1.5 * MASS_KG * 9.80665 * np.sin(np.pi * part), 0.0)

    def plate(self, *contacts):
        """One plate stepped on in the given (side, number of the step) contacts."""
        time = np.arange(0.0, self.seconds, 1.0 / self.plate_rate_hz)
        force, cop = np.zeros((len(time), 3)), np.full((len(time), 3), np.nan)
        for side, number in contacts:
            start = self.strikes(side)[number]
            on = (time >= start) & (time <= start + STANCE * STRIDE_S)
            share = (time[on] - start) / (STANCE * STRIDE_S)
            vertical = self.vertical_N(side, time[on])
            outward = -1.0 if side == "right" else 1.0
            new = np.stack(
                [-0.2 * np.cos(np.pi * share) * vertical, -0.05 * outward * vertical, vertical], 1
            )
            heel = self.heel(side, time[on])
            spot = heel + np.stack([FOOT_M * share, 0 * share, 0 * share], axis=1)
            total = force[on, 2] + vertical
            old = np.nan_to_num(cop[on]) * force[on, 2][:, None]
            cop[on] = (old + spot * vertical[:, None]) / np.maximum(total, 1e-9)[:, None]
            force[on] += new
        return Plate(time, force, cop, np.zeros(len(time)))

    def events(self):
        found = [Event(float(t), s, "heel_strike") for s in FIRST_STRIKE_S for t in self.strikes(s)]
        found += [Event(float(t), s, "toe_off") for s in FIRST_STRIKE_S for t in self.offs(s)]
        return tuple(sorted(found))

    def angles(self):
        names = {
            f"knee_flexion_angle_{s}_rad": self.knee_curve(self.phase(s, self.time_s))
            for s in FIRST_STRIKE_S
        }
        return Stream(self.time_s, names)

    def forces(self):
        time = np.arange(0.0, self.seconds, 1.0 / self.plate_rate_hz)
        return Stream(
            time, {f"grf_vertical_{s}_N": self.vertical_N(s, time) for s in FIRST_STRIKE_S}
        )

    def recording(self, **parts):
        known = {
            "source": "walk.c3d",
            "subject": "S1",
            "task": "level_walking",
            "trial": "t1",
            "streams": (self.angles(),),
            "metadata": {"mass_kg": MASS_KG},
        }
        return Recording(**{**known, **parts})

    def with_markers(self, **parts):
        return self.recording(markers=self.markers(), marker_time_s=self.time_s, **parts)


@pytest.fixture
def walker():
    return Walker()


@pytest.fixture
def make_walker():
    return Walker
