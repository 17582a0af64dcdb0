"""Writes the Cython source of the kernels from the op table: ordinary loops, one per row and form.

Kernels are called ``{row}_{signature}_{form}``.  A form has one letter per operand: ``v`` for a run
of n elements, ``s`` for a single one.  Reductions have forms of their own, see :func:`reduction`.
Needs the standard library only.  Run by ``setup.py`` for every instruction-set level.
"""

import itertools
import os
import re
import runpy
import textwrap

CTYPE = {"d": "double", "l": "int64_t"}
OPERANDS = "abc"
LANES = 16

HEADER = '''\
"""Kernels of the op table for instruction-set level {level}.  Written by {generator}."""
from libc.stdint cimport int64_t
from graphcore._kernel cimport *

cdef extern from "gk_elementary.h":
'''

FOOTER = '''\

include "structural.pxi"

# The loops below, not those of the headers above, which are written for few elements as well: a
# load waits for a store before it whose address differs by a multiple of 4096 bytes or a little
# less; loads of several turns come before their stores in an unrolled loop.
cdef extern from *:
    """
    #if defined(__GNUC__) && !defined(__clang__)
    #pragma GCC optimize("unroll-loops")
    #endif
    """

HANDLERS = """
{opcodes}
"""


def kernels():
    """Address of every kernel by name."""
    cdef dict found = structural_kernels()
{kernels}
    return found


def opcodes():
    """Address of the handler of every operation of scalar runs, by name.

    ``name_ta`` is the handler that takes operand ``a`` from the operation before it, ``name_q`` and
    ``name_ta_q`` are those that leave the result to the next operation only.
    """
    cdef char* found[{count}]
    gk_scalar_run(0, found, NULL)
    return {{name: <size_t>found[i] for i, name in enumerate(HANDLERS.split())}}


{connect}

def scalar_run():
    """Address of the function that interprets scalar runs."""
    return <size_t>&gk_scalar_run


def table_hash():
    """Digest of the op table that these kernels were made from."""
    return "{hash}"
'''

# Conversions: name, class of the result, class of the operand, expression.
CASTS = [
    ("cast_ld", "d", "l", "gk_cast_ld(a)"),
    ("cast_dl", "l", "d", "gk_cast_dl(a)"),
    ("round_f4", "d", "d", "gk_round_f4(a)"),
    ("wrap_i1", "l", "l", "gk_wrap_i1(a)"),
    ("wrap_i2", "l", "l", "gk_wrap_i2(a)"),
    ("wrap_i4", "l", "l", "gk_wrap_i4(a)"),
    ("wrap_u1", "l", "l", "gk_wrap_u1(a)"),
    ("wrap_u2", "l", "l", "gk_wrap_u2(a)"),
    ("wrap_u4", "l", "l", "gk_wrap_u4(a)"),
    ("bool_d", "l", "d", "a != 0"),
    ("bool_l", "l", "l", "gk_nonzero(a)"),
]


def forms(row, sig):
    """Operand forms that get a kernel: at least one run; half of them if the row commutes."""
    for form in itertools.product("vs", repeat=len(sig)):
        if "v" in form and not (row.commutative and form == ("s", "v")):
            yield "".join(form)


def substitute(expression, values):
    """The expression with its operand names replaced."""
    return re.sub(r"\b(acc|[abc])\b", lambda m: values[m.group(1)], expression)


