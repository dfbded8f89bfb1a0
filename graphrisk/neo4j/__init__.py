"""Rings into a Neo4j: beside a team's own graph or as a graph of their own, by the driver or as files to import.

Nothing here imports the driver before it is used, so that the settings can be read without it.
"""

from graphrisk.neo4j.settings import Neo4jSettings, WritebackError

__all__ = ["Neo4jSettings", "WritebackError"]
