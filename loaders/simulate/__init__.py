"""Labelled test worlds of an exchange: ordinary people, innocent groups that look like rings, and planted rings."""

from loaders.simulate.settings import WorldSettings
from loaders.simulate.simulation import WorldSummary, simulate

__all__ = ["WorldSettings", "WorldSummary", "simulate"]
