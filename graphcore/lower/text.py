"""Programs as text: the disassembly, and which node of the graph runs where."""

from graphcore.errors import describe
from graphcore.graph.large import is_large, is_mapped


def _slot(spec, slot, moving):
    if slot in moving:
        base, step = moving[slot]
        return f"{_slot(spec, base, moving)}[{step:+d}]"
    kind, index, offset = spec.slots[slot]
    if kind == "cell":
        return f"s{index}"
    if kind == "work":
        return f"w{offset}"
    if kind == "constant":
        return f"c{index}" + (f"+{offset}" if offset else "")
    if kind == "external":
        return f"x{index}" + (f"+{offset}" if offset else "")
    return kind


# operands besides y of calls whose parameters lie at an address, or that have more than three
LIBRARY = {
    "gemm": 2, "potrf": 1, "lower_factor": 1, "potrs": 1, "gaussian_slope": 2, "trsm": 1,
    "cholesky_pullback": 1, "getrf": 2, "getrs": 3, "log_abs_det": 1, "sign_det": 2,
    "linear_map": 3, "log_chain": 2, "root_of_products": 4,
}  # fmt: skip

# the same for rows in lanes, without their index, which is the fourth operand
LANES = {
    "gather_lanes": 1, "add_lanes": 2, "sub_lanes": 2, "subfrom_lanes": 2, "mul_lanes": 2,
    "muladd_lanes": 3, "addmul_lanes": 3, "line_lanes": 3, "scatter_add_lanes": 1,
    "scatter_mul_lanes": 2, "residual_lanes": 4, "scatter_line_lanes": 3, "fit_lanes": 7,
}  # fmt: skip


# operands besides results of calls with a second result, which is the fifth operand
TWO = {"sum_and_dot": 2, "two_dots": 3, "gather_two": 3, "scatter_add_two": 3}


def _operands(name):
    """How many operands a kernel reads, told from its name."""
    if name in TWO:
        return TWO[name]
    if name in LIBRARY:
        return LIBRARY[name]
    if name in LANES:
        return LANES[name]
    tail = name.rpartition("_")[2]
    if tail in ("begin", "end"):
        return int(tail == "end")
    if name.startswith(("matrow", "matcol", "gather", "scatter", "take_rows", "dot_dd", "linear")):
        return 2
    if name == "store_pair":
        return 2
    if set(tail) <= {"v", "s"}:
        return len(tail)
    return 1


def _call(spec, ins, moving):
    slots = [ins.a, ins.b, ins.c, *ins.more[1:]]
    reads = [_slot(spec, s, moving) for s in slots[: _operands(ins.name)]]
    extra = "".join(f" {k}={v}" for k, v in (("k0", ins.k0), ("k1", ins.k1)) if v)
    if ins.name in LIBRARY:
        extra = ""
    if ins.name in LANES:
        extra = f" by {_slot(spec, ins.more[0], moving)}"
    arrow = f" <- {', '.join(reads)}" if reads else ""
    result = _slot(spec, ins.y, moving)
    if ins.name in TWO:
        result += f", {_slot(spec, ins.more[0], moving)}"
    return f"{ins.name} {result}{arrow}{extra}"


def disassemble(spec):
    """The program as text, one line per step or kernel call.

    ``s`` are scalar cells, ``w`` work memory (byte offset), ``c`` constants and ``x`` the caller's
    buffers; ``[+8]`` marks a pointer that moves by so many bytes per element.
    """
    lines = []
    for number, step in enumerate(spec.steps):
        lines += _step(spec, step, f"{number:4d} ", {})
    sizes = f"{spec.work_bytes} bytes of work memory, {len(spec.cells)} cells"
    held = sum(c.nbytes for c in spec.constants)
    lines.append(f"     {sizes}, {held} bytes of constants")
    return "\n".join([*lines, *(f"     {note}" for note in spec.notes)])


