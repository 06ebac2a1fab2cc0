"""Write the page of marker names from the table in the code.

Usage: python tools/build_marker_names_page.py docs/reference/marker-names.md
"""

import sys
from pathlib import Path

from locomotion_analysis.ingest import MARKER_SETS

_HEAD = """# Marker names

Made by `python tools/build_marker_names_page.py docs/reference/marker-names.md` from the code: do
not edit.

Gait events, the direction of walking and the foot on a force plate need to know which marker is the
heel, the forefoot, the ankle and the pelvis; with the knee, they also tell one person's bones from
another's. A label counts where it is, as a whole, one of the
names below. Left aside are case, separators (`R.Heel`, `r_heel`, `R HEEL`) and the subject's prefix
(`S1:LHEE`, `S01_LHEE` on all labels). The side stands before or after the name: `L`, `R`, `left`,
`right`; a letter right behind it (`HEELL`) counts where the other foot's marker (`HEELR`) is there
too. A label that could mean two places is left out. Several markers of one place are averaged.

A laboratory that uses other names says so, once a marker:

```bash
locomotion convert walk.c3d --out walk.parquet --marker left_heel=CALC_G --marker right_heel=CALC_D
```

or `convert(paths, markers={"left_heel": ["CALC_G"], "right_heel": ["CALC_D"]})`. Places are
`left_heel, left_toe, left_ankle`, the same of the right, and `pelvis`. What is told goes before
what the table would find in the same place.

A file of Theia3D holds the poses of segments and no markers.
"""


def page() -> str:
    """Return the page."""
    places = list(dict.fromkeys(place for known in MARKER_SETS for place in known.places))
    lines = [_HEAD, f"| set | {' | '.join(places)} | source |", "|---" * (len(places) + 2) + "|"]
    for known in MARKER_SETS:
        cells = [", ".join(known.places.get(place, ())) for place in places]
        lines.append(f"| {known.name} | {' | '.join(cells)} | {known.source} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
