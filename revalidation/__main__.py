"""``python -m revalidation``."""

import sys

from revalidation.command import main

sys.exit(main())
