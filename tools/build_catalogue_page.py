"""Write the page of all features from the catalogue in the code.

Usage: python tools/build_catalogue_page.py docs/reference/feature-catalogue.md

Features that differ only in the channel they are made of, or in the leg, share one row.
"""

import re
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from locomotion_analysis.features.spec import FeatureSpec, full_schema
from locomotion_analysis.features.table import FEATURE_GROUPS, FeaturePlan
from locomotion_analysis.standard import Channel, is_channel

_SIDE = re.compile(r"_(?:ipsi|contra)(?=_|$|\b)")
_HEAD = """# Feature catalogue

Made by `python tools/build_catalogue_page.py docs/reference/feature-catalogue.md` from the code:
do not edit. {total} features where every standard channel of both legs and every metadata column
exist, with the statistics mean, std, max and min of each curve; `locomotion features list` prints
them one by one, `describe_features(data)` those of a dataset.

- `<channel>` is a channel's whole name (`knee_flexion_angle_ipsi_rad`), `<quantity>` its name
  without side and unit (`knee_flexion_angle`), `<side>` is `ipsi` or `contra`.
- `0 contact, 1 toe-off, 2 next contact`: places in a leg's own stride, linear between.
- The contralateral leg's contact and toe-off are where its vertical force rises above and falls
  below 20 N; without force they follow from `double_support_percent`, in equal halves before and
  after single support; without that, half a cycle after the ipsilateral leg's. Its stance usually
  runs past the end of the cycle and is taken up at its beginning. Phases "since contact" count
  from the leg's own contact. Temporal features never use an assumed event.
- Of the variability between strides take `..._robust_cv_percent` where turns and stumbles were not
  left out: `..._cv_percent` counts every stride. In ten public two-minute walks with turns the
  stride time varied by 1.5 to 7 % by the first, by 4 to 18 % by the second.
- A feature is NaN in a cycle where something it needs is not known.
- `rad_s` is rad/s, `rad_s2` rad/s², `m_s` m/s; moments are internal, flexor and dorsiflexor
  positive; power generated is positive.

| group | features |
|---|---|
{counts}
"""
_TABLE = """
## {group}

| features | number | unit | formula | of | needs besides | source |
|---|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Row:
    """What features of one row have in common."""

    pattern: str
    formula: str
    needs: tuple[str, ...]
    source: str


def row_of(spec: FeatureSpec) -> Row:
    """Return a feature's row: channel and side taken out of its name and formula."""
    channels = [name for name in spec.requires if is_channel(name)]
    needs = tuple(name for name in spec.requires if not is_channel(name))
    pattern, formula = spec.name, spec.formula
    whole = next((name for name in channels if pattern.startswith(f"{name}_")), None)
    if whole:
        pattern, formula = (
            pattern.replace(whole, "<channel>", 1),
            formula.replace(whole, "<channel>"),
        )
    else:
        quantities = {Channel.parse(name).quantity for name in channels}
        part = next((name for name in quantities if pattern.startswith(f"{name}_")), None)
        pattern = pattern.replace(part, "<quantity>", 1) if part else pattern
        pattern, formula = _SIDE.sub("_<side>", pattern), _SIDE.sub("_<side>", formula)
    return Row(pattern, formula, needs, spec.source)


def rows(specs: Iterable[FeatureSpec]) -> dict[Row, list[FeatureSpec]]:
    """Return the features of each row, in the order of the catalogue."""
    found: dict[Row, list[FeatureSpec]] = defaultdict(list)
    for spec in specs:
        found[row_of(spec)].append(spec)
    return found


def made_of(specs: list[FeatureSpec]) -> str:
    """Return the quantities that the features of a row are made of."""
    known = full_schema().channels.values()
    channels = [Channel.parse(n) for s in specs for n in s.requires if is_channel(n)]
    parts = []
    for measurement in dict.fromkeys(channel.measurement for channel in channels):
        own = {channel.quantity for channel in channels if channel.measurement == measurement}
        every = [channel for channel in known if channel.measurement == measurement]
        text = ", ".join(sorted(own))
        if len(own) > 1 and own == {channel.quantity for channel in every if channel.side}:
            text = f"every {measurement} of a leg"
        elif len(own) > 1 and own == {channel.quantity for channel in every}:
            text = f"every {measurement}"
        parts.append(text.replace("every grf of a leg", "every ground reaction force"))
    sides = {channel.side for channel in channels} - {None}
    legs = f" ({sides.pop()})" if len(sides) == 1 else ""
    return "; ".join(parts) + legs


def line(row: Row, specs: list[FeatureSpec]) -> str:
    """Return one line of the table."""
    name = specs[0].name if len(specs) == 1 else row.pattern
    formula = specs[0].formula if len(specs) == 1 else row.formula
    cells = (
        f"`{name}`",
        str(len(specs)),
        ", ".join(dict.fromkeys(spec.unit for spec in specs)),
        formula,
        made_of(specs),
        ", ".join(row.needs),
        row.source,
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def page() -> str:
    """Return the page."""
    by_group: dict[str, list[FeatureSpec]] = {group: [] for group in FEATURE_GROUPS}
    for spec in FeaturePlan.of(full_schema()).specs:
        by_group[spec.group].append(spec)
    counts = "\n".join(f"| {group} | {len(specs)} |" for group, specs in by_group.items())
    text = _HEAD.format(total=sum(map(len, by_group.values())), counts=counts)
    for group, specs in by_group.items():
        lines = [line(row, own) for row, own in rows(specs).items()]
        text += _TABLE.format(group=group.capitalize()) + "\n".join(lines) + "\n"
    return text


def main(out: Path) -> None:
    """Write the page."""
    text = page()
    out.write_text(text, encoding="utf-8")
    print(f"{out}: {text.count(chr(10))} lines, {len(text.encode()) / 1e3:.0f} kB")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
