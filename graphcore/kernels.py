"""Which compiled kernels run: the instruction-set level of this process.

The same kernels are installed once per level.  The best level that the processor supports is used;
the environment variable ``GRAPHCORE_TARGET`` chooses another.  A level's module is imported only
after the processor was checked.
"""

import functools
import importlib
import os
from collections import Counter
from itertools import chain

from graphcore import optable

ENVIRONMENT = "GRAPHCORE_TARGET"
REBUILD = "rebuild with `pip install .` (or `make dev` in a checkout)"


@functools.cache
def available():
    """Levels that are installed and that this processor can run, lowest first.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> from graphcore import kernels
    >>> kernels.available()[0]
    'base'
    """
    try:
        from graphcore import _cpu
    except ImportError as error:
        raise ImportError(
            f"graphcore's compiled modules are missing: {REBUILD}; when running inside a source "
            f"checkout, make sure that the installed package is the one imported ({error})"
        ) from error
    installed = {file.partition(".")[0] for file in os.listdir(os.path.dirname(__file__))}
    return tuple(name for name in _cpu.levels() if f"_kernels_{name}" in installed)


def active():
    """Name of the level in use: ``GRAPHCORE_TARGET``, or the best available one.

    Returns
    -------
    str

    Examples
    --------
    >>> from graphcore import kernels
    >>> kernels.active() in kernels.available()
    True
    """
    wanted = os.environ.get(ENVIRONMENT)
    return _checked(wanted, f"{ENVIRONMENT}={wanted}") if wanted else available()[-1]


def _checked(level, origin):
    if level not in available():
        raise ValueError(
            f"{origin}: this installation and processor offer the levels {', '.join(available())}"
        )
    return level


def load(level=None):
    """The module with the kernels of a level; the active one by default.

    Parameters
    ----------
    level : str, optional

    Returns
    -------
    module
        With ``kernels()``, ``opcodes()``, ``scalar_run()`` and ``table_hash()``.

    Examples
    --------
    >>> from graphcore import kernels
    >>> "add_dd_vv" in kernels.load().kernels()
    True
    """
    return _import(active() if level is None else _checked(level, f"level {level!r}"))


@functools.cache
def _import(level):
    module = importlib.import_module(f"graphcore._kernels_{level}")
    if module.table_hash() != optable.kernel_hash():
        raise ImportError(f"the op table changed since the kernels were built: {REBUILD}")
    return module


@functools.cache
def connect(level=None):
    """Give the kernels of a level the functions that rows with ``far`` call; imports SciPy's.

    Until then their kernels must not run.  Whoever puts such a row into a program calls this first.

    Examples
    --------
    >>> from graphcore import kernels
    >>> kernels.connect()
    """
    from graphcore import _special

    load(level).connect(_special.functions())


def _prepare(name, level):
    """Before a kernel runs on its own."""
    for parts in (1, 2):  # its signature, or that and the forms of its operands
        row = optable.ROWS.get(name.rsplit("_", parts)[0])
        if row is not None and row.far:
            connect(level)


@functools.cache
def addresses(level):
    """Address of every kernel of a level, by name.  Treat the dictionary as read-only.

    Examples
    --------
    >>> from graphcore import kernels
    >>> kernels.addresses("base")["add_dd_vv"] > 0
    True
    """
    return load(level).kernels()


# operations of one instruction, and the level whose kernels take over in long loops of one of them
_EXACT = frozenset(
    "add sub mul true_div neg abs sqr muladd mulsub submul lt le gt ge eq ne switch".split()
)
_NARROWER = {"x86_v4": "x86_v3"}


def far(level, name):
    """Address of the kernel for data beyond the first caches that lie anywhere; None if the same.

    Arrays seldom begin where cache lines do, and then each wide load needs two lines; of loads half
    as wide every other one does.  What is exact has the same bits at both levels.

    Examples
    --------
    >>> from graphcore import kernels
    >>> kernels.far("base", "add_dd_vv") is None
    True
    """
    other = _NARROWER.get(level)
    exact = name.count("_") > 1 and name.rsplit("_", 2)[0] in _EXACT
    return addresses(other)[name] if exact and other in available() else None


@functools.cache
def opcodes(level):
    """Address of the handler of every scalar operation of a level, by name.  Read-only as well.

    Examples
    --------
    >>> from graphcore import kernels
    >>> kernels.opcodes("base")["add_dd"] > 0
    True
    """
    return load(level).opcodes()


# operations on single numbers that are not rows of the table: the class of their result
_MADE = {"end": "l", "load": "d", "store": "l", "mov": "l", "cast_ld": "d", "round_f4": "d"}
_CELL = 8


@functools.cache
def _scalar_operation(name):
    """``(class of the result, number of operands)``."""
    row_name, _, sig = name.rpartition("_")
    row = optable.ROWS.get(row_name)
    if row is None or sig not in row.kernel:
        return _MADE.get(name, "l"), 1
    return row.out(sig), len(sig)


