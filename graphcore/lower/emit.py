"""Groups of items to the steps of a program."""

import ctypes
from dataclasses import replace

import numpy as np

from graphcore._items import arrays_of, elements_of
from graphcore._loops import needs_memory
from graphcore.errors import describe
from graphcore.lower.arrays import ITEM_BYTES, size_of
from graphcore.lower.items import FLOW
from graphcore.lower.lanes import emit_loop
from graphcore.lower.library import address
from graphcore.lower.pairs import fills_in_pairs
from graphcore.lower.parts import divide
from graphcore.lower.regions import group_items
from graphcore.lower.scalars import ScalarEmitter
from graphcore.lower.spec import ChoiceStep, Ins, PythonStep, RecurrenceStep

MOST_AT_ONCE = 2**14  # rows of a call that need not be asked for ahead
HEAVY = 20_000  # elements touched by a run from which other Python threads may go on meanwhile


class Emitter:
    """Places every array and writes the steps of all groups into a ProgramSpec."""

    def __init__(self, spec, memory, groups):
        self.spec = spec
        self.memory = memory
        self.groups = groups
        self._numbers = {}

    def run(self):
        self.spec.steps += fills_in_pairs(self.steps(), self.memory)
        divide(self.spec, self.memory)
        self.spec.steps = [_without_loop(step) for step in self.spec.steps]
        self.spec.work_bytes = self.memory.work_bytes
        self.spec.heavy = elements_of(self.groups) > HEAVY

    def steps(self):
        """Place every array; the steps of all groups."""
        self._place(arrays_of(self.groups))
        steps = []
        for group in self.groups:
            steps += self._starts(group)
            steps += getattr(self, "_" + group.kind)(group)
        return steps

    def _starts(self, group):
        """Arrays that begin as one number, before the group that writes them first."""
        steps = []
        for item in group.items:
            array = item.out.array
            if array.start is None or array.writers[0] is not item:
                continue
            cell = self.memory.constant_cell(array.start, array.lane)
            slot, source = self.memory.array_slot(array), self.memory.cell_slot(cell)
            n = array.size
            if array.place[0] == "work" and n > 1:
                n = self.memory.rounded(8 * n) // 8  # to the end of its cache line
            steps.append(Ins("mov_s", y=slot, a=source, n=n, node=item.node))
        return steps

    # ---- places -----------------------------------------------------------------------------

    def _place(self, arrays):
        planned, spans = [], []
        for array in arrays:
            if array.place is not None:
                continue
            if array.data is not None:
                self._place_constant(array)
            elif array.is_scalar:
                array.place = ("cell", self.memory.new_cell())
            elif needs_memory(array, FLOW):
                array.place = ("work",)
                planned.append(array)
                steps = [i.group.position for i in array.writers]
                steps += [i.group.position for i, _ in array.readers]
                spans.append((min(steps), max(steps)))
            else:
                array.place = ("register",)
        self.memory.plan_arrays(planned, spans)

    def _place_constant(self, array):
        if array.is_scalar:
            value = array.data.reshape(-1)[0]
            array.place = ("cell", self.memory.constant_cell(value, array.lane))
            array.memory = "f8"
        else:
            array.place = ("data",)

    def number(self, node):
        """A number by which error records name a node."""
        if node not in self._numbers:
            self._numbers[node] = len(self.spec.nodes)
            self.spec.nodes.append(node)
        return self._numbers[node]

    # ---- loops and scalar runs --------------------------------------------------------------

    def _loop(self, group):
        return emit_loop(self.memory, group, self.number)

    def _scalar(self, group):
        return ScalarEmitter(self.memory, group).run()

    # ---- steps that stand alone -----------------------------------------------------------------

    def _alone(self, group):
        (item,) = group.items
        return getattr(self, "_" + item.kind)(item)

    def _slot(self, view):
        return self.memory.array_slot(view.array, view.offset)

    def _take_rows(self, item):
        base, where = item.inputs
        row = item.info.get("k") or base.size // base.shape[0]
        return [
            Ins(
                "take_rows",
                y=self._slot(item.out),
                a=self._slot(base),
                b=self._slot(where),
                k0=row,
                k1=item.info.get("ld", row),
                n=where.size,
                node=item.node,
            )
        ]

    def _scatter_rows(self, item):
        where, value = item.inputs
        return [
            Ins(
                "scatter_rows",
                y=self._slot(item.out),
                a=self._slot(where),
                b=self._slot(value),
                k0=value.size // where.size,
                n=where.size,
                node=item.node,
            )
        ]

    def _store(self, item):
        """One number to an output."""
        (view,), target = item.inputs, item.out.array
        slot, name = self.memory.array_slot(target), f"store_{target.memory}"
        step = ITEM_BYTES[target.memory]
        return [Ins(name, y=slot, a=self._slot(view), k0=step, n=1, node=item.node)]

    def _gemm(self, item):
        a, b = item.inputs
        m, n, k = item.info["mnk"]
        lds = []
        for view, form in zip((a, b), item.info["forms"], strict=True):
            along, across = (0, 1) if form == "rm" else (1, 0)
            lds.append((form == "cm", max(view.strides[along], view.shape[across])))
        return [
            Ins(
                "gemm",
                y=self._slot(item.out),
                a=self._slot(a),
                b=self._slot(b),
                n=1,
                k0=gemm_call(m, n, k, *lds, self.spec.constants),
                node=item.node,
            )
        ]

    def _library(self, item):
        """A step of ``_linalg``: operands y, a, b, c are the outputs, then the inputs."""
        slots = [self.memory.array_slot(a) for a in item.info["outs"]]
        slots += [self._slot(v) for v in item.inputs]
        params = [*map(address, item.info["functions"]), *item.info["numbers"]]
        data = np.array([*params, self.number(item.node)], dtype=np.int64)
        self.spec.constants.append(data)
        return [Ins(item.op, *slots, k0=data.ctypes.data, n=1, node=item.node)]

    def _recurrence(self, item):
        frame, until = item.info["frame"], item.info.get("until")
        body = self._body(frame)
        if until is not None:
            until = self._slot(until), self.memory.array_slot(item.info["outs"][-1])
        return [RecurrenceStep(item.info["steps"], body, frame.cursors, item.node, until)]

    def _choice(self, item):
        bodies = [self._body(frame) for frame in item.info["frames"]]
        return [ChoiceStep(self._slot(item.inputs[0]), bodies, item.node)]

    def _body(self, frame):
        """The steps of a sub-program."""
        frame.settle()
        return Emitter(self.spec, self.memory, group_items(frame.items)).steps()

    def _linear(self, item):
        """All steps of ``y = a * y + b``."""
        *operands, _ = item.inputs
        steps, start, step = (item.info[k] for k in ("steps", "start", "step"))
        slots, strides = [], []
        for view in operands:
            stride = view.strides[0] if view.shape else 0
            first = stride * (steps - 1) if step < 0 else 0
            slots.append(self.memory.array_slot(view.array, view.offset + first))
            strides.append(step * stride)
        y = self.memory.array_slot(item.out.array, start)
        return [
            Ins("linear", y, *slots, k0=step, k1=strides[0], k2=strides[1], n=steps, node=item.node)
        ]

    def _chain(self, item):
        """All steps of a recurrence of a few numbers; the kernels say what the numbers mean."""
        *operands, _ = item.inputs
        info = item.info
        states, steps, sign = info["states"], info["steps"], -1 if info["reverse"] else 1
        slots, strides = [], []
        for view in operands:
            first = view.strides[0] * (steps - 1) if info["reverse"] else 0
            slots.append(self.memory.array_slot(view.array, view.offset + first))
            strides += [sign * view.strides[0], *view.strides[1:]]
        room = self.memory.work_slot(8 * info["room"])
        row = sign * states * info["chains"]
        numbers = [states, info["chains"], row, room, *slots[3:], *strides]
        params = np.array(numbers, dtype=np.int64)
        self.spec.constants.append(params)
        y = self.memory.array_slot(item.out.array, info["start"])
        return [Ins(item.op, y, *slots[:3], k0=params.ctypes.data, n=steps, node=item.node)]

    def _python(self, item):
        outs = item.info["outs"]
        slots = [self._slot(v) for v in item.inputs]
        slots += [self.memory.array_slot(a) for a in outs]
        return [PythonStep(item.node, slots, _caller(item))]


