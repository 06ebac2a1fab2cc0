"""polars: the long frame, grouped by the cycle's key."""

from functools import partial

from rivals.rival import BASIC, CORE, KEY, Rival, long_frame, phase_of

OTHERS = {
    "rom": lambda curve: curve.max() - curve.min(),
    "argmax_phase": lambda curve: curve.arg_max(),
    "argmin_phase": lambda curve: curve.arg_min(),
    "q25": lambda curve: curve.quantile(0.25, "linear"),
    "q75": lambda curve: curve.quantile(0.75, "linear"),
}


def prepare(data):
    import polars as pl

    frame = long_frame(data)
    columns = {name: frame[name].to_numpy() for name in data.channels}
    keys = {name: frame[name].tolist() for name in KEY}
    return pl.DataFrame(keys | columns)


def extract(frame, statistics):
    import polars as pl

    def expression(channel, how):
        curve = pl.col(channel)
        values = OTHERS[how](curve) if how in OTHERS else getattr(curve, how)()
        return values.alias(f"{channel}_{how}")

    channels = [name for name in frame.columns if name not in KEY]
    return frame.group_by(KEY, maintain_order=True).agg(
        expression(name, how) for name in channels for how in statistics
    )


def named(result, _channels):
    frame = result.drop(KEY).to_pandas()
    points = [name for name in frame if name.endswith("_phase")]
    return frame.assign(**phase_of(frame[points]))


RIVALS = [
    Rival(
        "polars group_by", "polars", how, 4000, 40, prepare, partial(extract, statistics=how), named
    )
    for how in (BASIC, CORE)
]
