"""Runs of acts at one pace: against a slow twin, laws, and hand-made scripts, funnels and habits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal, poisson

from algorithms import paced_runs
from algorithms.sequences import SHORTEST_PAUSE

HOUR, DAY = 3600, 86_400


def crowd(rng, n=300, n_acts=12):
    """Actors that do five kinds of things when they like."""
    return [
        (who, int(rng.integers(5)), int(second))
        for who in range(n)
        for second in np.sort(rng.integers(0, 200 * DAY, n_acts))
    ]


def script(rng, who, steps, pauses, jitter=0.1):
    at, acts = int(rng.integers(0, 190 * DAY)), []
    for step, pause in zip(steps, pauses, strict=True):
        at += int(pause * rng.uniform(1 - jitter, 1 + jitter))
        acts.append((who, step, at))
    return acts


def find(acts, **options):
    who, step, second = (
        np.array(column) for column in zip(*sorted(acts, key=lambda act: (act[0], act[2])), strict=True)
    )
    found = paced_runs(who, step, step, second, **options)
    return [(set(who[run.rows].tolist()), run) for run in found.runs], found


STEPS, PAUSES = (0, 1, 2, 0, 3, 4), (0, 60, 2 * HOUR, 300, 20 * HOUR, 45)


def test_a_script_is_found_whenever_it_ran_and_nobody_else():
    rng = np.random.default_rng(1)
    acts = crowd(rng) + [act for who in range(300, 310) for act in script(rng, who, STEPS, PAUSES)]
    groups, found = find(acts)
    assert [group for group, _ in groups] == [set(range(300, 310))]
    assert groups[0][1].nats > np.log(found.n_tested)


def test_the_same_steps_at_any_pace_are_a_funnel():
    rng = np.random.default_rng(2)
    acts = crowd(rng)
    for who in range(300, 400):
        acts += script(rng, who, STEPS, rng.lognormal(np.log(HOUR), 1.5, 6))
    assert find(acts)[0] == []


def test_a_quest_that_some_do_quickly_and_some_slowly_is_no_script():
    rng = np.random.default_rng(7)
    acts, pauses = crowd(rng), np.array(PAUSES) + 60.0
    for who in range(300, 600):
        acts += script(rng, who, STEPS, pauses * rng.lognormal(0, 0.8) * rng.lognormal(0, 0.6, 6))
    assert find(acts)[0] == []
    acts += [act for who in range(600, 612) for act in script(rng, who, STEPS, [0, 2, 900, 9000, 30, 2 * DAY])]
    assert [group for group, _ in find(acts)[0]] == [set(range(600, 612))]


def test_the_same_pace_among_random_steps_is_nothing():
    rng = np.random.default_rng(3)
    acts = crowd(rng)
    for who in range(300, 310):
        acts += script(rng, who, rng.integers(0, 5, 6), PAUSES)
    assert find(acts)[0] == []


def test_the_same_again_and_again_is_a_habit():
    rng = np.random.default_rng(4)
    orders = [act for who in range(300, 330) for act in script(rng, who, [0, 1] * 4, [7 * DAY] * 8)]
    assert find(crowd(rng) + orders)[0] == []


def test_who_begins_at_the_same_moment_counts_once():
    rng = np.random.default_rng(5)
    acts = crowd(rng)
    for who in range(300, 310):
        acts += [(who, step, second) for _, step, second in script(np.random.default_rng(9), 0, STEPS, PAUSES)]
    assert [group for group, _ in find(acts)[0]] == [set(range(300, 310))]
    assert find(acts, apart_seconds=30)[0] == []


def test_what_too_many_do_is_counted_and_left_out():
    rng = np.random.default_rng(6)
    acts = [act for who in range(20) for act in script(rng, who, STEPS, PAUSES)]
    groups, found = find(acts, most=10)
    assert (groups, found.n_tested, found.n_crowded) == ([], 20, 20)


def tempo(others, here, width):
    n, d = others.shape
    spread = np.cov(others.T, bias=True)
    spread = np.where(np.eye(d) > 0, spread, spread * n / (n + d)) + np.eye(d) * width**2 / 3
    return min(multivariate_normal(others.mean(axis=0), spread).pdf(here) * (2 * width) ** d, 1.0)


def twin(who, step, kind, second, *, length, pace, least):
    """Every run, every actor as the middle, with loops: as the docstring says it."""
    n = len(who)
    follows = [k for k in range(1, n) if who[k] == who[k - 1]]
    log = [np.log((second[k] - second[k - 1] if k in follows else 0) + SHORTEST_PAUSE) for k in range(n)]
    first = {}
    for k in range(n - length + 1):
        if len(set(who[k : k + length])) == 1:
            first.setdefault((tuple(step[k : k + length]), who[k]), k)
    width, beyond, out = np.log(pace) + 1e-9, np.log(max(len(first), 1)), []
    for run in sorted({run for run, _ in first}):
        rows = sorted(k for (other, _), k in first.items() if other == run)
        if 2 * len(set(run)) < length:
            continue
        left = rows
        while len(left) >= least:
            best = None
            for k in left:
                near = [j for j in left if all(abs(log[j + i] - log[k + i]) <= width for i in range(1, length))]
                m = len(near)
                if m < least:
                    continue
                expected = max(step.count(run[0]) - m, 0) + 0.5
                chance = 1.0
                for i in range(1, length):
                    same = [j for j in follows if (step[j - 1], step[j]) == (run[i - 1], run[i])]
                    n_left = sum(step[j - 1] == run[i - 1] for j in follows)
                    expected *= min((max(len(same) - m, 0) + 0.5) / (max(n_left - m, 0) + 1), 1)
                    kinds = [j for j in follows if (kind[j - 1], kind[j]) == (kind[k + i - 1], kind[k + i])]
                    like = [sum(abs(log[j] - log[k + i]) <= width for j in some) for some in (kinds, same)]
                    prior = (max(like[0] - m, 0) + 0.5) / (max(len(kinds) - m, 0) + 1)
                    chance *= min((max(like[1] - m, 0) + prior) / (max(len(same) - m, 0) + 1), 1)
                rate = max(expected, len(rows) - m) * chance
                if len(left) - m >= 2 * length and -poisson.logsf(m - 1, rate) > beyond:
                    all_of = np.array([[log[j + i] for i in range(1, length)] for j in left])
                    here = [log[k + i] for i in range(1, length)]
                    rate = max(rate, len(left) * tempo(all_of, here, width))
                nats = -poisson.logsf(m - 1, rate)
                if best is None or nats > best[0] + 1e-9:
                    best = (nats, near, len(rows) - m)
            if best is None or best[0] <= beyond:
                break
            out.append(best)
            left = [k for k in left if k not in best[1]]
    return out, len(first)


def funnel(rng):
    """Twenty actors that do the same four acts, five of them as a script does, and ten that do anything."""
    who = np.sort(np.r_[np.repeat(np.arange(20), 4), rng.integers(20, 30, 40)])
    step = np.r_[np.tile([0, 1, 2, 3], 20), rng.integers(0, 4, 40)]
    pause = np.r_[np.exp(rng.normal(7, rng.uniform(0.1, 1.5), 80)), rng.choice([10, 1000, 90_000], 40)]
    pause[60:80] = np.tile([10, 40, 4000, 90_000], 5)
    return who, step, pause


def anything(rng):
    who = np.sort(rng.integers(0, 12, 120))
    return who, rng.integers(0, 6, 120), rng.choice([10, 1000, 90_000], 120)


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.integers(3, 4), st.sampled_from([1.5, 3.0]), st.integers(2, 3), st.booleans())
def test_it_is_what_the_slow_twin_finds(seed, length, pace, least, all_alike):
    who, step, pause = (funnel if all_alike else anything)(np.random.default_rng(seed))
    second, kind = np.cumsum(pause).astype(np.int64), step // 2
    found = paced_runs(who, step, kind, second, length=length, pace=pace, least=least)
    slow, n_tested = twin(*(c.tolist() for c in (who, step, kind, second)), length=length, pace=pace, least=least)
    assert found.n_tested == n_tested
    assert [(run.rows.tolist(), run.n_others) for run in found.runs] == [(rows, others) for _, rows, others in slow]
    assert [run.nats for run in found.runs] == pytest.approx([nats for nats, _, _ in slow])


@settings(max_examples=10)
@given(st.integers(0, 10_000))
def test_clocks_and_names_do_not_matter(seed):
    rng = np.random.default_rng(seed)
    acts = crowd(rng, n=60) + [act for who in range(60, 66) for act in script(rng, who, STEPS, PAUSES)]
    shift, name, step = rng.integers(0, 10**6, 66), rng.permutation(66), rng.permutation(5)
    moved = [(int(name[who]), int(step[what]), int(at + shift[who])) for who, what, at in acts]
    before, after = (sorted((sorted(group), run.nats) for group, run in find(some)[0]) for some in (acts, moved))
    back = {int(new): old for old, new in enumerate(name)}
    renamed = sorted((sorted(back[who] for who in group), nats) for group, nats in after)
    assert [group for group, _ in before] == [group for group, _ in renamed]
    assert [nats for _, nats in before] == pytest.approx([nats for _, nats in renamed])


def test_nothing_is_no_harm():
    found = paced_runs([], [], [], [])
    assert (found.runs, found.n_tested, found.n_crowded) == ([], 0, 0)
    assert paced_runs([3], [1], [0], [9]).n_tested == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"seconds": [0, 5]}, r"`seconds` must be as long as `actors` \(3\), got \(2,\)"),
        ({"steps": [0, -1, 2]}, "`steps` must not be negative, got -1"),
        ({"actors": [0, 1, 0]}, "`actors` must have the acts of one actor together, got some apart"),
        ({"seconds": [5, 0, 9]}, "`seconds` must not fall from act to act of one actor"),
        ({"pace": 1.0}, "`pace` must be above 1, got 1.0"),
        ({"least": 1}, "`least` must be at least 2 and at most `most`, got 1 and 2000"),
        ({"length": 1}, "`length` must be at least 2, got 1"),
        ({"apart_seconds": -1}, "`apart_seconds` must not be negative, got -1"),
    ],
)
def test_wrong_arguments_are_refused(change, words):
    given_ = {"actors": [0, 0, 0], "steps": [0, 1, 2], "kinds": [0, 1, 2], "seconds": [0, 5, 9]} | change
    with pytest.raises(ValueError, match=words):
        paced_runs(given_.pop("actors"), given_.pop("steps"), given_.pop("kinds"), given_.pop("seconds"), **given_)
