"""PyMC's name for the helpers around expressions, which PyMC3 called ``theanof``."""

from graphcore.model.theanof import *  # noqa: F403 - by its __all__
from graphcore.model.theanof import __all__  # noqa: F401
