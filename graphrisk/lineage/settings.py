"""What a user may set about the lineage of rings."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class LineageSettings(BaseModel):
    """How rings are recognised from scan to scan."""

    model_config = ConfigDict(extra="forbid")

    min_overlap: Annotated[float, Field(gt=0, le=1)] = 0.3
    """Two rings of two scans are kin from this overlap on, or if one holds half of the other's members."""
    remember_days: Annotated[int, Field(ge=1)] | None = None
    """For how long a ring that is not listed any more can come back under its id; by default for ever."""
