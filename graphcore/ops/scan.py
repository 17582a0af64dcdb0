"""``Scan``: a graph repeated step by step, with values carried from each step to the next.

Time is the first axis.  A carried value lies in one array with its first values: a step reads
earlier rows of it and writes the next one.  A scan may run from the last step to the first; then
the first values stand at the end.  Nothing is turned round, so the derivative of a scan is a scan
over the same arrays in the other direction.

Scans are made by :func:`graphcore.ops.recurrence.recurrence`, which leaves in the loop only what
has to be there.
"""

import numpy as np

from graphcore.errors import shown
from graphcore.graph.nodes import Constant, Op, SharedVariable, Variable, new_variable
from graphcore.graph.types import TensorType
from graphcore.graph.walk import toposort
from graphcore.ops.elementwise import Elemwise, elemwise
from graphcore.ops.index import IncSubtensor, Slice, subtensor
from graphcore.ops.lengths import Shape, is_planned
from graphcore.ops.lift import sum_of_products
from graphcore.ops.linalg import Dot, transposed
from graphcore.ops.operands import constant, graph, is_float, known_value
from graphcore.ops.shape import Dimshuffle


class Body:
    """What one step computes.

    Attributes
    ----------
    sequences : tuple of Variable
        The entry of each sequence at this step.
    taps : tuple of dict of int to Variable
        Per carried value: what it was so many steps ago.
    others : tuple of Variable
        What is the same in every step.
    results : tuple of Variable
        The next entry of every carried value, then what is only collected.
    """

    __slots__ = ("order", "others", "results", "sequences", "taps")

    def __init__(self, sequences, taps, others, results):
        self.sequences = tuple(sequences)
        self.taps = tuple(taps)
        self.others = tuple(others)
        self.results = tuple(results)
        self.order = toposort(self.results, stop=[*self.sequences, *self.others, *self.tap_list])

    @property
    def tap_list(self):
        return [v for taps in self.taps for v in taps.values()]

    def rewritten(self):
        """The same step in better form, for differentiation: that of a stable form is stable."""
        results = graph.rewritten(self.results)
        return Body(self.sequences, self.taps, self.others, results)

    def __repr__(self):
        return f"{len(self.order)} operations"


def rows(array, reverse, depth, tap=0):
    """The part of a carried array that the steps see at a distance; 0 is what they write."""
    start, stop = (tap, tap - depth) if reverse else (depth - tap, -tap)
    return _rows(array, slice(start or None, stop or None))


def first_rows(array, reverse, tap):
    """As many rows of a carried array, those with which the run begins."""
    return _rows(array, slice(-tap, None) if reverse else slice(0, tap))


def leading(array, count):
    """The first rows of an array, as many as a variable says."""
    return _rows(array, slice(None, count))


def _rows(array, part):
    return subtensor(array, [part, *[slice(None)] * (array.type.ndim - 1)])


