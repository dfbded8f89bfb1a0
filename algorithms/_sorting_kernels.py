"""Kernels that sort and search; those that Numba brings along take ten seconds to compile, these less than two."""

from algorithms._numba import jit


@jit
def count_below(values, low, high, wanted):
    """Place in ``low .. high`` of the first of some ascending values that is not below the one wanted."""
    while low < high:
        middle = (low + high) // 2
        if values[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low


@jit
def count_up_to(values, low, high, wanted):
    """Place in ``low .. high`` of the first of some ascending values that is above the one wanted."""
    while low < high:
        middle = (low + high) // 2
        if values[middle] <= wanted:
            low = middle + 1
        else:
            high = middle
    return low


@jit
def sort(values, n):
    """Sort the first n values in place, by a heap: O(n log n), whatever their order."""
    begin, end = n // 2, n
    while end > 1:
        if begin > 0:
            begin -= 1
        else:
            end -= 1
            values[0], values[end] = values[end], values[0]
        parent = begin
        child = 2 * parent + 1
        while child < end:
            if child + 1 < end and values[child] < values[child + 1]:
                child += 1
            if not values[parent] < values[child]:
                break
            values[parent], values[child] = values[child], values[parent]
            parent = child
            child = 2 * parent + 1
