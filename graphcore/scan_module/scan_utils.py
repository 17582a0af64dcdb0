"""What Theano keeps beside its loops."""

from graphcore.graph.basic import clone_replace as clone
from graphcore.graph.basic import equal_computations
from graphcore.tensor.scan import until

__all__ = ["clone", "equal_computations", "until"]
