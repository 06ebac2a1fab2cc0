"""Published figures of human gait, measured again on a dataset.

``python -m revalidation`` judges the simulator, ``python -m revalidation DATA.parquet`` any other
cycles. Run from the repository's root; this is no part of the distribution.
"""
