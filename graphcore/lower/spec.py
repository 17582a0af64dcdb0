"""A program as plain data: what ``assemble`` writes and the executor reads.

Steps refer to memory through *slots*, the rows of the pointer table.  Slot 0 is the error record
and slot 1 the first scalar cell; both exist in every program.
"""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Ins:
    """One kernel call: ``y`` is written, ``a``, ``b``, ``c`` are read (all are slots).

    Calls with further operands have them in ``more`` instead of constants: two in each of ``k0``,
    ``k1`` and ``k2``.
    """

    name: str
    y: int = 0
    a: int = 0
    b: int = 0
    c: int = 0
    k0: int = 0
    k1: int = 0
    k2: int = 0
    n: int = 0
    node: object = None
    more: tuple = ()
    kind = "call"

    @property
    def slots(self):
        """All its operands."""
        return (self.y, self.a, self.b, self.c, *self.more)


@dataclass(slots=True)
class LoopStep:
    """A body of kernel calls, repeated over blocks of an inner axis and over outer axes.

    ``cursors`` are ``(slot, base slot, bytes per inner element, bytes per step of each outer
    axis)``.

    ``sums`` are what the loop adds up besides what it writes element by element: ``(slot, how many
    numbers, kernel that begins them or None for zeros, kernel that adds others to them)``; None
    when the order of the blocks matters.  ``registers`` are the slots and sizes in bytes of
    its block registers.  A body of one call that blocks are of no use to is ``alone``.
    """

    n: int
    block: int
    outer: tuple
    body: list
    cursors: list
    sums: list | None = None
    registers: list = field(default_factory=list)
    alone: bool = False
    parts: object = None
    kind = "loop"


@dataclass(slots=True)
class Parts:
    """How the rows of a loop are divided: ``n`` parts of ``rows`` rows (the last has the rest).

    Every part has ``part_bytes`` of memory for its own sums, beginning at ``slot``.
    """

    n: int
    rows: int
    slot: int
    part_bytes: int
    sums: list
    registers: list


@dataclass(slots=True)
class ScalarStep:
    """Operations on single numbers: ``(opcode name, y, a, b, c)`` over cells."""

    code: list
    nodes: list
    kind = "scalar"


@dataclass(slots=True)
class RecurrenceStep:
    """Steps repeated ``n`` times; ``cursors`` are ``(slot, base slot, bytes per repetition)``.

    With ``until``, the slot of a condition and the one for the number of repetitions, the first
    repetition after which the condition holds is the last.
    """

    n: int
    body: list
    cursors: list
    node: object
    until: tuple | None = None
    kind = "recurrence"


@dataclass(slots=True)
class ChoiceStep:
    """Two lists of steps: the first runs if the cell ``condition`` is not zero, else the other."""

    condition: int
    bodies: list
    node: object
    kind = "choice"


@dataclass(slots=True)
class PythonStep:
    """A node without a kernel: its NumPy reference is called back."""

    node: object
    slots: list
    call: object
    kind = "python"

    def __call__(self, addresses):
        self.call(addresses)


@dataclass(slots=True)
class ProgramSpec:
    """A whole program.

    Attributes
    ----------
    steps : list
        In order of execution.
    slots : list of (kind, index, offset)
        ``("work", 0, byte offset)``, ``("constant", k, byte offset)``,
        ``("external", buffer, byte offset)``, ``("cell", i, 0)`` or ``("error", 0, 0)``.
    constants : list of ndarray
    cells : list of int
        Initial bits of the scalar cells.
    work_bytes : int
        Planned memory for arrays and block registers.
    heavy : bool
        Whether one run is long enough to let other Python threads go on meanwhile.
    nodes : list of Apply
        Nodes that error records refer to.
    threads : int
        Most threads that share one loop.
    copies : dict of int to str
        Constants that are data in another arrangement, and which.
    """

    steps: list = field(default_factory=list)
    slots: list = field(default_factory=list)
    constants: list = field(default_factory=list)
    cells: list = field(default_factory=list)
    work_bytes: int = 0
    heavy: bool = False
    nodes: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    threads: int = 1
    copies: dict = field(default_factory=dict)