def loop_kernel(name, out, sig, form, expression, rare=None):
    """Source of one elementwise kernel: the loop, and the function that programs call."""
    operands = OPERANDS[: len(sig)]
    params, reads, values = [f"gk_{out}out y"], [f"<gk_{out}out>P[ins.y]"], {}
    for x, cls, kind in zip(operands, sig, form, strict=True):
        if kind == "v":
            params.append(f"gk_{cls}in {x}")
            reads.append(f"<gk_{cls}in>P[ins.{x}]")
            values[x] = f"{x}[i]"
        else:
            params.append(f"{CTYPE[cls]} {x}")
            reads.append(f"(<const {CTYPE[cls]}*>P[ins.{x}])[0]")
            values[x] = x
    lines = [
        f"cdef inline void _{name}(Py_ssize_t n, {', '.join(params)}) noexcept nogil:",
        "    cdef Py_ssize_t i",
    ]
    if rare:
        condition, slow = (substitute(text, values) for text in rare)
        lines += [
            "    cdef int64_t rare = 0",
            "    for i in range(n):",
            f"        y[i] = {substitute(expression, values)}",
            f"        rare |= {condition}",
            "    if rare:",
            "        for i in range(n):",
            f"            if {condition}:",
            f"                y[i] = {slow}",
        ]
    else:
        lines += ["    for i in range(n):", f"        y[i] = {substitute(expression, values)}"]
    lines += [
        "",
        f"cdef void {name}(Py_ssize_t n, char** P, const gk_ins* ins) noexcept nogil:",
        f"    _{name}(n, {', '.join(reads)})",
        "",
    ]
    return "\n".join(lines)


def elementwise(row):
    """``(name, source)`` of the kernels of a row."""
    for sig, expression in row.kernel.items():
        for form in forms(row, sig):
            name = f"{row.name}_{sig}_{form}"
            source = loop_kernel(name, row.out(sig), sig, form, expression, row.rare.get(sig))
            yield name, source


def casts():
    """``(name, source)`` of the conversions and of ``mov``, which copies or fills."""
    for name, out, cls, expression in CASTS:
        yield f"{name}_v", loop_kernel(f"{name}_v", out, cls, "v", expression)
    for form in "vs":
        yield f"mov_{form}", loop_kernel(f"mov_{form}", "l", "l", form, "a")


REDUCTION = """\
cdef inline {T} _{name}_join(const {T}* lane) noexcept nogil:
    cdef {T}[8] half
    cdef Py_ssize_t j
    for j in range(8):
        half[j] = {join_16}
    for j in range(4):
        half[j] = {join_8}
    for j in range(2):
        half[j] = {join_4}
    return {join_2}

cdef inline void _{name}_acc(Py_ssize_t n, {outs} lane, {params}) noexcept nogil:
    cdef Py_ssize_t i = 0, j
{many}
    for j in range(n - i):
        lane[j] = {tail}

{whole}

cdef void {name}_begin(Py_ssize_t n, char** P, const gk_ins* ins) noexcept nogil:
    cdef {T}* y = <{T}*>P[ins.y]
    cdef Py_ssize_t j
    for j in range(16):
        y[j] = {init}

cdef void {name}_acc(Py_ssize_t n, char** P, const gk_ins* ins) noexcept nogil:
    _{name}_acc(n, <{outs}>P[ins.y], {reads})

cdef void {name}_end(Py_ssize_t n, char** P, const gk_ins* ins) noexcept nogil:
    (<{T}*>P[ins.y])[0] = _{name}_join(<const {T}*>P[ins.a])

cdef void {name}_all(Py_ssize_t n, char** P, const gk_ins* ins) noexcept nogil:
    (<{T}*>P[ins.y])[0] = _{name}(n, {reads})

cdef void {name}_into(Py_ssize_t n, char** P, const gk_ins* ins) noexcept nogil:
    cdef {T}* y = <{T}*>P[ins.y]
    cdef {T} total = _{name}(n, {reads})
    y[0] = {into}
"""

IN_LANES = """\
cdef inline {T} _{name}(Py_ssize_t n, {params}) noexcept nogil:
    cdef {T}[16] lane
    cdef {T} {few_lanes}
    cdef Py_ssize_t j
{few}
    for j in range(16):
        lane[j] = {init}
    _{name}_acc(n, lane, {operands})
    return _{name}_join(lane)
"""

AT_ONCE = """\
cdef inline {T} _{name}(Py_ssize_t n, {params}) noexcept nogil:
    return {call}
"""

EACH = """
cdef inline void _{name}_each(Py_ssize_t n, {outs} y, {params}) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        y[i] = {each}

cdef void {name}_each(Py_ssize_t n, char** P, const gk_ins* ins) noexcept nogil:
    _{name}_each(n, <{outs}>P[ins.y], {reads})
"""


