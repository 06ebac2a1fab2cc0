"""A model as an HTTP service: keys, limits, workers, and replacement without a gap."""

from locomotion_analysis.production.service.contract import FileSource, ServiceSettings, source_of
from locomotion_analysis.production.service.keys import KeyFile
from locomotion_analysis.production.service.server import serve

__all__ = ["FileSource", "KeyFile", "ServiceSettings", "serve", "source_of"]
