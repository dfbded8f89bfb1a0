"""What became of rings from scan to scan: which is the same as before, and what happened to it."""

from graphrisk.lineage.identify import identify_rings
from graphrisk.lineage.settings import LineageSettings

__all__ = ["LineageSettings", "identify_rings"]
