"""Symbolic arrays with NumPy's names.

Examples
--------
>>> import graphcore.tensor as tt
>>> a, x = tt.scalar("a"), tt.vector("x")
>>> tt.exp(a * x).sum().eval({a: 0.0, x: [1.0, 2.0]})
array(2.)
"""

from importlib import import_module

import numpy as np

from graphcore.errors import NotScalarConstantError
from graphcore.graph.nodes import Apply, Constant, SharedVariable, Variable
from graphcore.graph.types import TensorType
from graphcore.ops.user import UserOp as Op
from graphcore.tensor import (
    arranging,
    basic,
    complexes,
    creation,
    elementwise,
    extra_ops,
    fft,
    inplace,
    interpolation,
    linalg,
    math,
    matrix_functions,
    nlinalg,
    nnet,
    operations,
    opt,
    ordering,
    packing,
    padding,
    positions,
    products,
    random,
    reductions,
    sequences,
    shaping,
    shared_randomstreams,
    signal,
    slinalg,
    special,
    xlogx,
)
from graphcore.tensor.arranging import *  # noqa: F403
from graphcore.tensor.complexes import *  # noqa: F403
from graphcore.tensor.convert import as_tensor, as_tensor_variable, constant
from graphcore.tensor.creation import *  # noqa: F403
from graphcore.tensor.decompositions import norm
from graphcore.tensor.elementwise import *  # noqa: F403
from graphcore.tensor.indexing import inc_subtensor, set_subtensor
from graphcore.tensor.interpolation import *  # noqa: F403
from graphcore.tensor.matrix_functions import *  # noqa: F403
from graphcore.tensor.operations import *  # noqa: F403
from graphcore.tensor.ordering import *  # noqa: F403
from graphcore.tensor.packing import *  # noqa: F403
from graphcore.tensor.padding import *  # noqa: F403
from graphcore.tensor.positions import *  # noqa: F403
from graphcore.tensor.products import *  # noqa: F403
from graphcore.tensor.reductions import *  # noqa: F403
from graphcore.tensor.sequences import *  # noqa: F403
from graphcore.tensor.shaping import *  # noqa: F403
from graphcore.tensor.special import *  # noqa: F403
from graphcore.tensor.type import (
    all_dtypes,
    complex_dtypes,
    continuous_dtypes,
    discrete_dtypes,
    float_dtypes,
    int_dtypes,
    integer_dtypes,
    uint_dtypes,
)
from graphcore.tensor.variable import TensorConstant, TensorSharedVariable, TensorVariable
from graphcore.tensor.vectorize import vectorize, vectorize_graph

# one function per row of the table, one constructor per kind and element type
_generated = {**elementwise.FUNCTIONS, **reductions.FUNCTIONS, **creation.CONSTRUCTORS}
for _name in ("clip", "round"):  # the functions of these names take more than the rows
    _generated.pop(_name)
globals().update(_generated)

newaxis = None
TensorLike = Variable | np.ndarray | np.generic | int | float | list | tuple  # for annotations
RandomStreams = random.RandomStreams
pi, e, inf, nan = np.pi, np.e, np.inf, np.nan

#: Names that Theano has here and that are made in higher layers: they are looked up when used.
_HIGHER = dict.fromkeys(
    ("Lop", "Rop", "consider_constant", "grad", "grad_not_implemented", "grad_undefined", "hessian",
     "hessian_vector_product", "jacobian", "numeric_grad", "verify_grad"),
    "graphcore.gradient",
)  # fmt: skip


def __getattr__(name):
    if name in _HIGHER:
        return getattr(import_module(_HIGHER[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "all_dtypes", "complex_dtypes", "continuous_dtypes", "discrete_dtypes", "float_dtypes",
    "int_dtypes", "integer_dtypes", "uint_dtypes",
    "Apply", "Constant", "NotScalarConstantError", "Op", "RandomStreams", "SharedVariable",
    "TensorConstant", "TensorLike", "TensorSharedVariable", "TensorType", "TensorVariable",
    "Variable",
    "as_tensor", "as_tensor_variable", "basic", "constant", "inc_subtensor", "linalg", "math",
    "newaxis", "nlinalg", "nnet", "opt", "random", "set_subtensor", "shared_randomstreams",
    "signal", "slinalg", "e",
    "extra_ops", "fft", "inf", "inplace", "nan", "norm", "pi", "special", "vectorize",
    "vectorize_graph", "xlogx",
    *sorted(_generated),
    *arranging.__all__, *complexes.__all__, *sequences.__all__,
    *creation.__all__, *elementwise.__all__, *matrix_functions.__all__, *operations.__all__,
    *ordering.__all__, *interpolation.__all__, *packing.__all__, *padding.__all__,
    *positions.__all__, *products.__all__, *reductions.__all__, *shaping.__all__, *special.__all__,
]  # fmt: skip
