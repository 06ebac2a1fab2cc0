"""Numbers from curves at the speed of memory: compiled loops over arrays of curves."""