def _handlers_of(name, handlers):
    """``(whether it makes a real number, its handlers, those that find operand 1, 2, 3 held)``.

    Handlers are pairs: one that writes the result to its cell, and one that does not, or None.
    """
    made, count = _scalar_operation(name)
    names = [name, *[f"{name}_t{x}" for x in "abc"[:count]]]
    if name == "load":
        names = [name]
    elif name == "store":
        names = ["store", "store_t"]
    pairs = [(handlers[n], handlers.get(f"{n}_q")) if n in handlers else None for n in names]
    return made == "d", *pairs, *[None] * (4 - len(pairs))


def threaded(code, handlers, reads=None):
    """A scalar run as the interpreter reads it.

    The number made last stays in a register of the processor.  An operation that needs it takes it
    from there: reading it back from its cell would wait for memory.  It is not even written to its
    cell where nothing else reads it.

    Parameters
    ----------
    code : list of (str, int, int, int, int)
        Name of the operation, cell of the result, cells of the operands; slots for the result of
        ``store`` and the operand of ``load``.
    handlers : dict of str to int
        Addresses by name, see :func:`opcodes`.
    reads : mapping of int to int, optional
        How often cells are read, see :func:`cell_reads`.  Without it all are written.

    Returns
    -------
    list of (int, int, int, int, int)
        Address of the handler and operands in bytes, with an ``end`` behind them.
    """
    run, held, known, maker = [], -1, {}, None
    for name, y, a, b, c in code:
        found = known.get(name)
        if found is None:
            found = known[name] = _handlers_of(name, handlers)
        made, (handler, quiet), first, second, third = found
        if held >= 0:
            taken = first if a == held else None
            taken = second if taken is None and b == held else taken
            taken = third if taken is None and c == held else taken
            if taken is not None:
                handler, quiet = taken
                if reads is not None and maker is not None and reads[held] == 1:
                    at, go = maker
                    run[at] = (go, *run[at][1:])
        if made:
            held, maker = y, quiet and (len(run), quiet)
        elif y == held and name != "store":
            held = -1
        run.append((handler, _CELL * y, _CELL * a, _CELL * b, _CELL * c))
    return [*run, (handlers["end"], 0, 0, 0, 0)]


def cell_reads(spec):
    """How often the cells of a program are read; those that calls refer to count as often read."""
    reads = Counter()
    steps = [*spec.steps]
    while steps:
        step = steps.pop()
        if step.kind == "recurrence":
            steps += step.body
        elif step.kind == "choice":
            steps += [inner for body in step.bodies for inner in body]
        elif step.kind == "scalar":
            reads.update(chain.from_iterable(c[3 if c[0] == "load" else 2 :] for c in step.code))
    for kind, index, _ in spec.slots:
        if kind == "cell":
            reads[index] += 2
    return reads


def call(name, n, *arrays, level=None, k=(0, 0, 0), repeat=1):
    """Run one kernel on arrays: for tests and timings.

    Parameters
    ----------
    name : str
        For example ``"exp_d_v"``.
    n : int
        Number of elements.
    *arrays : ndarray
        The output, then the operands; contiguous, float64 or int64 as the kernel expects.
    level : str, optional
    k : tuple of int
        Constants of the instruction.
    repeat : int
        How often to run it.

    Examples
    --------
    >>> import numpy as np
    >>> from graphcore import kernels
    >>> y = np.empty(3)
    >>> kernels.call("sqr_d_v", 3, y, np.array([1.0, 2.0, 3.0]))
    >>> y
    array([1., 4., 9.])
    """
    from graphcore import _call

    _prepare(name, level)
    _call.call(addresses(level or active())[name], n, list(arrays), *k, repeat)


def elementwise(row_name, arrays):
    """Values of a row on float64 arrays, by its kernel: without the reference and what it imports.

    Parameters
    ----------
    row_name : str
    arrays : sequence of ndarray
        float64, broadcast against each other.

    Returns
    -------
    ndarray

    Examples
    --------
    >>> import numpy as np
    >>> from graphcore import kernels
    >>> kernels.elementwise("gammaln", [np.array([1.0, 2.0])])
    array([0., 0.])
    """
    import numpy as np

    shape = np.broadcast_shapes(*[a.shape for a in arrays])
    operands = [np.ascontiguousarray(np.broadcast_to(a, shape)) for a in arrays]
    out = np.empty(shape)  # ascontiguousarray gives a number an axis
    count = len(operands)
    if out.size:
        name = f"{row_name}_{'d' * count}_{'v' * count}"
        call(name, out.size, out.reshape(-1), *[a.reshape(-1) for a in operands])
    return out


def scalar_call(code, cells, level=None, repeat=1, reads=None):
    """Interpret a scalar run: for tests and timings.

    Parameters
    ----------
    code : list of (str, int, int, int, int)
        Name of the operation, output register, operand registers.
    cells : ndarray
        Registers, 8 bytes each; changed in place.
    level : str, optional
    repeat : int
    reads : mapping of int to int, optional
        As in :func:`threaded`.

    Examples
    --------
    >>> import numpy as np
    >>> from graphcore import kernels
    >>> cells = np.array([2.0, 3.0, 0.0])
    >>> kernels.scalar_call([("mul_dd", 2, 0, 1, 0)], cells)
    >>> float(cells[2])
    6.0
    """
    from graphcore import _call

    level = level or active()
    for op, *_ in code:
        _prepare(op, level)
    run = threaded(code, opcodes(level), reads)
    _call.scalar_call(load(level).scalar_run(), run, cells, repeat)