def many_elements(ctype, step, call):
    """The loop over sixteens of elements: lanes in registers, or a C function that does it all."""
    if call:
        return f"    i = {call}"
    lanes = range(LANES)
    lines = [f"    cdef {ctype} s{j} = lane[{j}]" for j in lanes]
    lines.append("    while i + 16 <= n:")
    lines += [f"        s{j} = {step(f's{j}', f'i + {j}')}" for j in lanes]
    lines.append("        i += 16")
    lines += [f"    lane[{j}] = s{j}" for j in lanes]
    return "\n".join(lines)


def few_elements(count, init, step, join):
    """Reductions of less than nine elements without the lanes, with the same bits."""
    lines = ["    if n == 0:", f"        return {init}"]
    for n in range(1, count + 1):
        lines.append(f"    if n == {n}:")
        lines += [f"        x{j} = {step(init, j)}" for j in range(n)]
        for half in (4, 2, 1):
            pairs = [(f"x{j}", f"x{j + half}") for j in range(half) if j + half < n]
            lines += [f"        {x} = {join(x, y)}" for x, y in pairs]
        lines.append("        return x0")
    return "\n".join(lines)


def reduction(row, sig):
    """``(names, source)`` of the kernels of a reduction.

    Element i goes to lane i % 16, and the lanes are joined in a fixed order, so that a result does
    not depend on the instruction set nor on how the elements were cut into calls of ``acc``.
    ``all``: y = reduction of a; ``into``: y = y joined with it; ``begin``, ``acc``, ``end``: the
    same in pieces on 16 lanes; ``each``: y[i] = y[i] joined with a[i].
    """
    cls = sig[0]
    name = f"{row.name}_{sig}"
    operands = OPERANDS[: row.arity]

    def step(acc, index):
        return substitute(row.step[sig], {"acc": acc, **{x: f"{x}[{index}]" for x in operands}})

    def join(acc, other):
        return substitute(row.join[sig], {"acc": acc, "a": other})

    fields = {
        "T": CTYPE[cls],
        "outs": f"gk_{cls}out",
        "name": name,
        "init": row.init[sig],
        "params": ", ".join(f"gk_{cls}in {x}" for x in operands),
        "operands": ", ".join(operands),
        "reads": ", ".join(f"<gk_{cls}in>P[ins.{x}]" for x in operands),
        "join_16": join("lane[j]", "lane[j + 8]"),
        "join_8": join("half[j]", "half[j + 4]"),
        "join_4": join("half[j]", "half[j + 2]"),
        "join_2": join("half[0]", "half[1]"),
        "many": many_elements(CTYPE[cls], step, row.lanes.get(sig)),
        "tail": step("lane[j]", "i + j"),
        "few": few_elements(8, row.init[sig], step, join),
        "few_lanes": ", ".join(f"x{j}" for j in range(8)),
        "into": join("y[0]", "total"),
    }
    call = row.at_once.get(sig)
    whole = AT_ONCE if call else IN_LANES
    fields["whole"] = whole.format(**fields, call=call)
    names = [f"{name}_{form}" for form in ("begin", "acc", "end", "all", "into")]
    source = REDUCTION.format(**fields)
    if row.arity == 1:
        names.append(f"{name}_each")
        source += EACH.format(**fields, each=step("y[i]", "i"))
    return names, source


