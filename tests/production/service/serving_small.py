"""Run by tests as a process: serves the small model, as ``locomotion serve`` serves a bundle."""

import sys
from pathlib import Path

from tests.production.service.small_model import open_small

from locomotion_analysis.production.service import FileSource, ServiceSettings, serve

if __name__ == "__main__":
    settings = ServiceSettings(workers=1, answer_timeout_s=30.0)
    host = sys.argv[2] if len(sys.argv) > 2 else "127.0.0.1"
    serve(FileSource(Path(sys.argv[1])), settings, host, port=0, opener=open_small)
