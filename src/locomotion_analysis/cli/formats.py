"""``locomotion formats``."""

from locomotion_analysis.cli.show import console, frame_table


def formats() -> None:
    """List the file formats that ``convert`` reads; they are known by content."""
    import pandas as pd

    from locomotion_analysis.ingest import readers

    rows = [(r.name, ", ".join(r.suffixes), r.description) for r in readers()]
    frame = pd.DataFrame(rows, columns=["format", "usual endings", "what it holds"])
    console().print(frame_table("Formats", frame))
