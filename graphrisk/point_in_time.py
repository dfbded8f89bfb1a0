"""Join features to events so that no event sees a feature from its own future."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd

UNTIL, FROM, FOUND = "valid_until", "event_timestamp", "has_features"


def join_features(
    events: pd.DataFrame,
    features: pd.DataFrame,
    *,
    at: str,
    key: str = "account_id",
    delay: timedelta = timedelta(0),
    max_age: timedelta | None = None,
) -> pd.DataFrame:
    """Give every event the features that were valid when it happened.

    A row of features holds for events at or after ``event_timestamp + delay`` and before ``valid_until + delay``; it
    rests on what was known strictly before `event_timestamp`.

    Parameters
    ----------
    events : DataFrame
        With `key` and the time `at` (UTC, or naive and taken for UTC).
    features : DataFrame
        As `features export` writes them: `key`, `event_timestamp`, `valid_until`, and further columns.
    at : str
        Column of the time of an event.
    key : str
    delay : timedelta
        How long after its `as_of` a scan is published; an event in between gets the features of the scan before.
    max_age : timedelta, optional
        Features older than this are not used; without it the newest hold until the next scan.

    Returns
    -------
    DataFrame
        The rows of `events` in their order, with the features and `has_features`; where it is False, no scan knew the
        account, and its features are null. O((events + features) log).

    Raises
    ------
    ValueError
        If a column is missing, a column is in both frames, a time of an event is missing, or `delay` is below zero.
    """
    _check(events, features, at, key, delay)
    # numbers for keys: text columns of two frames may be of different types, and -1 is a key without features
    known = pd.Index(features[key].unique())
    right = features.drop(columns=key).assign(_key=known.get_indexer(features[key]))
    right["_from"] = _utc(features[FROM]) + delay
    right["_until"] = _utc(features[UNTIL]) + delay
    left = pd.DataFrame({"_key": known.get_indexer(events[key]), "_row": range(len(events))})
    left["_at"] = _utc(events[at]).array
    merged = pd.merge_asof(
        left.sort_values("_at", kind="stable"),
        right.sort_values("_from", kind="stable"),
        left_on="_at",
        right_on="_from",
        by="_key",
        direction="backward",
    ).sort_values("_row")
    valid = merged["_from"].notna() & (merged["_until"].isna() | (merged["_at"] < merged["_until"]))
    if max_age is not None:
        valid &= merged["_at"] - merged["_from"] <= max_age
    columns = [name for name in features.columns if name != key]
    found = merged[columns].where(valid)
    found.index = events.index
    return pd.concat([events, found, pd.Series(valid.to_numpy(), index=events.index, name=FOUND)], axis=1)


def _check(events: pd.DataFrame, features: pd.DataFrame, at: str, key: str, delay: timedelta) -> None:
    for frame, name, needed in ((events, "events", (key, at)), (features, "features", (key, FROM, UNTIL))):
        missing = [column for column in needed if column not in frame.columns]
        if missing:
            raise ValueError(f"`{name}` must have the columns {', '.join(needed)}, got none for {', '.join(missing)}")
    both = sorted((set(events.columns) & set(features.columns)) - {key})
    if both:
        raise ValueError(
            f"`events` and `features` must have only {key!r} in common, got {', '.join(both)}; rename them"
        )
    if events[at].isna().any():
        raise ValueError(f"every event must have a time in {at!r}, got {int(events[at].isna().sum())} without")
    if delay < timedelta(0):
        raise ValueError(f"`delay` must not be below zero, got {delay}")


def _utc(times: pd.Series) -> pd.Series:
    return pd.to_datetime(times, utc=True).dt.as_unit("us")
