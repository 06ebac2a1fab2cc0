"""Strides cut to the phase grid, with their metadata."""
