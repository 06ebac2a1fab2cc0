"""What speaks HTTP: routes, keys, limits, logs and metrics. It never opens a model itself."""
