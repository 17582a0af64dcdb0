"""Building graphs without Python's cyclic garbage collector looking at them again and again."""

import functools
import gc


def collector_paused(function):
    """Decorator: no garbage collection while the function runs.

    What the function makes is nearly all kept, and cannot be freed before it returns.  Collections
    started by the number of new objects would walk over all of it, many times for a large graph,
    and find nothing.  Where the collector is off already it stays off.

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
            gc.enable()

    return paused
