"""Curves as sequences for deep learning."""
