"""polars: one row a cycle, one column of arrays of 150 a channel."""

from functools import partial

from rivals.rival import BASIC, Rival, phase_of

# Arrays have no quantile of their own; the rest of the core statistics they have.
ARRAY = (*BASIC, "rom", "argmax_phase", "argmin_phase", "median")
OTHERS = {
    "rom": lambda curve: curve.max() - curve.min(),
    "argmax_phase": lambda curve: curve.arg_max(),
    "argmin_phase": lambda curve: curve.arg_min(),
}


def prepare(data):
    import polars as pl

    curve = pl.Array(pl.Float32, 150)
    return pl.DataFrame({name: pl.Series(data.curves(name), dtype=curve) for name in data.channels})


def extract(frame, statistics):
    import polars as pl

    def expression(channel, how):
        curve = pl.col(channel).arr
        values = OTHERS[how](curve) if how in OTHERS else getattr(curve, how)()
        return values.alias(f"{channel}_{how}")

    return frame.select(expression(name, how) for name in frame.columns for how in statistics)


def named(result, _channels):
    frame = result.to_pandas()
    points = [name for name in frame if name.endswith("_phase")]
    return frame.assign(**phase_of(frame[points]))


RIVALS = [
    Rival(
        "polars, arrays", "polars", how, 20_000, 1, prepare, partial(extract, statistics=how), named
    )
    for how in (BASIC, ARRAY)
]