class Scan(Op):
    """A body repeated for a number of steps.

    Inputs are the number of steps, the sequences, the first values of what is carried (one row per
    step that is looked back), and what is the same in every step.  Outputs are the carried arrays,
    their first values included, and the collected results.

    Parameters
    ----------
    body : Body
    reverse : bool
        Whether the last step runs first; a step then sees later rows of what is carried.
    truncate : int
        Through how many steps at the end of the run a gradient flows; -1 for all.
    stops : bool
        Whether the last result of the body is a condition, and the step at which it holds first is
        the last one.  The last output is then the number of steps that were made; what the arrays
        have beyond these means nothing.
    """

    name = "scan"
    props = ("body", "reverse", "truncate", "stops")
    no_gradient = (0,)

    def __init__(self, body, reverse=False, truncate=-1, stops=False):
        self.body = body
        self.reverse = bool(reverse)
        self.truncate = truncate
        self.stops = stops
        self.depths = tuple(max(taps) for taps in body.taps)
        first = 1 + len(body.sequences) + len(body.taps)
        self.shape_inputs = (0, *(first + i for i in deciding(body.order, body.others)))

    def __repr__(self):
        return "scan{reverse}" if self.reverse else "scan"

    def parts(self, inputs):
        """``(number of steps, sequences, first values, others)`` of a list of inputs."""
        a = 1 + len(self.body.sequences)
        b = a + len(self.body.taps)
        return inputs[0], list(inputs[1:a]), list(inputs[a:b]), list(inputs[b:])

    # -- types, shapes, value -----------------------------------------------------------------

    def types_of(self, inputs):
        n = known_value(inputs[0])
        return self._types(inputs, None if n is None else int(n))

    def out_types(self, *types):
        return self._types([new_variable(t) for t in types], None)

    def _types(self, inputs, n):
        steps, sequences, firsts, others = self.parts(inputs)
        if steps.type.ndim or np.dtype(steps.type.dtype).kind not in "iu":
            raise TypeError(f"scan: the number of steps must be an integer, not {steps.type!r}")
        if len(others) != len(self.body.others):
            raise TypeError(f"scan: {len(inputs)} inputs do not fit the body")
        if n is None:
            n = next((v.type.shape[0] for v in sequences if v.type.shape[0] is not None), None)
        found = []
        for first, taps, depth in zip(firsts, self.body.taps, self.depths, strict=True):
            own = next(iter(taps.values())).type
            pairs = zip(first.type.shape[1:], own.shape, strict=True)
            shape = [a if b is None else b for a, b in pairs]
            found.append(TensorType(own.dtype, (None if n is None else n + depth, *shape)))
        plain = [v.type for v in self.body.results[len(firsts) :]]
        found += [TensorType(t.dtype, (n, *t.shape)) for t in plain]
        return [*found[:-1], TensorType("int64", ())] if self.stops else found

    def infer_shape(self, shapes, values):
        n, k = int(values[0]), len(self.body.taps)
        if n < 0:
            raise ValueError(f"scan: the number of steps is {n}")
        _, sequences, firsts, others = self.parts(shapes)
        for i, s in enumerate(sequences):
            if s[0] != n:
                raise ValueError(f"scan: sequence {i} has {s[0]} entries for {n} steps")
        inner = dict(zip(self.body.sequences, [s[1:] for s in sequences], strict=True))
        for taps, s in zip(self.body.taps, firsts, strict=True):
            inner.update(dict.fromkeys(taps.values(), tuple(s[1:])))
        inner.update(zip(self.body.others, others, strict=True))
        given = dict(zip(self.body.others, values[1 + len(sequences) + k :], strict=True))
        shapes_inside(self.body.results, self.body.order, inner, given)
        out = []
        for i, (first, depth) in enumerate(zip(firsts, self.depths, strict=True)):
            new = inner[self.body.results[i]]
            if tuple(new) != tuple(first[1:]) or first[0] != depth:
                raise ValueError(
                    f"scan: a carried value starts with shape {tuple(first[1:])} and becomes an "
                    f"array of shape {tuple(new)}; give its first value the shape it keeps"
                )
            out.append((n + depth, *first[1:]))
        out += [(n, *inner[v]) for v in self.body.results[k:]]
        return [*out[:-1], ()] if self.stops else out

    def reference(self, *arrays):
        n, sequences, firsts, others = self.parts(arrays)
        values = [a if i in self.shape_inputs else None for i, a in enumerate(arrays)]
        shapes = self.infer_shape([a.shape for a in arrays], values)
        body, k = self.body, len(firsts)
        outs = [np.zeros(s, v.type.dtype) for s, v in zip(shapes, body.results, strict=True)]
        if self.stops:
            outs.pop()
        for out, first, depth in zip(outs, firsts, self.depths, strict=False):
            out[slice(len(out) - depth, None) if self.reverse else slice(0, depth)] = first
        fixed = dict(zip(body.others, others, strict=True))
        for t in reversed(range(n)) if self.reverse else range(n):
            values = dict(fixed)
            values.update(zip(body.sequences, [s[t] for s in sequences], strict=True))
            for out, taps, depth in zip(outs, body.taps, self.depths, strict=False):
                for back, v in taps.items():
                    values[v] = out[t + back] if self.reverse else out[depth + t - back]
            _evaluate(body.order, values)
            found = [v.data if isinstance(v, Constant) else values[v] for v in body.results]
            for i, (out, value) in enumerate(zip(outs, found, strict=False)):
                out[t if self.reverse or i >= k else t + self.depths[i]] = value
            if self.stops and found[-1]:
                n = t + 1
                break
        if self.stops:
            outs.append(np.array(n, "int64"))
        return tuple(outs) if len(outs) > 1 else outs[0]

    def vjp(self, inputs, outputs, cotangents, needed):
        if self.stops:
            return self._stopped_vjp(inputs, outputs, cotangents, needed)
        return _Gradient(self, inputs, outputs, cotangents, needed).cotangents()

    def stopped(self, arrays, count):
        """What arrays like the outputs (or None) hold of the steps that a loop that stops made."""
        rows_of = [graph.add(count, depth) for depth in self.depths]
        rows_of += [count] * (len(arrays) - 1 - len(rows_of))
        pairs = zip(arrays, rows_of, strict=False)
        return [None if a is None else leading(a, n) for a, n in pairs]

    def _stopped_vjp(self, inputs, outputs, cotangents, needed):
        """That of a loop of so many steps."""
        body, count = self.body, outputs[-1]
        plain = Scan(Body(body.sequences, body.taps, body.others, body.results[:-1]),
                     self.reverse, self.truncate)  # fmt: skip
        _, sequences, firsts, others = self.parts(inputs)
        made = [count, *(leading(x, count) for x in sequences), *firsts, *others]
        found = _Gradient(
            plain, made, self.stopped(outputs, count), self.stopped(cotangents, count), needed
        ).cotangents()
        for i, x in enumerate(sequences, 1):
            if found[i] is not None:
                zeros = graph.zeros_like(x)
                found[i] = _placed(leading(zeros, count), zeros, found[i])
        return found

    @staticmethod
    def cases():
        """An operation and its inputs, per example."""
        rng = np.random.default_rng(8)
        vector, scalar = TensorType("float64", (None,)), TensorType("float64", ())
        x, a, s, r = scalar(), scalar(), scalar(), scalar()
        n = np.array(3)
        linear = Body([x], [{1: s}], [a], [graph.add(graph.mul(a, s), x)])
        bent = Body([], [{2: s, 1: r}], [a], [graph.sin(graph.sub(graph.mul(a, s), r))])
        u, w = vector(), TensorType("float64", (None, None))()
        rows = Body([x], [{1: u}], [w], [graph.tanh(graph.add(Dot()(w, u), x)), graph.exp(x)])
        for reverse in (False, True):
            yield Scan(linear, reverse), [n, rng.normal(size=3), rng.normal(size=1), np.array(0.7)]
            yield Scan(bent, reverse), [n, rng.normal(size=2), np.array(0.9)]
            arrays = [n, rng.normal(size=3), rng.normal(size=(1, 2)), rng.normal(size=(2, 2))]
            yield Scan(rows, reverse), arrays