def _step(spec, step, head, moving):
    """Lines of one step; ``moving`` are the slots that follow a loop around it."""
    margin = " " * (len(head) + 4)
    if step.kind == "call":
        return [f"{head}call   n={step.n} {_call(spec, step, moving)}"]
    if step.kind == "scalar":
        lines = [f"{head}scalar {len(step.code)} operations"]
        return lines + [margin + _scalar(spec, op, y, rest, moving) for op, y, *rest in step.code]
    if step.kind == "loop":
        outer = " x ".join(str(n) for n in (*step.outer, step.n))
        moving = moving | {slot: (base, inner) for slot, base, inner, _ in step.cursors}
        parts = "" if step.parts is None else f", {step.parts.n} parts"
        lines = [f"{head}loop   {outer} in blocks of {step.block}{parts}"]
        return lines + [margin + _call(spec, ins, moving) for ins in step.body]
    if step.kind == "recurrence":
        moving = moving | {slot: (base, each) for slot, base, each in step.cursors}
        lines = [f"{head}recurrence of {step.n} steps"]
        if step.until is not None:
            ends, count = (_slot(spec, s, moving) for s in step.until)
            lines = [f"{head}recurrence of {step.n} steps at most, until {ends}; {count} of them"]
        return lines + [line for part in step.body for line in _step(spec, part, margin, moving)]
    if step.kind == "choice":
        lines = [f"{head}choice by {_slot(spec, step.condition, moving)}"]
        for word, body in zip(("if", "else"), step.bodies, strict=True):
            lines.append(f"{margin}{word}")
            lines += [line for part in body for line in _step(spec, part, margin + "  ", moving)]
        return lines
    return [f"{head}python {step.node.op!r}"]


def _scalar(spec, op, y, operands, moving):
    if op == "load":
        return f"load s{y} <- {_slot(spec, operands[0], moving)}"
    if op == "store":
        return f"store {_slot(spec, y, moving)} <- s{operands[0]}"
    sig = op.rpartition("_")[2]
    count = len(sig) if set(sig) <= {"d", "l"} and not op.startswith("cast") else 1
    return f"{op} s{y} <- {', '.join(f's{o}' for o in operands[:count])}"


def placements(spec):
    """``(step number, kind of step, node)`` for every node, in order of execution."""
    found = []
    for number, step in enumerate(spec.steps):
        seen = set()
        for part in (step, *python_steps(step)):
            for node in nodes_of(part):
                if node is not None and (node not in seen or part is not step):
                    seen.add(node)
                    found.append((number, part.kind, node))
    return found


def inner_steps(step):
    """The steps of the sub-programs of a step."""
    if step.kind == "recurrence":
        return step.body
    return [part for body in step.bodies for part in body] if step.kind == "choice" else []


def python_steps(step):
    """Calls back into Python from inside of a step."""
    found, stack = [], list(inner_steps(step))
    while stack:
        part = stack.pop()
        stack.extend(inner_steps(part))
        if part.kind == "python":
            found.append(part)
    return found


def nodes_of(step):
    """The nodes that run in a step; None where a call serves no node in particular."""
    if step.kind == "scalar":
        return step.nodes
    if step.kind == "loop":
        return [ins.node for ins in step.body]
    return [step.node, *(node for part in inner_steps(step) for node in nodes_of(part))]


def describe_step(step):
    """A step in a few words."""
    if step.kind == "call":
        return f"{step.name}, n = {step.n}"
    if step.kind == "scalar":
        return f"{len(step.code)} operations on single numbers"
    if step.kind == "loop":
        lengths = " x ".join(str(n) for n in (*step.outer, step.n))
        return f"loop of {len(step.body)} kernels over {lengths}"
    if step.kind == "recurrence":
        return f"recurrence of {step.n} steps"
    if step.kind == "choice":
        return "choice between two branches"
    return f"call back into Python for {step.node.op!r}"


class Explanation(str):
    """Text that tells which node runs where.

    Attributes
    ----------
    memory : str
        The planned memory: work area by use, and the constants with their sizes.
    """

    __slots__ = ("memory",)


def _origin(spec, k):
    """Where a constant comes from, where that is of interest."""
    if k in spec.copies:
        return f": {spec.copies[k]}"
    if is_mapped(spec.constants[k]):
        return ": mapped from a file, streamed"
    return ": large data, not copied" if is_large(spec.constants[k]) else ""


def memory_of(spec):
    """The memory of a program in words."""
    lines = [
        f"work area   {spec.work_bytes:>12d} bytes of planned arrays and block registers",
        f"            {8 * len(spec.cells):>12d} bytes of scalar cells",
        f"            {8 * len(spec.slots):>12d} bytes of pointers",
    ]
    for k, c in enumerate(spec.constants):
        what = f"{c.nbytes:>11d} bytes, {c.dtype} of shape {c.shape}"
        lines.append(f"constant c{k:<3d}{what}{_origin(spec, k)}")
    return "\n".join(lines)


def explain_spec(spec):
    """Which node runs in which step, with the line of the user's code that made it."""
    lines = []
    for number, kind, node in placements(spec):
        why = "  (no kernel: its NumPy reference is called)" if kind == "python" else ""
        lines.append(f"step {number:3d} {kind:6s} {describe(node)}{why}")
    text = Explanation("\n".join([*lines, *spec.notes]))
    text.memory = memory_of(spec)
    return text
