"""What a user may set about alerts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class AlertSettings(BaseModel):
    """When an alert is raised, and where it goes besides the store and the terminal."""

    model_config = ConfigDict(extra="forbid")

    band: Literal["high", "medium", "low"] = "high"
    """Alerts are about rings of this band and above."""
    growth: Annotated[float, Field(gt=0)] = 0.5
    """A ring is told again when it has grown by this share since its size was last told."""
    value: Annotated[float, Field(ge=0)] | None = None
    """A ring is told when its value at stake reaches this; by default no value is."""
    file: Path | None = None
    """Alerts are appended to this file as JSON lines."""
    webhook: str | None = None
    """URL that alerts are posted to; ``${NAME}`` stands for an environment variable."""
    secret_env: str = "GRAPHRISK_WEBHOOK_SECRET"
    """Environment variable with the secret under which posts are signed."""
    attempts: Annotated[int, Field(ge=1, le=20)] = 5
    """How often one post is tried, waiting 1, 2, 4, ... seconds between."""
    timeout_seconds: Annotated[float, Field(gt=0, le=300)] = 10.0