def _is_integer(node):
    return len(node.outputs) == 1 and node.out.type.numpy_dtype.kind in "iu"


def deciding(order, given):
    """Positions of the inputs of a graph whose value decides the shape of something in it."""
    wanted, seen = [node.inputs[i] for node in order for i in node.op.shape_inputs], set()
    while wanted:
        v = wanted.pop()
        if v not in seen:
            seen.add(v)
            if v.owner is not None and not isinstance(v.owner.op, Shape):
                wanted.extend(v.owner.inputs)
    return [i for i, v in enumerate(given) if v in seen]


def shapes_inside(results, order, shapes, values):
    """Shapes of everything in a graph inside of an operation, and the integers they depend on.

    ``shapes`` and ``values`` hold those of its inputs, and get the others.  Inside there may be
    shapes that only values tell, which are None; the results have shapes that do not depend on
    them.
    """
    for v in (*results, *(v for node in order for v in node.inputs)):
        if isinstance(v, Constant):
            shapes[v], values[v] = v.data.shape, v.data
        elif v not in shapes and isinstance(v, SharedVariable):
            shapes[v] = v.container[0].shape
    for node in order:
        known = [values.get(v) for v in node.inputs]
        found = _shapes_of(node, [shapes[v] for v in node.inputs], known)
        shapes.update(zip(node.outputs, found, strict=True))
        if isinstance(node.op, Shape):
            if shapes[node.inputs[0]] is not None:
                values[node.out] = np.array(shapes[node.inputs[0]], dtype="int64")
        elif _is_integer(node) and all(k is not None for k in known):
            values[node.out] = node.op.reference(*known)
    for v in results:
        if shapes[v] is None:
            raise ValueError(f"the shape of {shown(v)} depends on values that a step finds")


def _shapes_of(node, given, known):
    """Shapes of the outputs; None for those that only values tell."""
    try:
        return [tuple(s) for s in node.op.infer_shape(given, known)]
    except (TypeError, ValueError, IndexError):
        op = node.op
        unknown = any(known[i] is None for i in op.shape_inputs)
        if not (op.data_dependent or unknown or None in given):
            raise
    return [v.type.shape if v.type.is_static else None for v in node.outputs]


def finds_shapes(order, given):
    """Whether a graph has shapes that only values tell, of others than the inputs ``given``."""
    planned = {v for v in given if v.type.numpy_dtype.kind in "biu"}
    return any(
        node.op.data_dependent
        or (isinstance(node.op, Scan) and node.op.stops)
        or not all(is_planned(node.inputs[i], planned) for i in node.op.shape_inputs)
        for node in order
    )


