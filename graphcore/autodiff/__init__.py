"""From graphs to the graphs of their derivatives."""

from graphcore.autodiff.check import verify_grad
from graphcore.autodiff.reverse import grad

__all__ = ["grad", "verify_grad"]
