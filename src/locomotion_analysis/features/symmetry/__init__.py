"""One leg against the other."""
