"""Errors and warnings of models, under the name where users of PyMC look for them.

Examples
--------
>>> import graphcore.model as pm
>>> issubclass(pm.exceptions.SamplingError, RuntimeError)
True
"""

from graphcore.errors import SamplingError
from graphcore.model.missing import ImputationWarning

__all__ = ["ImputationWarning", "SamplingError"]