# One handler per operation; the end of each jumps to the next one, so that the processor learns
# which operation follows which.
SCALAR_RUN = """\
cdef extern from *:
    \"\"\"
    /* S[y] = op(S[a], S[b], S[c]), operation after operation.  The number made last is also in t:
     * an operand that an operation finds there does not wait for memory.  Without instructions the
     * addresses of the handlers are written to P. */
    static void gk_scalar_run(ptrdiff_t n, char **P, const gk_ins *ins) {{
    #define NEXT do {{ p++; goto *p->go; }} while (0)
    #define CELL(x, cls) (*(const gk_cell_##cls *)(S + p->x))
    #define GIVE(cls, value) (*(gk_cell_##cls *)(S + p->y) = (value))
    #define SLOT(x) (*(char **)((char *)P + p->x))
      static const void *const handlers[] = {{
        {labels}
      }};
      if (!ins) {{
        for (size_t i = 0; i < sizeof handlers / sizeof *handlers; i++) P[i] = (char *)handlers[i];
        return;
      }}
      const gk_sins *p = (const gk_sins *)(intptr_t)ins->k0;
      char *const S = P[1];
      double t = 0, da, db, dc;
      int64_t la, lb, lc;
      (void)n, (void)dc, (void)lc;
      goto *p->go;
    end:
      return;
    load:
      t = GIVE(d, *(const gk_cell_d *)SLOT(a));
      NEXT;
    load_q:
      t = *(const gk_cell_d *)SLOT(a);
      NEXT;
    store_t:
      *(gk_cell_d *)SLOT(y) = t;
      NEXT;
    store:
      *(gk_cell_l *)SLOT(y) = CELL(a, l);
      NEXT;
    mov:
      GIVE(l, CELL(a, l));
      NEXT;
{handlers}
    #undef NEXT
    #undef CELL
    #undef GIVE
    #undef SLOT
    }}
    \"\"\"
    void gk_scalar_run(Py_ssize_t n, char** P, const gk_ins* ins) noexcept nogil
"""


FUNCTION = re.compile(r"\b(far_|gk_(?!sqrt))\w+\(")


def handler(name, out, sig, expression, rare=None):
    """Labels and lines of the handlers of an operation: one entry per operand that may be in t.

    Those of arithmetic have code of their own; a result that only the next operation takes from t
    is not written to its cell by ``name_q`` and its like.  Others share the code of the operation.
    """
    operands = OPERANDS[: len(sig)]
    values = {x: f"{cls}{x}" for x, cls in zip(operands, sig, strict=True)}
    reads = {x: f"{values[x]} = CELL({x}, {cls});" for x, cls in zip(operands, sig, strict=True)}
    value = c_expression(substitute(expression, values))
    if rare:
        condition, slow = (c_expression(substitute(text, values)) for text in rare)
        value = f"({condition}) ? ({slow}) : ({value})"
    given = f"{'t = ' if out == 'd' else ''}GIVE({out}, {value});"
    entries = {name: " ".join(reads.values())}
    for x, cls in zip(operands, sig, strict=True):
        if cls == "d":
            rest = [reads[other] for other in operands if other != x]
            entries[f"{name}_t{x}"] = " ".join([f"d{x} = t;", *rest])
    if rare or FUNCTION.search(expression):
        lines = [f"{label}: {before} goto {name}_do;" for label, before in entries.items()]
        lines.append(f"{name}_do: {given} NEXT;")
    else:
        lines = [f"{label}: {before} {given} NEXT;" for label, before in entries.items()]
        if out == "d":
            quiet = {f"{label}_q": before for label, before in entries.items()}
            lines += [f"{label}: {before} t = {value}; NEXT;" for label, before in quiet.items()]
            entries |= quiet
    return [*entries], [f"    {line}" for line in lines]


def c_expression(text):
    """An expression of the table in C: Python's choice and logic written with C's operators."""
    text = re.sub(r"^(.*) if (.*) else (.*)$", r"(\2) ? (\1) : (\3)", text)
    return re.sub(r"\bnot\b", "!", re.sub(r"\bor\b", "||", re.sub(r"\band\b", "&&", text)))


def scalar_run(rows):
    """``(opcodes, source)`` of the interpreter of scalar runs."""
    names, text = ["end", "load", "load_q", "store", "store_t", "mov"], []
    operations = [(name, out, cls, expression, None) for name, out, cls, expression in CASTS]
    for row in rows:
        for sig, expression in row.kernel.items():
            name = f"{row.name}_{sig}"
            operations.append((name, row.out(sig), sig, expression, row.rare.get(sig)))
    for operation in operations:
        labels, lines = handler(*operation)
        names += labels
        text += lines
    labels = ",\n        ".join(f"&&{name}" for name in names)
    return names, SCALAR_RUN.format(labels=labels, handlers="\n".join(text))


