"""Functions of the elements of a sparse matrix, at their positions."""

from graphcore import tensor as tt

_KEPT = """sin arcsin arcsinh sinh tan arctan tanh arctanh rint ceil floor trunc sgn sqr sqrt log1p
expm1 deg2rad rad2deg""".split()  # they take zero to zero
_STRUCTURED = ("exp", "log", "sigmoid", "pow", "minimum", "maximum", "add")


def structured_functions(matrix_of):
    """``(public name, function)``; ``matrix_of`` makes sparse variables of what users pass."""

    def made(name):
        function = getattr(tt, name)

        def apply(x, *more):
            x = matrix_of(x)
            return x.with_data(function(x.data, *more))

        return apply

    names = [(n, n) for n in _KEPT] + [(f"structured_{n}", n) for n in _STRUCTURED]
    for public, name in names:
        function = made(name)
        function.__name__ = function.__qualname__ = public
        function.__doc__ = f"``{name}`` of the elements of a sparse matrix, at their positions."
        yield public, function
