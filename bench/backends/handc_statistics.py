"""Hand-written C on X'X, X'y and y'y: what a linear regression costs once its data are reduced."""

from __future__ import annotations

import numpy as np
from handc.build import load

from . import Call

NAME = "hand-C, statistics"
SUPPORTS = {"m04", "m05"}


def build(name, d):
    floats = [np.ascontiguousarray(d["X"].T @ d["X"]).ravel(), d["X"].T @ d["y"]]
    squares = float(d["y"] @ d["y"])
    fn = load().bind("linsuff", d["dim"], floats, [], [d["N"], d["K"]], [squares], 0)
    return Call(fn, fn.bench, keep=floats)
