"""The whole of lowering: a graph and concrete shapes in, a Program out."""

from functools import partial

from graphcore import kernels
from graphcore._executor import MOST_THREADS, Program
from graphcore._graph import count_readers, needed
from graphcore._items import take_apart
from graphcore.graph.collector import collector_paused
from graphcore.graph.nodes import Constant
from graphcore.graph.walk import toposort
from graphcore.lower import (
    choice,
    columns,
    indexing,
    lines,
    matrices,
    products,
    recurrence,
    shortdots,
    sparse,
    translate,
)
from graphcore.lower.arrays import LANE, MEMORY, Array, whole
from graphcore.lower.elements import read_elements
from graphcore.lower.emit import Emitter
from graphcore.lower.memory import Memory
from graphcore.lower.regions import group_items
from graphcore.lower.shapes import concrete_shapes
from graphcore.lower.spec import ProgramSpec

# importing them fills translate.RULES
_RULES = (indexing, lines, matrices, products, columns, shortdots, sparse, recurrence, choice)


@collector_paused
def lower(outputs, inputs, values=None, resident=(), threads=1):
    """Plan a graph for concrete shapes.

    Parameters
    ----------
    outputs : list of (Variable, int, int)
        What to compute, and where it goes: buffer and byte offset.
    inputs : list of (Variable, tuple of int, int, int)
        What is given: variable, concrete shape, buffer and byte offset.
    values : dict of Variable to ndarray, optional
        Inputs whose values decide shapes.
    resident : list of (Variable, ndarray)
        Inputs that stay at one place: the program reads the array itself at every run, so what is
        written into it counts from the next run on.
    threads : int
        Most threads that share a long loop.

    Returns
    -------
    (ProgramSpec, dict of Variable to tuple of int)
        The program and the concrete shapes of all variables.

    Raises
    ------
    graphcore.lower.translate.Unsupported
        When a value has an element type that programs do not have (complex, uint64).
    """
    given = [v for v, _, _, _ in inputs] + [v for v, _ in resident]
    order = toposort([v for v, _, _ in outputs], stop=given)
    shapes = {v: tuple(shape) for v, shape, _, _ in inputs}
    shapes |= {v: data.shape for v, data in resident}
    values = dict(values or {})
    concrete_shapes(order, shapes, values)
    t = translate.Translator(shapes, values, columns.short_axes)
    order = needed(order, [v for v, _, _ in outputs], values)
    t.count_readers = partial(count_readers, order, [v for v, _, _ in outputs])
    spec = ProgramSpec(threads=threads)
    places = [(v, shape, ("external", buffer, offset)) for v, shape, buffer, offset in inputs]
    for k, (v, data) in enumerate(resident):
        spec.constants.append(data)
        places.append((v, data.shape, ("constant", k)))
    for v, shape, place in places:
        if v.type.dtype not in LANE:
            raise translate.Unsupported(v.type.dtype)
        t.view[v] = whole(Array(shape, LANE[v.type.dtype], MEMORY[v.type.dtype], place))
    t.translate_all(order)
    t.node = None
    for v, buffer, offset in outputs:
        if isinstance(v, Constant):
            shapes[v] = v.data.shape
        t.deliver(v, ("external", buffer, offset), MEMORY.get(v.type.dtype))
    groups = group_items(read_elements(t.items))
    Emitter(spec, Memory(spec), groups).run()
    take_apart(t.items)
    return spec, shapes


def check_threads(threads):
    """The number of threads that an option means: one for None.

    Raises
    ------
    TypeError, ValueError
        For anything but None and integers from 1 to ``MOST_THREADS``.
    """
    if threads is None:
        return 1
    if isinstance(threads, bool) or not hasattr(threads, "__index__"):
        raise TypeError(f"threads must be an integer or None, not {threads!r}")
    if not 1 <= threads.__index__() <= MOST_THREADS:
        raise ValueError(f"threads must lie between 1 and {MOST_THREADS}, not {threads}")
    return threads.__index__()


def load(spec):
    """A runnable program on the kernels of the active instruction-set level."""
    level = kernels.active()
    run = kernels.load(level).scalar_run()
    far = partial(kernels.far, level)
    return Program(spec, kernels.addresses(level), kernels.opcodes(level), run, far)


@collector_paused
def compile_program(outputs, inputs, values=None, resident=(), threads=1):
    """``lower`` and ``load`` in one: a Program and the concrete shapes of all variables."""
    spec, shapes = lower(outputs, inputs, values, resident, threads)
    return load(spec), shapes
