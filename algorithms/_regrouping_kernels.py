"""The kernels that ask of groups who is tied to them, and those that tell which groups are the same."""

import numpy as np

from algorithms._numba import jit
from algorithms._sorting_kernels import sort


@jit
def tie_members(group, indptr, indices, weights, inside, ties, touched):
    """Mark a group `inside`, and add up what ties everybody to it; how many are tied, and the mean over its pairs."""
    n_touched, within = 0, 0.0
    for member in group:
        inside[member] = True
    for member in group:
        for e in range(indptr[member], indptr[member + 1]):
            other = indices[e]
            if ties[other] == 0:
                touched[n_touched] = other
                n_touched += 1
            ties[other] += weights[e]
            within += weights[e] * inside[other]
    return n_touched, within / max(len(group) * (len(group) - 1), 1)


@jit
def forget(group, inside, ties, touched, n_touched):
    """Undo what `tie_members` wrote."""
    for member in group:
        inside[member] = False
    for k in range(n_touched):
        ties[touched[k]] = 0.0


@jit
def with_room(out, top, more):
    """Give memory that begins as `out` does and has room for some more from `top` on."""
    if top + more <= len(out):
        return out
    larger = np.empty(2 * len(out) + more, out.dtype)
    larger[:top] = out[:top]
    return larger


@jit
def regroup_some(first, last, starts, members, indptr, indices, weights, share, least, most):
    """Members of what some groups become, one after the other, and how many; 0 where that is of no right size."""
    n = len(indptr) - 1
    inside, ties, touched = np.zeros(n, np.bool_), np.zeros(n), np.empty(n, np.int32)
    counts = np.zeros(last - first, np.int64)
    out, top = np.empty(starts[last] - starts[first], np.int32), 0
    for g in range(first, last):
        group = members[starts[g] : starts[g + 1]]
        n_touched, density = tie_members(group, indptr, indices, weights, inside, ties, touched)
        out = with_room(out, top, n_touched)
        count = 0
        for k in range(n_touched):
            v = touched[k]
            if ties[v] >= share * density * (len(group) - inside[v]):
                out[top + count] = v
                count += 1
        forget(group, inside, ties, touched, n_touched)
        if density > 0 and least <= count <= most:
            sort(out[top : top + count], count)
            counts[g - first] = count
            top += count
    return out[:top], counts


@jit
def complete_some(first, last, starts, members, indptr, indices, weights, share, least_tie, most):
    """Members of some groups with whoever is tied to them as they are to each other, and how many each has."""
    n = len(indptr) - 1
    inside, ties, touched = np.zeros(n, np.bool_), np.zeros(n), np.empty(n, np.int32)
    counts = np.zeros(last - first, np.int64)
    out, top = np.empty(starts[last] - starts[first], np.int32), 0
    for g in range(first, last):
        group = members[starts[g] : starts[g + 1]]
        n_touched, density = tie_members(group, indptr, indices, weights, inside, ties, touched)
        out = with_room(out, top, len(group) + n_touched)
        out[top : top + len(group)] = group
        count, needed = len(group), max(share * density, least_tie) * len(group)
        for k in range(n_touched):
            v = touched[k]
            if not inside[v] and ties[v] >= needed:
                out[top + count] = v
                count += 1
        forget(group, inside, ties, touched, n_touched)
        if count > most:
            count = len(group)
        sort(out[top : top + count], count)
        counts[g - first] = count
        top += count
    return out[:top], counts


@jit
def hash_groups(starts, members):
    """A number of 64 bits for each group, by its members in their order."""
    out = np.empty(len(starts) - 1, np.uint64)
    for g in range(len(out)):
        h = np.uint64(0x9E3779B97F4A7C15)
        for i in range(starts[g], starts[g + 1]):
            h = (h ^ np.uint64(members[i])) * np.uint64(0xBF58476D1CE4E5B9)
            h ^= h >> np.uint64(29)
        out[g] = h
    return out


@jit
def repeated(order, hashes, starts, members):
    """Mark groups that are the same as an earlier one; `order` sorts them by hash, and by place where that is equal."""
    out = np.zeros(len(order), np.bool_)
    for k in range(1, len(order)):
        g = order[k]
        back = k - 1
        while back >= 0 and hashes[order[back]] == hashes[g]:
            h = order[back]
            n = starts[g + 1] - starts[g]
            same = n == starts[h + 1] - starts[h]
            i = 0
            while same and i < n:
                same = members[starts[g] + i] == members[starts[h] + i]
                i += 1
            if same:
                out[g] = True
                break
            back -= 1
    return out