def evaluate_inside(results, values):
    """Values of the results of a graph inside of an operation, for values of its inputs."""
    order = toposort(results, stop=values)
    for v in (*results, *(v for node in order for v in node.inputs)):
        if isinstance(v, SharedVariable):
            values.setdefault(v, v.container[0])
    _evaluate(order, values)
    return [np.asarray(v.data if isinstance(v, Constant) else values[v]) for v in results]


def _evaluate(order, values):
    """One step by the references of its operations."""
    for node in order:
        arrays = [v.data if isinstance(v, Constant) else values[v] for v in node.inputs]
        found = node.op.run(node, [np.asarray(a) for a in arrays])
        found = found if isinstance(found, tuple) else (found,)
        values.update(zip(node.outputs, found, strict=True))


def _placed(part, x, value):
    """An array with a value in the place of one of its parts."""
    node = part.owner
    return IncSubtensor(node.op.spec, True)(x, value, *node.inputs[1:])


class _Gradient:
    """The derivative of a scan: a scan over the same arrays in the other direction.

    What it carries is, for every distance at which a step looks back, the cotangent that the step
    sends to the earlier value.  The entry a step works on collects them.
    """

    def __init__(self, op, inputs, outputs, cotangents, needed):
        self.op, self.body = op, op.body.rewritten()
        self.n, self.sequences, self.firsts, self.others = op.parts(inputs)
        self.outputs, self.given, self.needed = outputs, cotangents, needed
        self.values = self._values()

    def _values(self):
        """Every variable of the body whose values over time are known, with these."""
        op, body, known = self.op, self.body, {}
        k = len(body.taps)
        for i, v in enumerate(body.results):
            out = self.outputs[i]
            if not isinstance(v, Constant):
                known[v] = rows(out, op.reverse, op.depths[i]) if i < k else out
        for taps, out, depth in zip(body.taps, self.outputs, op.depths, strict=False):
            known.update({v: rows(out, op.reverse, depth, back) for back, v in taps.items()})
        known.update(zip(body.sequences, self.sequences, strict=True))
        return {v: x for v, x in known.items() if v not in set(body.others)}

    def cotangents(self):
        entries = self._entries()
        found, carried = self._step(entries)
        _, sequences, firsts, others = self.op.parts(self.needed)
        plain = [
            found[v] if wanted and found.get(v) is not None else None
            for v, wanted in zip(self.body.sequences, sequences, strict=True)
        ]
        sums = [
            _summands(found[v]) if wanted and found.get(v) is not None else []
            for v, wanted in zip(self.body.others, others, strict=True)
        ]
        collected = [v for v in plain if v is not None]
        collected += [v for terms in sums for term in terms for v in term]
        start = self._window()
        arrays, collected = self._run(entries, carried, collected, start)
        collected = iter(collected)
        result = [None]
        for x, v in zip(self.sequences, plain, strict=True):
            result.append(None if v is None else self._placed(next(collected), x, start))
        for j, wanted in enumerate(firsts):
            result.append(self._first(j, arrays.get(j, {})) if wanted else None)
        for v, terms in zip(self.body.others, sums, strict=True):
            result.append(_summed([[next(collected) for _ in term] for term in terms], v))
        return result

    def _entries(self):
        """Per result: the variable for its cotangent in a step, and the array it comes from."""
        found, k = {}, len(self.body.taps)
        for i, (v, g) in enumerate(zip(self.body.results, self.given, strict=True)):
            if g is not None and is_float(v.type.dtype):
                array = rows(g, self.op.reverse, self.op.depths[i]) if i < k else g
                found[i] = (new_variable(v.type), array)
        return found

    def _step(self, entries):
        """Cotangents of everything a step reads, and what is carried: per value and distance."""
        body = self.body
        targets = [*body.sequences, *body.tap_list, *body.others]
        targets = [v for v in targets if is_float(v.type.dtype)]
        carried = {}
        while True:
            total = {}
            arriving = [(i, own) for i, (own, _) in entries.items()]
            arriving += [(i, c) for (i, _), c in carried.items()]
            for i, g in arriving:
                v = body.results[i]
                if not isinstance(v, Constant):
                    total[v] = graph.add(total[v], g) if v in total else g
            found = graph.backward(total, targets) if total else {}
            taps = {(i, back): v for i, t in enumerate(body.taps) for back, v in t.items()}
            sent = {key: v for key, v in taps.items() if found.get(v) is not None}
            if set(sent) <= set(carried):
                return found, {key: (c, found[taps[key]]) for key, c in carried.items()}
            new = {key: new_variable(v.type) for key, v in sent.items() if key not in carried}
            carried.update(new)

    def _window(self):
        """The first of the steps a gradient flows through; None for all steps."""
        if self.op.truncate < 0:
            return None
        last = graph.sub(self.n, self.op.truncate)
        first = graph.maximum(last, constant(0, "int64"))
        known = known_value(first)
        if known is not None and known == 0:
            return None
        return first if known is None else int(known)

    def _part(self, array, start):
        """The steps a gradient flows through, of an array with one row per step."""
        if start is None:
            return array
        window = slice(start, None)
        if self.op.reverse:
            stop = graph.sub(self.n, start)
            known = known_value(stop)
            window = slice(None, stop if known is None else int(known))
        return _rows(array, window)

    def _run(self, entries, carried, plain, start):
        """The scan in the other direction: ``{value: {distance: array}}`` and collected rows."""
        sequences = {v: self._part(x, start) for v, x in self.values.items()}
        sequences.update((g, self._part(x, start)) for g, x in entries.values())
        n = self.n if start is None else graph.sub(self.n, start)
        states = []
        for (i, back), (tap, new) in carried.items():
            like = _rows(self.firsts[i], slice(0, back))
            states.append((graph.zeros_like(like), {back: tap}, new))
        given = dict(zip(self.body.others, self.others, strict=True))
        arrays, collected = graph.recurrence(
            n, sequences, states, plain, given=given, reverse=not self.op.reverse
        )
        found = {}
        for (i, back), array in zip(carried, arrays, strict=True):
            if isinstance(start, Variable):
                array = graph.switch(graph.eq(start, 0), array, 0)
            if not isinstance(start, int):
                found.setdefault(i, {})[back] = array
        return found, collected

    def _placed(self, g, x, start):
        """Cotangent of a sequence: zero at the steps no gradient flows through."""
        if start is None:
            return g
        zeros = graph.zeros_like(x)
        return _placed(self._part(zeros, start), zeros, g)

    def _first(self, j, arrays):
        """Cotangent of first values: of the array itself, and what the first steps send them."""
        depth, total = self.op.depths[j], None
        if self.given[j] is not None:
            total = first_rows(self.given[j], self.op.reverse, depth)
        for back, array in arrays.items():
            # step t looks at row t - back; where there are fewer steps than that, zeros stand
            part = first_rows(array, self.op.reverse, back)
            if back != depth:
                place = Slice(0, back) if self.op.reverse else Slice(depth - back, depth)
                spec = (place, *[Slice()] * (part.type.ndim - 1))
                part = IncSubtensor(spec, False)(graph.zeros_like(self.firsts[j]), part)
            total = part if total is None else graph.add(total, part)
        return total


