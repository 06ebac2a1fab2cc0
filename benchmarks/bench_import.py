"""What `import locomotion_analysis` costs beside `import pandas`, each in a new process."""

import subprocess
import sys

from timing import median_seconds, report


def _start(statement: str) -> None:
    subprocess.run([sys.executable, "-c", statement], check=True)


if __name__ == "__main__":
    statements = (
        "import pandas",
        "import locomotion_analysis",
        "from locomotion_analysis import LocomotionData",
    )
    seconds = {s: median_seconds(lambda s=s: _start(s), repeats=9) for s in statements}
    report("Import, interpreter start included", seconds, base="import pandas")
