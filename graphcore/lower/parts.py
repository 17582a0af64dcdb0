"""Long loops divided in parts, on which several threads can work.

How a loop is divided depends on the loop alone.  Every part has sums of its own, and these are
added up in the order of the parts: the result is the same to the last bit for any number of
threads, one included.
"""

from graphcore.lower.memory import ALIGN
from graphcore.lower.spec import Parts

PART = 2**17  # kernel operations on one element that make up a part, at least
MOST = 64  # parts
WEIGHT = 4  # operations that a kernel of one element counts as
SHARE = 8  # the sums of all parts together have this share of the elements of the loop, at most
ERROR_BYTES = 64  # every part has an error record, too


def divide(spec, memory):
    """Divide those loops of a program that are long enough."""
    for step in spec.steps:
        if step.kind == "loop" and _is_divisible(step):
            count = _count(step)
            if count > 1:
                step.parts = _plan(step, count, memory)
        if step.kind == "loop" and step.alone:
            step.block = step.parts.rows if step.parts else step.n  # one call for all of it


def _is_divisible(step):
    """Whether the rows may be worked on in any order: all that is common to them are sums."""
    if step.outer or step.sums is None:
        return False
    own = {slot for slot, *_ in step.sums} | {slot for slot, *_ in step.cursors}
    own.update(slot for slot, _ in step.registers)
    return all(ins.y in own for ins in step.body)


def _count(step):
    """How many parts."""
    work = sum(
        ins.k0 if ins.name.startswith(("matrow", "matcol", "tile")) else WEIGHT for ins in step.body
    )
    numbers = sum(count for _, count, _, _ in step.sums)
    return min(MOST, step.n * work // PART, step.n // max(step.block, SHARE * numbers))


def _plan(step, count, memory):
    blocks = -(-step.n // step.block)
    rows = -(-blocks // count) * step.block
    count = -(-step.n // rows)
    numbers = sum(n for _, n, _, _ in step.sums)
    part_bytes = (ERROR_BYTES + 8 * numbers + ALIGN - 1) // ALIGN * ALIGN
    slot = memory.work_slot(count * part_bytes)
    return Parts(count, rows, slot, part_bytes, step.sums, step.registers)
