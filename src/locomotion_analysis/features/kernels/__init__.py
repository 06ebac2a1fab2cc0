"""Numbers from curves at the speed of memory: one module a topic."""
