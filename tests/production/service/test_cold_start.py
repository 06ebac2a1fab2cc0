"""What the process that speaks HTTP does not wait for when it starts."""

import subprocess
import sys

PROGRAM = """
import sys
import locomotion_analysis.production.service.app
import locomotion_analysis.production.service.pool
import locomotion_analysis.production.service.server
heavy = {"pandas", "pyarrow", "scipy", "sklearn", "numba", "matplotlib", "torch"} & set(sys.modules)
assert not heavy, heavy
"""


def test_the_http_process_starts_without_the_libraries_of_its_workers():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