def _summands(v):
    """A contribution of a step as a sum of terms; a term with two factors is their matrix product.

    Products of columns with rows, and of matrices, are summed over time by one large product, so
    that no matrix per step is kept.
    """
    found, stack = [], [v]
    while stack:
        v = stack.pop()
        op = None if v.owner is None else v.owner.op
        if isinstance(op, Elemwise) and op is elemwise("add"):
            a, b = v.owner.inputs
            if a.type == v.type == b.type:
                stack.extend((b, a))
                continue
        if isinstance(op, Dot) and v.type.ndim == 2:
            found.append(v.owner.inputs)
        elif isinstance(op, Elemwise) and op is elemwise("mul") and _is_outer(*v.owner.inputs):
            a, b = v.owner.inputs
            found.append((a.owner.inputs[0], b.owner.inputs[0]))
        else:
            found.append((v,))
    return found


def _is_outer(a, b):
    patterns = [x.owner.op.pattern if _is_turned(x) else None for x in (a, b)]
    return patterns == [(0, "x"), ("x", 0)]


def _is_turned(x):
    return x.owner is not None and isinstance(x.owner.op, Dimshuffle)


def _summed(terms, like):
    total = None
    for rows in terms:
        if len(rows) == 1:
            part = graph.sum(rows[0], (0,))
        elif rows[0].type.ndim == 2:
            part = Dot()(transposed(rows[0]), rows[1])
        else:
            part = sum_of_products(*rows)
        total = part if total is None else graph.add(total, part)
    return None if total is None else graph.cast(total, like.type.dtype)
