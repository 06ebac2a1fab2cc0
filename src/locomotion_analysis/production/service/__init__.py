"""A model as an HTTP service: keys, limits, workers, and replacement without a gap."""

from locomotion_analysis.production.service.keys import KeyFile
from locomotion_analysis.production.service.server import serve
from locomotion_analysis.production.service.settings import ServiceSettings
from locomotion_analysis.production.service.sources import FileSource, source_of

__all__ = ["FileSource", "KeyFile", "ServiceSettings", "serve", "source_of"]
