"""Operations made of Python functions: Theano's name of the module."""

from graphcore.ops.user import FromFunctionOp, as_op, wrap_py

__all__ = ["FromFunctionOp", "as_op", "wrap_py"]
