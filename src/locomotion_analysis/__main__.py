"""``python -m locomotion_analysis``: the command line where ``locomotion`` is not on the path."""

from locomotion_analysis.cli import main

if __name__ == "__main__":
    main()
