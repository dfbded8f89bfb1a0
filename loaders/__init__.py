"""Tables in, entity graph out: sources, schema checks, identifiers, the mapping to canonical tables."""

from loaders.checking import check_sources
from loaders.config import ConfigError, IdentifierSettings, InputError, LoadConfig, SourceConfig
from loaders.load import LoadResult, load
from loaders.template import template
from loaders.toml_file import read_load_config
from loaders.validation import validate

__all__ = [
    "ConfigError",
    "IdentifierSettings",
    "InputError",
    "LoadConfig",
    "LoadResult",
    "SourceConfig",
    "check_sources",
    "load",
    "read_load_config",
    "template",
    "validate",
]
