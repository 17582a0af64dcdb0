"""Neighbourhoods of images as the rows of a matrix, and back."""

from graphcore.ops.debug import CheckAndRaise
from graphcore.ops.elementwise import apply_row
from graphcore.ops.operands import known_value
from graphcore.ops.shape import dimshuffle
from graphcore.tensor.convert import as_tensor_variable
from graphcore.tensor.padding import pad
from graphcore.tensor.shaping import reshape
from graphcore.tensor.windows import length, padded, tuple_of, windows

MODES = ("valid", "ignore_borders", "half", "full", "wrap_centered")


def images2neibs(ten4, neib_shape, neib_step=None, mode="valid"):
    """Windows of images, each as a row of a matrix.

    Parameters
    ----------
    ten4 : tensor4
        Images, channels, rows, columns.
    neib_shape : (int, int)
        Size of a window.
    neib_step : (int, int), optional
        Distance between windows; their size by default.
    mode : {"valid", "ignore_borders", "half", "full", "wrap_centered"}
        With the first two, windows stand inside of the image; ``"half"`` and ``"full"`` put zeros
        around it, half a window or a window less one; the last one continues at the other side,
        for windows of odd length.

    Raises
    ------
    TypeError
        For windows that do not end where the image (with the zeros) ends, when the function is
        called if the lengths are not known before.  ``"ignore_borders"`` leaves the rest out.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> x = tt.arange(8).reshape((1, 1, 2, 4))
    >>> tt.nnet.neighbours.images2neibs(x, (2, 2)).eval()
    array([[0, 1, 4, 5],
           [2, 3, 6, 7]])
    """
    x = as_tensor_variable(ten4)
    if x.type.ndim != 4:
        raise TypeError(f"images2neibs: needs four axes, not {x.type.ndim}")
    if mode not in MODES:
        raise ValueError(f"images2neibs: mode must be one of {', '.join(MODES)}, not {mode!r}")
    size = tuple_of(neib_shape, 2, "neib_shape")
    step = size if neib_step is None else tuple_of(neib_step, 2, "neib_step")
    around = {"half": [n // 2 for n in size], "full": [n - 1 for n in size]}.get(mode)
    if around is not None:
        x = padded(x, around, around)
    elif mode == "wrap_centered":
        x = _checked(x, [n % 2 for n in size], "wrap_centered needs windows of odd length")
        x = pad(x, [(0, 0), (0, 0), *((n // 2, n // 2) for n in size)], mode="wrap")
    if mode in ("valid", "half", "full"):
        rest = [length(x, 2 + i) - size[i] for i in range(2)]
        ends = [apply_row("eq", r % n, 0) for r, n in zip(rest, step, strict=True)]
        fits = [apply_row("ge", r, 0) for r in rest]
        x = _checked(x, [*fits, *ends], f"windows of mode {mode!r} do not end where the image ends")
    found = windows(x, size, step)
    return reshape(found, (-1, size[0] * size[1]))


def _checked(x, conditions, message):
    """``x``, if all conditions on lengths hold: at once where they are known."""
    check, unknown = CheckAndRaise(TypeError, f"images2neibs: {message}"), []
    for condition in map(as_tensor_variable, conditions):
        held = known_value(condition)
        if held is None:
            unknown.append(condition)
        elif not held:
            raise TypeError(check.msg)
    return check(x, *unknown) if unknown else x


def neibs2images(neibs, neib_shape, original_shape, mode="valid"):
    """The images of which :func:`images2neibs` made a matrix, with windows side by side.

    Parameters
    ----------
    neibs : matrix
    neib_shape : (int, int)
    original_shape : sequence of four
        Shape of the images.

    Examples
    --------
    >>> import graphcore.tensor as tt
    >>> tt.nnet.neighbours.neibs2images([[0, 1, 4, 5], [2, 3, 6, 7]], (2, 2), (1, 1, 2, 4)).eval()
    array([[[[0, 1, 2, 3],
             [4, 5, 6, 7]]]])
    """
    x = as_tensor_variable(neibs)
    rows, columns = tuple_of(neib_shape, 2, "neib_shape")
    shape = [original_shape[i] for i in range(4)]
    down, across = shape[2] // rows, shape[3] // columns
    parts = reshape(x, (shape[0], shape[1], down, across, rows, columns))
    whole = reshape(
        dimshuffle(parts, (0, 1, 2, 4, 3, 5)), (shape[0], shape[1], down * rows, across * columns)
    )
    if mode == "valid":
        return whole
    missing = [shape[2 + i] - length(whole, 2 + i) for i in range(2)]
    return padded(whole, (0, 0), missing)


__all__ = ["images2neibs", "neibs2images"]
