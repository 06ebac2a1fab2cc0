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


@dataclass
class Runner:
    """Runs towards +x on a belt at 3 m/s, or over the ground: stride 0.72 s, flight between contacts.

    Contacts are half sines of the force; the pelvis flies freely between them. A foot moves with
    the belt in contact, and swings ahead of where it lands.
    """

    seconds: float = 5.0
    rate_hz: float = 200.0
    plate_rate_hz: float = 1000.0
    stride_s: float = 0.72
    duty: float = 0.35
    speed_m_s: float = 3.0
    belt: bool = True
    width_m: float = 0.06
    time_s: np.ndarray = field(init=False)

    def __post_init__(self):
        self.time_s = np.arange(0.0, self.seconds, 1.0 / self.rate_hz)

    @property
    def contact_s(self):
        return self.duty * self.stride_s

    @property
    def flight_s(self):
        return self.stride_s / 2 - self.contact_s

    def first(self, side):
        return 0.1 if side == "right" else 0.1 + self.stride_s / 2

    def strikes(self, side):
        return np.arange(self.first(side), self.seconds, self.stride_s)

    def offs(self, side):
        first = self.first(side) + self.contact_s - self.stride_s
        instants = np.arange(first, self.seconds, self.stride_s)
        return instants[instants > 0.0]

    def part(self, side, time):
        return np.mod((time - self.first(side)) / self.stride_s, 1.0)

    def vertical_N(self, side, time):
        part = self.part(side, time) / self.duty
        peak = MASS_KG * 9.80665 * np.pi / (4 * self.duty)  # one body weight over the step
        return np.where(part < 1.0, peak * np.sin(np.pi * np.minimum(part, 1.0)), 0.0)

    def pelvis_z(self, time):
        fine = np.arange(0.0, self.stride_s / 2, 1e-4)
        share = fine / self.contact_s
        lift = np.pi / (4 * self.duty) * np.sin(np.pi * np.minimum(share, 1.0)) * (share < 1.0)
        acceleration = 9.80665 * (lift - 1.0)
        speed = np.cumsum(acceleration - acceleration.mean()) * 1e-4
        height = np.cumsum(speed - speed.mean()) * 1e-4
        step = np.mod(time - self.first("right"), self.stride_s / 2)
        return 0.95 + np.interp(step, fine, height - height.mean(), period=self.stride_s / 2)

    def foot(self, side, time):
        part, reach = self.part(side, time), self.speed_m_s * self.contact_s
        on = part < self.duty
        share = np.clip((part - self.duty) / (1.0 - self.duty), 0.0, 1.0)
        slope = -self.speed_m_s * (1.0 - self.duty) * self.stride_s
        back, front = -0.6 * reach, 0.4 * reach
        swing = (
            (2 * share**3 - 3 * share**2 + 1) * back
            + (share**3 - 2 * share**2 + share) * slope
            + (3 * share**2 - 2 * share**3) * front
            + (share**3 - share**2) * slope
        )
        x = np.where(on, front - self.speed_m_s * part * self.stride_s, swing)
        lift = np.where(on, 0.0, np.sin(np.pi * share))
        return x, lift

    def markers(self):
        time = self.time_s
        way = 0.0 if self.belt else self.speed_m_s * time
        marks = {"SACR": np.stack([way + 0.0 * time, 0.0 * time, self.pelvis_z(time)], axis=1)}
        for side, outward in (("left", 1.0), ("right", -1.0)):
            x, lift = self.foot(side, time)
            y = np.full_like(time, outward * self.width_m / 2)
            letter = side[0].upper()
            marks[f"{letter}HEE"] = np.stack([way + x - 0.05, y, 0.04 + 0.40 * lift], axis=1)
            marks[f"{letter}TOE"] = np.stack([way + x + 0.15, y, 0.03 + 0.15 * lift], axis=1)
        return marks

    def plate(self):
        """One belt under both feet."""
        time = np.arange(0.0, self.seconds, 1.0 / self.plate_rate_hz)
        force, cop = np.zeros((len(time), 3)), np.full((len(time), 3), np.nan)
        for side, outward in (("left", 1.0), ("right", -1.0)):
            vertical = self.vertical_N(side, time)
            on = vertical > 0.0
            x, _ = self.foot(side, time)
            share = self.part(side, time) / self.duty
            spot = np.stack([x + 0.15 * share, outward * self.width_m / 2 + 0 * x, 0 * x], axis=1)
            cop[on] = spot[on]
            force[:, 2] += vertical
            force[on, 0] -= (0.2 * np.cos(np.pi * share) * vertical)[on]
        return Plate(time, force, cop, np.zeros(len(time)))

    def angles(self):
        signals = {}
        for side in ("left", "right"):
            part = self.part(side, self.time_s)
            stance = np.exp(-(((part - 0.15) / 0.08) ** 2))
            swing = np.exp(-(((part - 0.68) / 0.14) ** 2))
            signals[f"knee_flexion_angle_{side}_rad"] = np.radians(18 + 25 * stance + 80 * swing)
            signals[f"hip_flexion_angle_{side}_rad"] = np.radians(
                15 + 30 * np.cos(2 * np.pi * (part + 0.1))
            )
        return Stream(self.time_s, signals)

    def forces(self):
        time = np.arange(0.0, self.seconds, 1.0 / self.plate_rate_hz)
        return Stream(
            time, {f"grf_vertical_{s}_N": self.vertical_N(s, time) for s in ("left", "right")}
        )

    def recording(self, **parts):
        known = {
            "source": "run.c3d",
            "subject": "S1",
            "trial": "t1",
            "streams": (self.angles(),),
            "metadata": {"mass_kg": MASS_KG},
        }
        return Recording(**{**known, **parts})

    def with_markers(self, **parts):
        return self.recording(markers=self.markers(), marker_time_s=self.time_s, **parts)


@pytest.fixture
def make_runner():
    return Runner
