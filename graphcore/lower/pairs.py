"""Calls of one kernel in place of two: products, sums of the same elements, what has one index.

Calls in the body of a loop are ``(name, result, operands, constants, node)``, others are steps of
the program.
"""

from dataclasses import replace

from graphcore._loops import register_uses

SUMS = ("sum_d_all", "dot_dd_all")
BY_INDEX = {"gather": ("b", "a", "gather_two"), "scatter_add_apart": ("a", "b", "scatter_add_two")}
STEPS = ("vssvs", "vssvv", "vvsvs", "vvsvv")  # forms of what two steps of a polynomial read
NONE = 0  # slot of an operand that a call does not have


def products_in_pairs(calls):
    """The calls with one in place of two multiplications, the second the only use of the first.

    The bits are the same; a block register is not written and read again.
    """
    uses = register_uses(calls)
    first, found = {}, []  # by register of a product with one use: position in found
    for call in calls:
        name, y, operands, k, node = call
        if name.startswith("mul_dd_"):
            inner = next((o.register for o in operands if o.register in first), None)
            if inner is not None:
                at = first.pop(inner)
                three = (*found[at][2], operands[operands[0].register == inner])
                found[at] = None
                call = f"mulmul_ddd_{''.join(o.form for o in three)}", y, three, k, node
            elif uses.get(y.register) == 1:
                first[y.register] = len(found)
        found.append(call)
    return [call for call in found if call is not None]


def steps_in_pairs(calls):
    """The calls with one in place of two steps of a polynomial, ``(a * b + c) * d + e``.

    The bits are the same; a block register is not written and read again.
    """
    uses = register_uses(calls)
    first, found = {}, []  # by register of a step with one use: position in found
    for call in calls:
        name, y, operands, k, node = call
        if name.startswith("muladd_ddd_"):
            inner = next((o.register for o in operands[:2] if o.register in first), None)
            if inner is not None:
                rest = (operands[operands[0].register == inner], operands[2])
                three = found[first[inner]][2]
                form = "".join(o.form for o in (*three, *rest))
                if form in STEPS:
                    found[first.pop(inner)] = None
                    five = (*three, type(y)(y.form, NONE), *rest)
                    call = f"horner_{form}", y, five, k, node
            if call[0] == name and uses.get(y.register) == 1:
                first[y.register] = len(found)
        found.append(call)
    return [call for call in found if call is not None]


def roots_of_sums(calls):
    """The calls with one in place of a product, its sum with another number, and their root.

    The bits are the same.  The root takes as long as before, what comes before it no time.
    """
    uses = register_uses(calls)
    waiting, found = {}, []  # by register with one use: position in found
    for call in calls:
        name, y, operands, k, node = call
        if name == "sqrt_d_v" and (at := waiting.get(operands[0].register)) is not None:
            kind, _, operands, _, _ = found[at]
            if kind.startswith("muladd_ddd_"):
                found[at] = None
                call = f"sqrt_{kind.replace('_ddd', '')}", y, operands, k, node
                at = waiting.get(operands[2].register)
                if kind.endswith("vvv") and at is not None and found[at][0] == "mul_dd_vv":
                    none = type(y)(y.form, NONE)
                    operands = (*operands[:2], found[at][2][0], none, found[at][2][1])
                    found[at] = None
                    call = "root_of_products", y, operands, k, node
        elif uses.get(y.register) == 1:
            waiting[y.register] = len(found)
        found.append(call)
    return [call for call in found if call is not None]


def sums_in_pairs(calls):
    """The calls with one in place of two that add up the same elements, or products of them.

    Each result is what its own call gives, bit for bit.  Nothing among the calls may read the
    result of a sum.
    """
    waiting, found = {}, []  # by what is added up: position in found of a sum that has no partner
    for call in calls:
        if call[0] in SUMS:
            at = next((at for o in call[2] for at in waiting.get(_key(o), ())), None)
            both = None if at is None else _both(found[at], call)
            if both is None:
                for o in call[2]:
                    waiting.setdefault(_key(o), []).append(len(found))
            else:
                for o in found[at][2]:  # only there it waits: loops may have very many sums
                    waiting[_key(o)] = [k for k in waiting[_key(o)] if k != at]
                call, found[at] = both, None
        found.append(call)
    return [call for call in found if call is not None]


def _both(first, second):
    """The call of both sums; None for two plain ones, which are the same."""
    if len(first[2]) > len(second[2]):
        first, second = second, first
    (_, y, a, _, _), (_, z, b, _, node) = first, second
    keys = {_key(o) for o in b}
    shared = next(o for o in a if _key(o) in keys)
    if len(b) == 1:
        return None
    if len(a) == 1:
        none = type(y)(y.form, NONE)
        return "sum_and_dot", y, (shared, _other(b, shared), none, z), {}, node
    return "two_dots", y, (shared, _other(a, shared), _other(b, shared), z), {}, node


def _other(operands, shared):
    return operands[_key(operands[0]) == _key(shared)]


def _key(operand):
    return operand.slot, operand.register


def stores_in_pairs(calls, memory):
    """The calls with one in place of two that store the columns of an array of two columns."""
    found, before = [], None  # before: the call before, where it stores one column
    for call in calls:
        stores = call.name == "store_f8" and call.k0 == 16
        if stores and before is not None and memory.shifted(before.y, 8) == call.y:
            found[-1] = replace(before, name="store_pair", b=call.a, k0=0)
            stores = False
        else:
            found.append(call)
        before = call if stores else None
    return found


def arrays_in_pairs(steps):
    """The calls with one in place of two that gather from or add to two arrays by one index.

    Nothing that a call gathers may be written by the call before it, as among lanes of one loop.
    """
    found = []
    for call in steps:
        before = found[-1] if found else call
        if before is not call and before.name == call.name in BY_INDEX:
            index, value, name = BY_INDEX[call.name]
            same = getattr(before, index) == getattr(call, index) and before.k0 == call.k0 == 1
            if same and before.y != call.y:
                value, more = getattr(call, value), (call.y,)
                found[-1] = replace(before, name=name, c=value, k0=0, more=more)
                continue
        found.append(call)
    return found


def fills_in_pairs(steps, memory):
    """The steps with one in place of two that fill neighbouring arrays with one number."""
    found, before = [], None  # before: the step before, where it fills
    for step in steps:
        fills = step.kind == "call" and step.name == "mov_s"
        same = fills and before is not None and step.a == before.a
        if same and memory.distance(before.y, step.y) == 8 * before.n:
            step = found[-1] = replace(before, n=before.n + step.n)
        else:
            found.append(step)
        before = step if fills else None
    return found
