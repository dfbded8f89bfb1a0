"""What a user may set about the model."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"
AUTO, TRANSPARENT, SHIPPED = "auto", "transparent", "simulated"


class ModelSettings(BaseModel):
    """The table ``[model]``."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(pattern=NAME_PATTERN)] = AUTO
    """`auto`: the shipped model where it fits the data, else the transparent score; `transparent`; `simulated`: the
    shipped model; or the name of a model that `graphrisk model train` put into the store."""
