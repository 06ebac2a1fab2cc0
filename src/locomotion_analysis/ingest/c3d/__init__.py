"""C3D: markers, force plates, events and Plug-in Gait outputs."""
