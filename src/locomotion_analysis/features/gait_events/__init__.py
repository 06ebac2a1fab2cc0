"""Stance, steps, durations and lengths."""
