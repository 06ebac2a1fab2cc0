"""Scores of clinical gait analysis."""
