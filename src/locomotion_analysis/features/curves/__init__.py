"""Numbers from the shape of single curves."""
