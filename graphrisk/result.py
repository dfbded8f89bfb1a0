"""What a scan gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from algorithms.entity_graph import EntityGraph


@dataclass(frozen=True, eq=False)
class ScanResult:
    """One scan: its tables and the graph they were made from.

    Parameters
    ----------
    scan_id : str
    tables : dict of str to pyarrow.Table
        The result tables by name, as the store publishes them.
    graph : EntityGraph
    alerts : list of str
        What somebody should look at before trusting the list.
    manifest : dict
        What the store writes beside the tables.
    """

    scan_id: str
    tables: dict[str, pa.Table]
    graph: EntityGraph
    alerts: list[str] = field(default_factory=list)
    manifest: dict[str, Any] = field(default_factory=dict)

    def _frame(self, name: str) -> pd.DataFrame:
        frame: pd.DataFrame = self.tables[name].to_pandas()
        return frame

    @property
    def rings(self) -> pd.DataFrame:
        """Listed rings, worst first."""
        return self._frame("ring")

    @property
    def members(self) -> pd.DataFrame:
        """Members of the listed rings."""
        return self._frame("ring_member")

    @property
    def evidence(self) -> pd.DataFrame:
        """Evidence for and against the listed rings."""
        return self._frame("ring_evidence")

    @property
    def links(self) -> pd.DataFrame:
        """What joins the members of the listed rings."""
        return self._frame("ring_link")

    @property
    def features(self) -> pd.DataFrame:
        """One row per account and wallet."""
        return self._frame("entity_feature")
