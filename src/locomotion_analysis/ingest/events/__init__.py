"""Heel strikes and toe-offs: from forces, markers, angles or the file itself."""
