"""A model as an HTTP service: keys, limits, workers, and replacement without a gap."""

from locomotion_analysis.production.service.keys import KeyFile
from locomotion_analysis.production.service.served import Served
from locomotion_analysis.production.service.server import serve
from locomotion_analysis.production.service.settings import ServiceSettings
from locomotion_analysis.production.service.sources import FileSource, Source, source_of

__all__ = [
    "FileSource",
    "KeyFile",
    "Served",
    "ServiceSettings",
    "Source",
    "serve",
    "source_of",
]
