"""C3D: markers, force plates, events, Plug-in Gait outputs and segment poses."""
