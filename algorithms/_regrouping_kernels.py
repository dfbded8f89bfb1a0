"""The kernel that asks of groups who is tied to them, and the one that tells which groups are the same."""

import numpy as np

from algorithms._numba import jit
from algorithms._sorting_kernels import sort


@jit
def regroup_some(first, last, starts, members, indptr, indices, weights, shares, least, most):
    """Members of what some groups become at each share, one after the other, and how many; 0 if of no right size."""
    n = len(indptr) - 1
    ties, touched = np.zeros(n), np.empty(n, np.int32)
    inside = np.zeros(n, np.bool_)
    counts = np.zeros((last - first, len(shares)), np.int64)
    out, top = np.empty(2 * (starts[last] - starts[first]) + most + 1, np.int32), 0
    for g in range(first, last):
        begin, end = starts[g], starts[g + 1]
        n_members, n_touched, within = end - begin, 0, 0.0
        for i in range(begin, end):
            inside[members[i]] = True
        for i in range(begin, end):
            for e in range(indptr[members[i]], indptr[members[i] + 1]):
                other = indices[e]
                if ties[other] == 0:
                    touched[n_touched] = other
                    n_touched += 1
                ties[other] += weights[e]
                within += weights[e] * inside[other]
        density = within / max(n_members * (n_members - 1), 1)
        for s in range(len(shares)):
            if top + most >= len(out):
                more = np.empty(2 * len(out) + most + 1, np.int32)
                more[:top] = out[:top]
                out = more
            count = 0
            for k in range(n_touched):
                v = touched[k]
                partners = n_members - inside[v]
                if ties[v] >= shares[s] * density * partners:
                    if count < most:
                        out[top + count] = v
                    count += 1
            if density > 0 and least <= count <= most:
                sort(out[top : top + count], count)
                counts[g - first, s] = count
                top += count
        for k in range(n_touched):
            ties[touched[k]] = 0.0
        for i in range(begin, end):
            inside[members[i]] = False
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


@jit
def complete_some(first, last, starts, members, indptr, indices, weights, share, least_tie, most):
    """Members of some groups with whoever is tied to them as they are to each other, and how many each has."""
    n = len(indptr) - 1
    ties, touched = np.zeros(n), np.empty(n, np.int32)
    inside = np.zeros(n, np.bool_)
    counts = np.zeros(last - first, np.int64)
    out, top = np.empty(2 * (starts[last] - starts[first]) + most + 1, np.int32), 0
    for g in range(first, last):
        begin, end = starts[g], starts[g + 1]
        n_members, n_touched, within = end - begin, 0, 0.0
        for i in range(begin, end):
            inside[members[i]] = True
        for i in range(begin, end):
            for e in range(indptr[members[i]], indptr[members[i] + 1]):
                other = indices[e]
                if inside[other]:
                    within += weights[e]
                    continue
                if ties[other] == 0:
                    touched[n_touched] = other
                    n_touched += 1
                ties[other] += weights[e]
        needed = max(share * within / max(n_members * (n_members - 1), 1), least_tie) * n_members
        if top + n_members + most >= len(out):
            more = np.empty(2 * len(out) + n_members + most + 1, np.int32)
            more[:top] = out[:top]
            out = more
        count = n_members
        out[top : top + n_members] = members[begin:end]
        for k in range(n_touched):
            v = touched[k]
            if ties[v] >= needed:
                if count < most:
                    out[top + count] = v
                count += 1
            ties[v] = 0.0
        for i in range(begin, end):
            inside[members[i]] = False
        if count > most:
            count = n_members
        if count > n_members:
            sort(out[top : top + count], count)
        counts[g - first] = count
        top += count
    return out[:top], counts
