"""Building graphs without Python's cyclic garbage collector looking at them again and again."""

import functools
import gc

MANY = 200_000  # new objects that are not looked at as young ones any more


def collector_paused(function):
    """Decorator: no garbage collection while the function runs.

    What the function makes is nearly all kept, and cannot be freed before it returns.  Collections
    started by the number of new objects would walk over all of it, many times for a large graph,
    and find nothing.  Where the collector is off already it stays off.

    The objects of a very large graph count as old ones afterwards: the next collections of young
    objects would walk over them twice more.  Full collections look at them as at all others.

    Examples
    --------
    >>> import gc
    >>> collector_paused(gc.isenabled)(), gc.isenabled()
    (False, True)
    """

    @functools.wraps(function)
    def paused(*args, **kwargs):
        if not gc.isenabled():
            return function(*args, **kwargs)
        gc.disable()
        try:
            return function(*args, **kwargs)
        finally:
            if gc.get_count()[0] > MANY:
                _grow_old()
            gc.enable()

    return paused


def _grow_old():
    """All objects become old ones, without a look at any of them."""
    if not gc.get_freeze_count():  # what somebody has set aside stays aside
        gc.freeze()
        gc.unfreeze()