def declarations(table):
    """``cdef extern`` lines of the C functions and constants that the table's expressions use."""
    rows, reductions = table["ROWS"].values(), table["REDUCTIONS"].values()
    found = {}

    def note(expression, operands, result):
        for name, arguments in re.findall(r"\b(gk_\w+|GK_\w+)\(([^()]*)\)", expression):
            kinds = [operands.get(x.strip(), result) for x in arguments.split(",")]
            found.setdefault(name, (result, kinds))

    for row in rows:
        for sig, expression in row.kernel.items():
            operands = dict(zip(OPERANDS, sig, strict=False))
            note(expression, operands, row.out(sig))
            condition, slow = row.rare.get(sig, ("", ""))
            note(condition, operands, "l")
            note(slow, operands, row.out(sig))
    for row in reductions:
        for sig, expression in row.step.items():
            note(expression, dict.fromkeys(("acc", "a", "b"), sig[0]), sig[0])
    for _, out, cls, expression in CASTS:
        note(expression, {"a": cls}, out)
    lines = ["    const double GK_INF", "    const int64_t GK_INT_MIN, GK_INT_MAX"]
    for row in reductions:
        for sig in row.step:
            operands = ", ".join(f"gk_{sig[0]}in {x}" for x in OPERANDS[: row.arity])
            calls = [("Py_ssize_t", f"{CTYPE[sig[0]]}* lane, ", row.lanes.get(sig))]
            calls.append((CTYPE[sig[0]], "", row.at_once.get(sig)))
            for result, lane, call in calls:
                if call:
                    name = call.partition("(")[0]
                    params = f"Py_ssize_t n, {lane}{operands}"
                    lines.append(f"    {result} {name}({params}) noexcept nogil")
    for name, (result, kinds) in found.items():
        params = ", ".join(CTYPE[k] for k in kinds)
        lines.append(f"    {CTYPE[result]} {name}({params}) noexcept nogil")
    return "\n".join(lines) + "\n"


FAR = re.compile(r"\bfar_(\w+)\(")


def far_functions(rows):
    """``(declarations, source of connect)`` of the functions that are called by address."""
    arity = {}
    for row in rows:
        for expression in row.kernel.values():
            arity.update(dict.fromkeys(FAR.findall(expression), row.arity))
    pointers = [f"double (*far_{x})({', '.join(['double'] * n)})" for x, n in arity.items()]
    lines = ["cdef extern from *:", '    """']
    lines += [f"    static {pointer};" for pointer in pointers]
    lines += ['    """', *(f"    {pointer} noexcept nogil" for pointer in pointers)]
    body = ["def connect(functions):", '    """Enter the addresses of functions made elsewhere."""']
    body.append("    global " + ", ".join(f"far_{name}" for name in arity))
    for name, n in arity.items():
        kind = f"double (*)({', '.join(['double'] * n)}) noexcept nogil"
        body.append(f'    far_{name} = <{kind}><size_t>functions["{name}"]')
    return "\n".join(lines), "\n".join(body) + "\n"


def source_text(table, level):
    """The whole module of one level."""
    rows, reductions = list(table["ROWS"].values()), table["REDUCTIONS"].values()
    names, parts = [], []
    for name, source in itertools.chain(casts(), *(elementwise(row) for row in rows)):
        names.append(name)
        parts.append(source)
    for row in reductions:
        for sig in row.step:
            more, source = reduction(row, sig)
            names += more
            parts.append(source)
    opcodes, source = scalar_run(rows)
    parts.append(source)
    far, connect = far_functions(rows)
    header = HEADER.format(level=level, generator=os.path.basename(__file__))
    footer = FOOTER.format(
        kernels="\n".join(f'    found["{name}"] = <size_t>&{name}' for name in names),
        opcodes=textwrap.fill(" ".join(opcodes), 100),
        count=len(opcodes),
        connect=connect,
        hash=table["kernel_hash"](),
    )
    return header + declarations(table) + "\n" + far + "\n\n\n" + "\n\n".join(parts) + footer


def write_if_changed(path, text):
    """Write a file unless it already says this, so that nothing is rebuilt without need."""
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            if file.read() == text:
                return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def generate(table_path, directory, levels):
    """Write the source of every level; returns its path by level."""
    table = runpy.run_path(table_path)
    paths = {}
    for level in levels:
        paths[level] = os.path.join(directory, f"_kernels_{level}.pyx")
        write_if_changed(paths[level], source_text(table, level))
    return paths
