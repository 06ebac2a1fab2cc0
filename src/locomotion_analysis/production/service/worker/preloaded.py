"""All that a worker needs, imported once in the process that workers are copied from.

Nothing here is called; the import itself is what takes the seconds.
"""

import contextlib

import threadpoolctl  # noqa: F401

import locomotion_analysis.production.bundle
import locomotion_analysis.production.service.worker.answering  # noqa: F401
from locomotion_analysis.errors import MissingExtraError
from locomotion_analysis.models.supervised.saving import skops_io

with contextlib.suppress(MissingExtraError):  # a network needs none
    skops_io()
