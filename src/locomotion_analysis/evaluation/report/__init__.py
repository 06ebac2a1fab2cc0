"""Scores and cautions of a study, and the curves of its classes."""
