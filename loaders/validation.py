"""Everything that is wrong with a configuration at once, before any data is read."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from loaders.config import MAPPABLE, IdentifierSettings, SourceConfig
from loaders.environment import missing_variables, unset
from loaders.source_rules import source_problems

EXPANDED = ("path", "query", "connection", "neo4j")


def validate(data: Mapping[str, Any], file: str = "scan.toml") -> list[str]:
    """Check the parts of a config that loaders read: ``[[source]]`` and ``[identifiers]``.

    Parameters
    ----------
    data : mapping
        The parsed TOML; other tables are passed over.
    file : str
        What problems call the file.

    Returns
    -------
    list of str
        ``file: key: what is wrong; what to do``, empty if all is well.
    """
    problems: list[str] = []
    sources = data.get("source")
    if not isinstance(sources, list) or not sources:
        problems.append(f"{file}: source: there must be at least one [[source]]; see `graphrisk config template`")
        sources = []
    for number, source in enumerate(sources, start=1):
        problems += _check_source(source, f"{file}: source {number}")
    problems += _check_identifiers(data.get("identifiers", {}), f"{file}: identifiers")
    return problems


def _check_source(source: Any, place: str) -> list[str]:
    if not isinstance(source, Mapping):
        return [f"{place}: must be a table that begins with [[source]], got {source!r}"]
    problems: list[str] = []
    try:
        SourceConfig.model_validate(dict(source))
    except ValidationError as error:
        problems = error_sentences(error, place, SourceConfig)
    mapped = {key: value for key, value in source.items() if key in MAPPABLE}
    gathered = dict(source) | {"columns": mapped | _mapping(source.get("columns"))}
    problems += [f"{place}.{key}: {what}" for key, what in source_problems(gathered)]
    for key in EXPANDED:
        if isinstance(source.get(key), str):
            problems += [f"{place}.{key}: {unset(name)}" for name in missing_variables(source[key])]
    return problems


def _check_identifiers(settings: Any, place: str) -> list[str]:
    try:
        checked = IdentifierSettings.model_validate(settings)
    except ValidationError as error:
        return error_sentences(error, place, IdentifierSettings)
    if checked.hash_key_env and missing_variables(f"${{{checked.hash_key_env}}}"):
        return [f"{place}.hash_key_env: {unset(checked.hash_key_env)}"]
    return []


def _mapping(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}


def error_sentences(error: ValidationError, place: str, model: type[BaseModel]) -> list[str]:
    """Sentences for what pydantic found in one part of a config; rules between keys are left to `source_problems`.

    Parameters
    ----------
    error : pydantic.ValidationError
    place : str
        File and key of that part, such as ``scan.toml: source 2``.
    model : type
        The model, for names that a misspelt key may have meant.
    """
    sentences: dict[str, str] = {}
    for item in error.errors(include_url=False):
        if not item["loc"]:
            continue
        key = _key(item)
        sentences.setdefault(key, f"{place}.{key}: {_sentence(item, model)}")
    return list(sentences.values())


def _key(item: ErrorDetails) -> str:
    """The key as the user wrote it: canonical columns stand in the source itself."""
    parts = [str(part) for part in item["loc"]]
    if parts[0] == "columns":
        return parts[1] if len(parts) > 1 else "columns"
    return ".".join(parts)


def _sentence(item: ErrorDetails, model: type[BaseModel]) -> str:
    kind, value = item["type"], item.get("input")
    if kind == "extra_forbidden" and item["loc"][0] != "columns":
        known = [*model.model_fields, *(sorted(MAPPABLE) if model is SourceConfig else [])]
        close = difflib.get_close_matches(str(item["loc"][-1]), known, n=1)
        hint = f"did you mean `{close[0]}`?" if close else f"known are {', '.join(model.model_fields)}"
        return f"there is no such key; {hint}"
    if kind == "missing":
        return "is missing; add it"
    if item["loc"][0] == "columns":
        return 'must be a column name, { value = ... } or { column = "...", unit = "..." }, ' + f"got {value!r}"
    message = item["msg"][0].lower() + item["msg"][1:]
    return f"{message}, got {value!r}"
