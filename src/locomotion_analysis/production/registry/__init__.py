"""Versions of a model, which of them serves, and who decided so."""

from locomotion_analysis.production.registry.registry import Registry
from locomotion_analysis.production.registry.stage_source import StageSource
from locomotion_analysis.production.registry.state import Version

__all__ = ["Registry", "StageSource", "Version"]
