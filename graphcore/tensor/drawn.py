"""Which random variables the step of a loop makes: these are others in every step."""

import contextlib
import threading


class _Lists(threading.local):
    def __init__(self):
        self.stack = []


_lists = _Lists()


@contextlib.contextmanager
def collected():
    """A list of the random variables that are made inside of the block."""
    _lists.stack.append([])
    try:
        yield _lists.stack[-1]
    finally:
        _lists.stack.pop()


def note(v):
    """Tell the innermost block, if there is one, that a random variable was made."""
    if _lists.stack:
        _lists.stack[-1].append(v)
