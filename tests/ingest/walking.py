"""Somebody who walks as told: over a floor or a belt, any way, forward, backward and round corners.

Footprints lie on the ground under the feet; the ground moves with the belt. Everything that a
laboratory measures of it is derived from there, so each figure is known without the product.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from locomotion_analysis.ingest import Plate, Recording, Stream
from locomotion_analysis.ingest.recording import PelvisPose

STRIDE_S, STANCE, MASS_KG, WIDTH_M = 1.1, 0.60, 70.0, 0.10
FIRST_S = {"left": 0.0, "right": STRIDE_S / 2.0}
OUT_TOE, HALF_FOOT_M = 0.1, 0.1
HEELS_M = WIDTH_M - 2 * HALF_FOOT_M * np.sin(OUT_TOE)
"""Distance of the heels sideways: the toes point outwards."""
OUT = {"left": 1.0, "right": -1.0}
HIP_M, THIGH_M, SHANK_M = 0.76, 0.43, 0.43
WEIGHT_N = MASS_KG * 9.80665


def unit(angle):
    return np.stack([np.cos(angle), np.sin(angle)], axis=-1)


@dataclass
class Walk:
    """Walks at `speed` over the ground, facing `heading` (rad) or away from where it goes.

    The ground moves at -`belt` along the line of progression, the person drifts by `drift` (m/s,
    x and y) beyond that. `turn` gives the change of the line of progression over time, rad.
    """

    heading: float = 0.0
    speed: float = 1.2
    belt: float = 0.0
    drift: tuple[float, float] = (0.0, 0.0)
    backward: bool = False
    seconds: float = 6.0
    rate: float = 100.0
    turn: Callable = np.zeros_like
    noise_m: float = 0.0

    def __post_init__(self):
        self.time = np.arange(round(self.seconds * self.rate)) / self.rate
        self.fine = np.arange(-3.0, self.seconds + 3.0, 1e-3)
        line = self.line(self.fine)
        going = self.speed * unit(line)
        belt = -self.belt * unit(line)
        over = going if not self.belt else (self.belt * unit(line) + np.array(self.drift))
        self._way = np.cumsum(over, axis=0) * 1e-3
        self._ground = np.cumsum(belt, axis=0) * 1e-3

    @property
    def true_speed(self):
        """Mean speed over the ground, m/s, of a straight walk."""
        line = unit(self.line(0.0))
        over = self.belt * line + np.array(self.drift) if self.belt else self.speed * line
        return float(np.linalg.norm(over))

    def line(self, time):
        return self.heading + (np.pi if self.backward else 0.0) + self.turn(time)

    def faces(self, time):
        return self.heading + self.turn(time)

    def _at(self, table, time):
        return np.stack([np.interp(time, self.fine, column) for column in table.T], axis=-1)

    def ground(self, time):
        return self._at(self._ground, time)

    def pelvis(self, time):
        sway = 0.02 * np.sin(2 * np.pi * time / STRIDE_S)[:, None]
        left = unit(self.faces(time) + np.pi / 2)
        return self._at(self._way, time) + self.ground(time) + sway * left

    def phase(self, side, time):
        return (time - FIRST_S[side]) / STRIDE_S

    def foot(self, side, time):
        """Middle of the foot (x, y, z) and the angle it points at, in the laboratory."""
        cycle, part = np.divmod(self.phase(side, time), 1.0)
        share = np.clip((part - STANCE) / (1 - STANCE), 0, 1)
        share = (1 - np.cos(np.pi * share)) / 2

        def print_of(number):
            middle = FIRST_S[side] + (number + STANCE / 2) * STRIDE_S
            facing = self.faces(middle)
            left = unit(facing + np.pi / 2)
            return self._at(self._way, middle) + OUT[side] * WIDTH_M / 2 * left, facing

        (here, angle), (there, next_angle) = print_of(cycle), print_of(cycle + 1)
        # The swing is smooth as the person sees it: furthest behind at its start, ahead at its end.
        leaves, lands = (FIRST_S[side] + (cycle + k) * STRIDE_S for k in (STANCE, 1.0))
        behind, ahead = here - self._at(self._way, leaves), there - self._at(self._way, lands)
        swings = self._at(self._way, time) + behind + share[:, None] * (ahead - behind)
        place = np.where((part < STANCE)[:, None], here, swings) + self.ground(time)
        lift = 0.1 * np.sin(np.pi * np.clip((part - STANCE) / (1 - STANCE), 0, 1))
        points = angle + share * (next_angle - angle) + OUT[side] * OUT_TOE
        return np.column_stack([place, 0.04 + lift]), points

    def markers(self):
        time, found = self.time, {}
        random = np.random.default_rng(3)
        for side, letter in (("left", "L"), ("right", "R")):
            middle, points = self.foot(side, time)
            along = np.column_stack([unit(points), 0 * time])
            # Heel and toe at equal distances from the middle of the line of the sole.
            found |= {
                f"{letter}HEE": middle - HALF_FOOT_M * along,
                f"{letter}TOE": middle + HALF_FOOT_M * along,
            }
        rotation = self.faces(time) + np.radians(5) * np.sin(2 * np.pi * time / STRIDE_S)
        pelvis = np.column_stack([self.pelvis(time), 0.95 + 0 * time])
        ahead, left = (
            np.column_stack([unit(a), 0 * time]) for a in (rotation, rotation + np.pi / 2)
        )
        for letter, sign in (("L", 1.0), ("R", -1.0)):
            found |= {
                f"{letter}ASI": pelvis + 0.1 * ahead + sign * 0.12 * left,
                f"{letter}PSI": pelvis - 0.1 * ahead + sign * 0.05 * left,
            }
        return {
            name: xyz + self.noise_m * random.standard_normal(xyz.shape)
            for name, xyz in found.items()
        }

    def knee(self, side):
        x = 2 * np.pi * np.mod(self.phase(side, self.time), 1.0)
        return np.radians(5 + 58 * np.exp(-(((x - 4.55) / 0.55) ** 2)))

    def angles(self):
        """Hip, knee and ankle that put the feet of a 0.86 m leg where they are."""
        signals = {}
        for side in FIRST_S:
            middle, _ = self.foot(side, self.time)
            ahead = np.sum(
                (middle[:, :2] - self.pelvis(self.time)) * unit(self.faces(self.time)), axis=1
            )
            down = HIP_M - (middle[:, 2] - 0.04)
            length = np.minimum(np.hypot(ahead, down), THIGH_M + SHANK_M - 1e-6)
            bend = np.pi - np.arccos(
                (THIGH_M**2 + SHANK_M**2 - length**2) / (2 * THIGH_M * SHANK_M)
            )
            hip = np.arctan2(ahead, down) + bend / 2
            signals |= {
                f"hip_flexion_angle_{side}_rad": hip,
                f"knee_flexion_angle_{side}_rad": bend,
                f"ankle_dorsiflexion_angle_{side}_rad": bend - hip,
            }
        return signals

    def force(self, side, time):
        """Force on the person, laboratory axes, and its place; braking, then driving."""
        share = np.mod(self.phase(side, time), 1.0) / STANCE
        on = share < 1
        part = np.clip(share, 0, 1)
        vertical = 1.1 * WEIGHT_N * np.sin(np.pi * part) ** 0.6 * on
        along = -120 * np.sin(2 * np.pi * part) * on
        inward = 0.05 * vertical
        middle, points = self.foot(side, time)
        goes, left = unit(self.line(time)), unit(self.faces(time) + np.pi / 2)
        plane = along[:, None] * goes - OUT[side] * inward[:, None] * left
        roll = (0.2 * part - 0.1)[:, None] * (-1 if self.backward else 1) * unit(points)
        place = np.column_stack([middle[:, :2] + roll, 0 * time])
        place[~on] = np.nan
        return np.column_stack([plane, vertical]), place

    def plates(self, *, named=False):
        time = np.arange(round(self.seconds * 500)) / 500
        return tuple(
            Plate(time, *self.force(side, time), 0 * time, side if named else "")
            for side in FIRST_S
        )

    def pose(self):
        return PelvisPose(self.time, self.pelvis(self.time), self.faces(self.time))

    def recording(self, **parts):
        known = {
            "source": "walk",
            "subject": "S1",
            "trial": "t1",
            "streams": (
                Stream(self.time, {f"knee_flexion_angle_{s}_rad": self.knee(s) for s in FIRST_S}),
            ),
            "metadata": {"mass_kg": MASS_KG},
            "markers": self.markers(),
            "marker_time_s": self.time,
            "plates": self.plates(),
        }
        return Recording(**{**known, **parts})

    def of_model(self, **parts):
        """As inverse kinematics and named forces have it: no markers."""
        known = {
            "streams": (Stream(self.time, self.angles()),),
            "markers": {},
            "marker_time_s": np.empty(0),
            "plates": self.plates(named=True),
            "pelvis": self.pose(),
        }
        return self.recording(**{**known, **parts})