def _without_loop(step):
    """A loop of one call that needs no blocks as the call itself."""
    if step.kind != "loop" or not step.alone or step.outer or step.n > MOST_AT_ONCE:
        return step
    if step.parts is not None:
        return step
    (call,) = step.body
    base = {slot: at for slot, at, _, _ in step.cursors}
    y, a, b, c, *more = (base.get(slot, slot) for slot in call.slots)
    return replace(call, y=y, a=a, b=b, c=c, more=tuple(more), n=step.n)


def gemm_call(m, n, k, left, right, keep):
    """Parameters of one BLAS product, as the executor reads them: address of an int64 array."""
    (ta, lda), (tb, ldb) = left, right
    data = np.array([m, n, k, ta, lda, tb, ldb, address("dgemm")], dtype=np.int64)
    keep.append(data)
    return data.ctypes.data


def _caller(item):
    """Function that runs an op's reference on memory at given addresses."""
    node, outs = item.node, item.info["outs"]
    op = node.op
    in_types = [v.type.numpy_dtype for v in item.node.inputs]
    shapes = [v.shape for v in item.inputs]

    def array(address, shape, lane):
        raw = (ctypes.c_double if lane == "d" else ctypes.c_int64) * size_of(shape)
        return np.ctypeslib.as_array(raw.from_address(address)).reshape(shape)

    lanes = [v.array.lane for v in item.inputs]

    def call(addresses):
        given = [
            array(at, shape, lane).astype(dtype)
            for at, shape, lane, dtype in zip(addresses, shapes, lanes, in_types, strict=False)
        ]
        try:
            result = op.run(node, given)
        except Exception as error:
            error.add_note(f"  while computing {describe(node)}\n  shapes of its inputs: {shapes}")
            raise
        results = result if isinstance(result, tuple | list) else (result,)
        for at, out, value in zip(addresses[len(shapes) :], outs, results, strict=True):
            if np.shape(value) != out.shape:
                raise ValueError(
                    f"{describe(node)} gave an array of shape {np.shape(value)}, not {out.shape}; "
                    "check its infer_shape"
                )
            array(at, out.shape, out.lane)[...] = value

    return call
