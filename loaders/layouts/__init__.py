"""Mappings of published data sets: whoever has the files gets a configuration that reads them."""

from loaders.layouts.layout import Layout, layout_names, read_layout
from loaders.layouts.writing import write_config

__all__ = ["Layout", "layout_names", "read_layout", "write_config"]
