"""Types of arrays and the names of element types: Theano's name of the module.

The constructors of variables (``matrix``, ``dvector``) can be imported from here too.
"""

from graphcore.graph.types import TensorType
from graphcore.tensor.creation import CONSTRUCTORS, tensor

int_dtypes = ("int8", "int16", "int32", "int64")
uint_dtypes = ("uint8", "uint16", "uint32", "uint64")
integer_dtypes = int_dtypes + uint_dtypes
discrete_dtypes = ("bool", *integer_dtypes)
float_dtypes = ("float32", "float64")
complex_dtypes = ("complex64", "complex128")
continuous_dtypes = float_dtypes + complex_dtypes
all_dtypes = discrete_dtypes + continuous_dtypes

globals().update(CONSTRUCTORS)

__all__ = [
    "TensorType", "all_dtypes", "complex_dtypes", "continuous_dtypes", "discrete_dtypes",
    "float_dtypes", "int_dtypes", "integer_dtypes", "tensor", "uint_dtypes",
    *CONSTRUCTORS,
]  # fmt: skip
