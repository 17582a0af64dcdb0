"""Calls of the body of a loop whose rows are sorted into lanes, joined into fewer.

What a gather reads stays in registers while the rows of eight groups pass, so it is read where it
is used: the sum of a gather and of another one times a column is one call, and so is adding a
product to the sums of groups.  Calls are ``(name, result, operands, constants, node)``.
"""

from collections import Counter

from graphcore.lower.loops import Operand

NONE = Operand("v", 0)  # the place of an operand that a call does not have
GATHER, SCATTER = "gather_lanes", "scatter_add_lanes"
ORDINARY = {GATHER: "gather", SCATTER: "scatter_add_apart"}
# by call and position of the operand that is gathered: what they become, and the other operands
JOINED = {
    ("add_dd_vv", 0): ("add_lanes", (1,)),
    ("add_dd_vv", 1): ("add_lanes", (0,)),
    ("sub_dd_vv", 0): ("sub_lanes", (1,)),
    ("sub_dd_vv", 1): ("subfrom_lanes", (0,)),
    ("mul_dd_vv", 0): ("mul_lanes", (1,)),
    ("mul_dd_vv", 1): ("mul_lanes", (0,)),
    ("muladd_ddd_vvv", 0): ("muladd_lanes", (1, 2)),
    ("muladd_ddd_vvv", 1): ("muladd_lanes", (0, 2)),
    ("muladd_ddd_vvv", 2): ("addmul_lanes", (0, 1)),
}


def ordinary(call):
    """A call for rows that do not fill lanes."""
    name, y, operands, k, node = call
    return ORDINARY.get(name, name), y, operands, k, node


def in_lanes(calls, index, base_of):
    """The calls for rows that fill lanes.

    Parameters
    ----------
    calls : list of tuple
    index : Operand
        The lanes of the rows: the first of every eight.
    base_of : callable
        Gives the operand that holds, lane by lane, what a gather reads or a scatter adds to.
    """
    return _Lanes(calls, index, base_of).run()


class _Lanes:
    def __init__(self, calls, index, base_of):
        self.calls, self.index, self.base_of = calls, index, base_of

    def run(self):
        for step in (self._reads, self._residuals):
            uses = Counter(o.register for call in self.calls for o in call[2])
            self.made = {call[1].register: call for call in self.calls if call[1].register >= 0}
            self.once = {register for register in self.made if uses[register] == 1}
            self.calls = _live([step(call) for call in self.calls])
        return _fits(_pairs(self.calls))

    def _is(self, name, operand):
        return operand.register in self.made and self.made[operand.register][0] == name

    def _call(self, name, call, y, *operands):
        first = [*operands[:3], *[NONE] * (3 - len(operands))]
        return name, y, (*first, self.index, *operands[3:]), {}, call[4]

    def _lanes_of(self, operand):
        """What a gathered operand is lane by lane."""
        return self.base_of(self.made[operand.register])

    # ---- what is read lane by lane ------------------------------------------------------------

    def _reads(self, call):
        name, y, operands, _, _ = call
        if name == GATHER:
            return self._call(GATHER, call, y, self.base_of(call))
        if name == SCATTER:
            return self._scatter(call)
        gathers = [i for i, o in enumerate(operands) if self._is(GATHER, o)]
        if not gathers or (name, gathers[0]) not in JOINED:
            return call
        base = self._lanes_of(operands[gathers[0]])
        joined, others = JOINED[name, gathers[0]]
        rest = [operands[i] for i in others]
        if joined == "muladd_lanes" and gathers[-1] == 2:
            joined, rest[1] = "line_lanes", self._lanes_of(operands[2])
        return self._call(joined, call, y, base, *rest)

    def _scatter(self, call):
        target, value = self.base_of(call), call[2][1]
        if self._is("mul_dd_vv", value) and value.register in self.once:
            factors = self.made[value.register][2]
            if not any(self._is(GATHER, o) for o in factors):
                return self._call("scatter_mul_lanes", call, target, *factors)
        return self._call(SCATTER, call, target, value)

    def _residuals(self, call):
        """Data minus a line of its group."""
        name, y, operands, _, _ = call
        line = operands[-1]
        if name == "sub_dd_vv" and self._is("line_lanes", line) and line.register in self.once:
            base, column, other = self.made[line.register][2][:3]
            return self._call("residual_lanes", call, y, base, column, other, operands[0])
        return call


def _live(calls):
    """The calls without those whose results are not used any more."""
    kept, used = [], set()
    for call in reversed(calls):
        if call[1].register < 0 or call[1].register in used:
            kept.append(call)
            used |= {o.register for o in call[2]}
    return kept[::-1]


def _pairs(calls):
    """Two sums over groups of one value, one of them times a column, are one call."""
    plain = {_key(call[2][0]): call for call in calls if call[0] == SCATTER}
    found = []
    for call in calls:
        name, z, operands, k, node = call
        if name == "scatter_mul_lanes":
            one, two, _, index = operands
            for value, column in ((one, two), (two, one)):
                other = plain.get(_key(value))
                if other is not None and other[1].slot != z.slot:
                    del plain[_key(value)]
                    call = ("scatter_line_lanes", other[1], (value, column, z, index), k, node)
                    break
        found.append(call)
    return [call for call in found if call[0] != SCATTER or plain.get(_key(call[2][0])) is call]


def _fits(calls):
    """Residuals that are only squared and summed over groups are never written down."""
    users = {}
    for call in calls:
        for o in call[2]:
            users.setdefault(o.register, []).append(call)
    gone, fits = set(), {}
    for call in calls:
        name, r, operands, k, node = call
        used = {user[0]: user for user in users.get(r.register, ())}
        if name != "residual_lanes" or len(users[r.register]) != 3 or len(used) != 2:
            continue
        dot, sums = used.get("dot_dd_acc"), used.get("scatter_line_lanes")
        if dot and sums:
            column, target = sums[2][1:3]
            fits[r.register] = ("fit_lanes", dot[1], (*operands, sums[1], target, column), k, node)
            gone |= {id(dot), id(sums)}
    return [fits.get(c[1].register, c) for c in calls if id(c) not in gone]


def _key(operand):
    return operand.form, operand.slot, operand.register
