"""The op table: one row per elementwise primitive and per reduction.

Everything that is known about a primitive stands in its row and nowhere else.  The graph operation,
the public function with its docstring, dtypes, derivatives, the kernels of every instruction set,
the opcode and the tests are made from it.  This module imports the standard library only, because
``setup.py`` reads it before anything is installed.

The rules of a row (derivatives, patterns) take a namespace ``o`` that has the row names as
functions, plus operators on its values.  With ``o`` the symbolic namespace a rule builds a graph;
with a NumPy or mpmath namespace it gives numbers.

Register classes
----------------
Kernels know two kinds of 8-byte element: ``d`` (float64) and ``l`` (int64).  A bool lives in an
``l`` as 0 or 1, narrow integers are computed in ``l`` and wrapped afterwards, float32 is computed
in ``d`` and rounded afterwards.  The keys of ``Row.kernel`` are the classes of the operands: ``dd``
is a function of two float64.  An integer operand of a row without an ``l`` signature is converted.

Dtype rules
-----------
``same``
    NumPy's promotion of all operands (bool stays bool: ``add`` is "or", ``mul`` is "and").
``number``
    As ``same``, but an operand of bool counts as int8.
``inexact``
    float32 if every operand is float32, otherwise float64 (integers and bools become float64).
``bool``
    The result is bool whatever the operands.
``integer``
    As ``number``; floats are refused.
``bitwise``
    As ``same`` for bools and integers; floats are refused.  On bools the operation is logical.
``switch``
    ``same`` of the second and third operand; the first is a condition (nonzero is true).
``sum``
    Reductions: bools and integers become int64, floats stay.
"""

import binascii
import math
from collections.abc import Callable
from dataclasses import dataclass, field

inf = math.inf
REAL = (-inf, inf)
TWO_OVER_SQRT_PI = 2.0 / math.sqrt(math.pi)
HALF_SQRT_PI = 0.5 * math.sqrt(math.pi)
SQRT_TWO_PI = math.sqrt(2.0 * math.pi)
ONE_OVER_SQRT_TWO_PI = 1.0 / math.sqrt(2.0 * math.pi)


@dataclass(frozen=True, eq=False)
class Row:
    """One primitive.

    Attributes
    ----------
    name : str
        Name in the graph, in kernels and, unless ``public`` says otherwise, of the function.
    arity : int
    doc : str
        One line: first line of the public docstring.
    ref : str
        Dotted name of the NumPy reference, resolved when first used.
    kernel : dict of str to str
        Expression in the operands ``a``, ``b``, ``c`` per signature (see the module docstring).
        ``far_name(a)`` calls the function ``name`` of ``src/graphcore/_special.pyx``.
    rare : dict of str to (str, str)
        Condition and expression of the elements that the kernel cannot serve (a second pass).
    d : tuple of (callable or None), or None
        Partial derivatives ``rule(o, *operands, y)`` with the result ``y``; a rule may return a
        Python number.  An entry None says that the derivative is zero almost everywhere.  None
        instead of the tuple says that there is no rule: asking for it is an error.
    passes : tuple of (callable or None)
        ``rule(o, *operands)``: where true the partial is 1, elsewhere 0.  The cotangent is then
        selected, not multiplied, so that infinities of a branch not taken stay out.  An operand
        with such an entry has the matching entry in ``d`` too.
    dtype : str
        See the module docstring.
    domain : tuple of (float, float)
        Per operand: closed interval on which the function is defined.
    typical : tuple of (float, float)
        Per operand: where random tests draw; away from poles and overflow.
    points : tuple of float
        Arguments worth testing beyond the usual ones.
    kinks : bool
        Whether the function has points without a derivative (finite differences then fail there).
    ulp : float
        Promised accuracy of the ``d`` kernels, in units in the last place, at every level.
    ulp_of : str
        Whose last place: the "result", or the largest of the result and the "operands", for a
        function with zeros where no operand is special.
    exact : callable or None
        ``exact(mp, *operands)``: the value in mpmath, for tests.
    stable : tuple of callable
        ``rule(o, *variables) -> (pattern, replacement)``: same value, fewer rounding errors.
    commutative : bool
    for_bool : str or None
        Row whose ``l`` kernel serves bool operands, where the integer kernel would be wrong.
    public : str or None
        Name of the public function; None for internal rows.
    aliases : tuple of str
    symbol : str or None
        Infix or prefix operator used in printing.
    """

    name: str
    arity: int
    doc: str
    ref: str
    kernel: dict
    rare: dict = field(default_factory=dict)
    d: tuple | None = None
    passes: tuple = ()
    dtype: str = "same"
    domain: tuple = ()
    typical: tuple = ()
    points: tuple = ()
    kinks: bool = False
    ulp: float = 0.5
    ulp_of: str = "result"
    exact: Callable | None = None
    stable: tuple = ()
    commutative: bool = False
    for_bool: str | None = None
    public: str | None = None
    aliases: tuple = ()
    symbol: str | None = None

    @property
    def internal(self):
        """True when there is no public function of this row."""
        return self.public is None

    @property
    def far(self):
        """True when kernels call a function that is not compiled with them (``far_name``)."""
        return any("far_" in expression for expression in self.kernel.values())

    def out(self, sig):
        """Register class of the result for operands of these classes."""
        return "l" if self.dtype == "bool" or "d" not in sig else "d"


@dataclass(frozen=True, eq=False)
class ReduceRow:
    """One reduction.

    Attributes
    ----------
    name, doc, ref, dtype, public, aliases
        As in :class:`Row`.
    init : dict of str to str
        Value of the empty reduction per register class.
    step : dict of str to str
        ``acc`` combined with the element ``a`` (and ``b``, when the reduction has two operands).
    join : dict of str to str
        ``acc`` combined with another accumulator ``a``.
    lanes : dict of str to str
        Call that does many steps on 16 lanes at once and returns how many elements it took, where
        the plain loop over ``step`` is not vectorised or is often short.
    at_once : dict of str to str
        Call that does the whole reduction, with the same bits.
    arity : int
        Number of vectors that are read.
    empty : bool
        Whether an empty reduction is legal.
    ulp : float
        Promised accuracy, in ulp of the sum of magnitudes, per doubling of the length.
    """

    name: str
    doc: str
    ref: str
    init: dict
    step: dict
    join: dict
    lanes: dict = field(default_factory=dict)
    at_once: dict = field(default_factory=dict)
    dtype: str = "same"
    arity: int = 1
    empty: bool = True
    ulp: float = 1
    public: str | None = None
    aliases: tuple = ()

    @property
    def internal(self):
        """True when there is no public function of this row."""
        return self.public is None


ROWS: dict[str, Row] = {}
REDUCTIONS: dict[str, ReduceRow] = {}


def _row(arity, name, *, doc, ref, kernel, internal=False, public=None, **fields):
    if name in ROWS:
        raise ValueError(f"two rows are called {name!r}")
    for key in ("domain", "typical"):
        value = fields.get(key)
        if value and not isinstance(value[0], tuple):
            fields[key] = (value,) * arity
    fields.setdefault("domain", (REAL,) * arity)
    typical = tuple((max(lo, -4.0), min(hi, 4.0)) for lo, hi in fields["domain"])
    fields.setdefault("typical", typical)
    passes = fields.get("passes", ())
    if passes and "d" not in fields:
        fields["d"] = tuple(_indicator(rule) for rule in passes)
    public = None if internal else (public or name)
    ROWS[name] = Row(name, arity, doc, ref, kernel, public=public, **fields)


def _indicator(rule):
    """Partial derivative that is 1 where the condition holds and 0 elsewhere."""
    if rule is None:
        return None
    return lambda o, *args: o.switch(rule(o, *args[:-1]), 1.0, 0.0)


def unknown(o, *args):
    """Partial derivative that nobody has a formula for."""
    raise NotImplementedError(
        "there is no rule for this derivative: by the order of a Bessel or polygamma function, or "
        "the second by a shape of an incomplete gamma or beta function; keep that argument constant"
    )


def unary(name, **fields):
    """Add a row of one operand; see :class:`Row` for the fields."""
    _row(1, name, **fields)


def binary(name, **fields):
    """Add a row of two operands; see :class:`Row` for the fields."""
    _row(2, name, **fields)


def ternary(name, **fields):
    """Add a row of three operands; see :class:`Row` for the fields."""
    _row(3, name, **fields)


def compare(name, symbol, *, doc, ref, **fields):
    """Add a comparison: a bool result of two operands."""
    kernel = {"dd": f"a {symbol} b", "ll": f"a {symbol} b"}
    binary(
        name, doc=doc, ref=ref, kernel=kernel, d=(None, None), dtype="bool", symbol=symbol, **fields
    )


def reduction(name, *, doc, ref, internal=False, **fields):
    """Add a reduction; see :class:`ReduceRow` for the fields."""
    fields.setdefault("join", fields["step"])
    REDUCTIONS[name] = ReduceRow(name, doc, ref, public=None if internal else name, **fields)


# ---------------------------------------------------------------------------------------------
# Arithmetic
# ---------------------------------------------------------------------------------------------

binary(
    "add",
    doc="Sum of two arrays.",
    ref="numpy.add",
    kernel={"dd": "a + b", "ll": "gk_iadd(a, b)"},
    d=(lambda o, a, b, y: 1, lambda o, a, b, y: 1),
    exact=lambda mp, a, b: a + b,
    commutative=True,
    symbol="+",
)
binary(
    "sub",
    doc="Difference of two arrays.",
    ref="numpy.subtract",
    kernel={"dd": "a - b", "ll": "gk_isub(a, b)"},
    d=(lambda o, a, b, y: 1, lambda o, a, b, y: -1),
    dtype="number",
    exact=lambda mp, a, b: a - b,
    aliases=("subtract",),
    symbol="-",
)
binary(
    "mul",
    doc="Product of two arrays.",
    ref="numpy.multiply",
    kernel={"dd": "a * b", "ll": "gk_imul(a, b)"},
    d=(lambda o, a, b, y: b, lambda o, a, b, y: a),
    exact=lambda mp, a, b: a * b,
    commutative=True,
    aliases=("multiply",),
    symbol="*",
)
binary(
    "true_div",
    doc="Quotient of two arrays; integers are converted to float64.",
    ref="numpy.true_divide",
    kernel={"dd": "a / b"},
    d=(lambda o, a, b, y: 1 / b, lambda o, a, b, y: -y / b),
    dtype="inexact",
    typical=((-4.0, 4.0), (0.5, 4.0)),
    exact=lambda mp, a, b: a / b,
    aliases=("divide", "true_divide"),
    symbol="/",
)
binary(
    "floor_div",
    doc="Largest integer not above the quotient; an integer divided by zero gives 0.",
    ref="graphcore.ops.refs.floor_divide",
    kernel={"dd": "gk_floor_div(a, b)", "ll": "gk_ifloor_div(a, b)"},
    d=(None, None),
    dtype="number",
    typical=((-20.0, 20.0), (0.5, 4.0)),
    kinks=True,
    aliases=("floor_divide", "int_div"),
    symbol="//",
)
binary(
    "mod",
    doc="Remainder of the floored quotient (sign of the divisor); an integer modulo zero is 0.",
    ref="graphcore.ops.refs.remainder",
    kernel={"dd": "gk_mod(a, b)", "ll": "gk_imod(a, b)"},
    d=(lambda o, a, b, y: 1, lambda o, a, b, y: -o.floor_div(a, b)),
    dtype="number",
    typical=((-20.0, 20.0), (0.5, 4.0)),
    kinks=True,
    aliases=("remainder",),
    symbol="%",
)
binary(
    "pow",
    doc="First array raised to the second; an integer to a negative integer power is truncated.",
    ref="graphcore.ops.refs.power",
    kernel={"dd": "gk_pow(a, b)", "ll": "gk_ipow(a, b)"},
    d=(
        lambda o, a, b, y: o.switch(o.eq(b, 0), 0.0, b * o.pow(a, b - 1)),
        lambda o, a, b, y: o.xlogy(y, a),
    ),
    dtype="number",
    typical=((0.1, 4.0), (-3.0, 3.0)),
    ulp=0.75,
    exact=lambda mp, a, b: mp.power(a, b),
    aliases=("power",),
    symbol="**",
)
unary(
    "neg",
    doc="Negative.",
    ref="numpy.negative",
    kernel={"d": "-a", "l": "gk_isub(0, a)"},
    d=(lambda o, x, y: -1,),
    dtype="number",
    exact=lambda mp, a: -a,
    aliases=("negative",),
    symbol="-",
)
unary(
    "abs",
    doc="Absolute value.",
    ref="numpy.absolute",
    kernel={"d": "gk_abs(a)", "l": "gk_iabs(a)"},
    d=(lambda o, x, y: o.sign(x),),
    kinks=True,
    exact=lambda mp, a: abs(a),
    aliases=("abs_", "absolute"),
)
unary(
    "sign",
    doc="-1, 0 or 1 by the sign of the argument.",
    ref="numpy.sign",
    kernel={"d": "gk_sign(a)", "l": "gk_isign(a)"},
    d=(None,),
    dtype="number",
    kinks=True,
    exact=lambda mp, a: mp.sign(a),
    aliases=("sgn",),
)
unary(
    "sqr",
    doc="Square.",
    ref="numpy.square",
    kernel={"d": "a * a", "l": "gk_imul(a, a)"},
    d=(lambda o, x, y: 2 * x,),
    dtype="number",
    exact=lambda mp, a: a * a,
    aliases=("square",),
)
unary(
    "sqrt",
    doc="Square root.",
    ref="numpy.sqrt",
    kernel={"d": "gk_sqrt(a)"},
    d=(lambda o, x, y: 0.5 / y,),
    dtype="inexact",
    domain=(0.0, inf),
    typical=(0.1, 4.0),
    exact=lambda mp, a: mp.sqrt(a),
)
unary(
    "reciprocal",
    doc="One divided by the argument; integers are converted to float64.",
    ref="graphcore.ops.refs.reciprocal",
    kernel={"d": "1.0 / a"},
    d=(lambda o, x, y: -o.sqr(y),),
    dtype="inexact",
    typical=(0.25, 4.0),
    exact=lambda mp, a: 1 / a,
    aliases=("inv",),
)
binary(
    "maximum",
    doc="Larger of two elements; NaN if either is.",
    ref="numpy.maximum",
    kernel={"dd": "gk_max(a, b)", "ll": "a if a > b else b"},
    passes=(lambda o, a, b: o.ge(a, b), lambda o, a, b: o.lt(a, b)),
    kinks=True,
    exact=lambda mp, a, b: max(a, b),
    commutative=True,
)
binary(
    "minimum",
    doc="Smaller of two elements; NaN if either is.",
    ref="numpy.minimum",
    kernel={"dd": "gk_min(a, b)", "ll": "a if a < b else b"},
    passes=(lambda o, a, b: o.le(a, b), lambda o, a, b: o.gt(a, b)),
    kinks=True,
    exact=lambda mp, a, b: min(a, b),
    commutative=True,
)
ternary(
    "clip",
    doc="First argument limited to the interval of the second and third.",
    ref="numpy.clip",
    kernel={"ddd": "gk_clip(a, b, c)", "lll": "gk_iclip(a, b, c)"},
    passes=(
        lambda o, a, b, c: o.and_(o.ge(a, b), o.le(a, c)),
        lambda o, a, b, c: o.and_(o.lt(a, b), o.le(b, c)),
        lambda o, a, b, c: o.gt(o.maximum(a, b), c),
    ),
    typical=((-4.0, 4.0), (-2.0, -1.0), (1.0, 2.0)),
    kinks=True,
    exact=lambda mp, a, b, c: min(max(a, b), c),
)
unary(
    "floor",
    doc="Largest integer not above the argument.",
    ref="numpy.floor",
    kernel={"d": "gk_floor(a)"},
    d=(None,),
    dtype="inexact",
    kinks=True,
    exact=lambda mp, a: mp.floor(a),
)
unary(
    "ceil",
    doc="Smallest integer not below the argument.",
    ref="numpy.ceil",
    kernel={"d": "gk_ceil(a)"},
    d=(None,),
    dtype="inexact",
    kinks=True,
    exact=lambda mp, a: mp.ceil(a),
)
unary(
    "round",
    doc="Nearest integer, halves to even.",
    ref="numpy.rint",
    kernel={"d": "gk_round(a)"},
    d=(None,),
    dtype="inexact",
    kinks=True,
    exact=lambda mp, a: mp.nint(a),
    aliases=("rint", "round_half_to_even"),
)
unary(
    "round_away",
    doc="Nearest integer, halves away from zero.",
    ref="graphcore.ops.refs.round_away",
    kernel={"d": "gk_round_away(a)"},
    d=(None,),
    dtype="inexact",
    kinks=True,
    points=(0.49999999999999994, 4503599627370495.5),
    exact=lambda mp, a: mp.sign(a) * mp.floor(abs(a) + 0.5),
    public="round_half_away_from_zero",
)
unary(
    "trunc",
    doc="Nearest integer towards zero.",
    ref="numpy.trunc",
    kernel={"d": "gk_trunc(a)"},
    d=(None,),
    dtype="inexact",
    kinks=True,
    exact=lambda mp, a: mp.sign(a) * mp.floor(abs(a)),
    aliases=("fix",),
)

# ---------------------------------------------------------------------------------------------
# Exponentials and logarithms
# ---------------------------------------------------------------------------------------------

unary(
    "exp",
    doc="Exponential.",
    ref="numpy.exp",
    kernel={"d": "gk_exp_usual(a)"},
    rare={"d": ("gk_exp_rare(a)", "gk_exp(a)")},
    d=(lambda o, x, y: y,),
    dtype="inexact",
    points=(709.78, 709.79, -708.4, -745.1, -745.2, -740.0),
    ulp=1,
    exact=lambda mp, a: mp.exp(a),
)
unary(
    "log",
    doc="Natural logarithm.",
    ref="numpy.log",
    kernel={"d": "gk_log_usual(a)"}, rare={"d": ("gk_log_rare(a)", "gk_log(a)")},
    d=(lambda o, x, y: 1 / x,),
    dtype="inexact",
    domain=(0.0, inf),
    typical=(0.1, 4.0),
    ulp=0.7,
    exact=lambda mp, a: mp.log(a),
)
unary(
    "exp2",
    doc="Two to the power of the argument.",
    ref="numpy.exp2",
    kernel={"d": "gk_exp2(a)"},
    d=(lambda o, x, y: y * math.log(2.0),),
    dtype="inexact",
    points=(1023.9, 1024.0, -1074.0, -1075.1),
    ulp=0.7,
    exact=lambda mp, a: mp.power(2, a),
)
unary(
    "log2",
    doc="Logarithm to base 2.",
    ref="numpy.log2",
    kernel={"d": "gk_log2(a)"},
    d=(lambda o, x, y: (1 / math.log(2.0)) / x,),
    dtype="inexact",
    domain=(0.0, inf),
    typical=(0.1, 4.0),
    ulp=0.52,
    exact=lambda mp, a: mp.log(a) / mp.log(2),
)
unary(
    "log10",
    doc="Logarithm to base 10.",
    ref="numpy.log10",
    kernel={"d": "gk_log10(a)"},
    d=(lambda o, x, y: (1 / math.log(10.0)) / x,),
    dtype="inexact",
    domain=(0.0, inf),
    typical=(0.1, 4.0),
    ulp=0.52,
    exact=lambda mp, a: mp.log10(a),
)
unary(
    "log1p",
    doc="log(1 + x), accurate near zero.",
    ref="numpy.log1p",
    kernel={"d": "gk_log1p(a)"},
    d=(lambda o, x, y: 1 / (1 + x),),
    dtype="inexact",
    domain=(-1.0, inf),
    typical=(-0.9, 4.0),
    ulp=0.7,
    exact=lambda mp, a: mp.log1p(a),
    stable=(lambda o, x: (o.log(1 + x), o.log1p(x)),),
)
unary(
    "expm1",
    doc="exp(x) - 1, accurate near zero.",
    ref="numpy.expm1",
    kernel={"d": "gk_expm1_usual(a)"}, rare={"d": ("gk_expm1_rare(a)", "gk_expm1(a)")},
    d=(lambda o, x, y: y + 1,),
    dtype="inexact",
    points=(709.78, -37.0, -40.0),
    ulp=0.55,
    exact=lambda mp, a: mp.expm1(a),
    stable=(lambda o, x: (o.exp(x) - 1, o.expm1(x)),),
)
unary(
    "log1mexp",
    doc="log(1 - exp(x)) for negative x, accurate near zero and far from it.",
    ref="graphcore.ops.refs.log1mexp",
    kernel={"d": "gk_log1mexp(a)"},
    d=(lambda o, x, y: -1 / o.expm1(-x),),
    dtype="inexact",
    domain=(-inf, 0.0),
    typical=(-4.0, -0.1),
    points=(-0.6931471805599453, -37.0, -740.0),
    ulp=2,
    exact=lambda mp, a: mp.log(-mp.expm1(a)) if a > -1 else mp.log1p(-mp.exp(a)),
    stable=(
        lambda o, x: (o.log(1 - o.exp(x)), o.log1mexp(x)),
        lambda o, x: (o.log1p(-o.exp(x)), o.log1mexp(x)),
        lambda o, x: (o.log(-o.expm1(x)), o.log1mexp(x)),
    ),
)
unary(
    "sigmoid",
    doc="Logistic function 1 / (1 + exp(-x)).",
    ref="scipy.special.expit",
    kernel={"d": "gk_sigmoid(a)"},
    d=(lambda o, x, y: y * (1 - y),),
    dtype="inexact",
    points=(-745.0, -709.0, 709.0, -36.0, 37.0),
    ulp=2.5,
    exact=lambda mp, a: 1 / (1 + mp.exp(-a)),
    stable=(
        lambda o, x: (1 / (1 + o.exp(-x)), o.sigmoid(x)),
        lambda o, x: (o.exp(x) / (1 + o.exp(x)), o.sigmoid(x)),
        lambda o, x: (1 - o.sigmoid(x), o.sigmoid(-x)),
    ),
    aliases=("expit",),
)
unary(
    "softplus",
    doc="log(1 + exp(x)) without overflow.",
    ref="graphcore.ops.refs.softplus",
    kernel={"d": "gk_softplus(a)"},
    d=(lambda o, x, y: o.sigmoid(x),),
    dtype="inexact",
    points=(-745.0, -37.0, 18.0, 33.0, 37.0, 710.0),
    ulp=2,
    exact=lambda mp, a: mp.log1p(mp.exp(a)),
    stable=(
        lambda o, x: (o.log(1 + o.exp(x)), o.softplus(x)),
        lambda o, x: (o.log1p(o.exp(x)), o.softplus(x)),
        lambda o, x: (o.log(o.sigmoid(x)), -o.softplus(-x)),
        lambda o, x: (o.log(1 - o.sigmoid(x)), -o.softplus(x)),
        lambda o, x: (o.log1p(-o.sigmoid(x)), -o.softplus(x)),
    ),
    aliases=("log1pexp",),
)
binary(
    "logaddexp",
    doc="log(exp(a) + exp(b)) without overflow.",
    ref="numpy.logaddexp",
    kernel={"dd": "gk_logaddexp(a, b)"},
    d=(
        lambda o, a, b, y: o.switch(o.eq(a, b), 0.5, o.sigmoid(a - b)),
        lambda o, a, b, y: o.switch(o.eq(a, b), 0.5, o.sigmoid(b - a)),
    ),
    dtype="inexact",
    ulp=0.6,
    ulp_of="operands",
    exact=lambda mp, a, b: mp.log(mp.exp(a) + mp.exp(b)),
    stable=(lambda o, a, b: (o.log(o.exp(a) + o.exp(b)), o.logaddexp(a, b)),),
    commutative=True,
)
binary(
    "xlogy",
    doc="a log(b), and 0 where a is 0.",
    ref="scipy.special.xlogy",
    kernel={"dd": "gk_xlogy(a, b)"},
    d=(
        lambda o, a, b, y: o.log(b),
        lambda o, a, b, y: o.switch(o.eq(a, 0), 0.0, a / b),
    ),
    dtype="inexact",
    domain=(REAL, (0.0, inf)),
    typical=((-4.0, 4.0), (0.1, 4.0)),
    ulp=1.6,
    exact=lambda mp, a, b: mp.mpf(0) if a == 0 else a * mp.log(b),
)
binary(
    "xlog1py",
    doc="a log(1 + b), and 0 where a is 0.",
    ref="scipy.special.xlog1py",
    kernel={"dd": "gk_xlog1py(a, b)"},
    d=(
        lambda o, a, b, y: o.log1p(b),
        lambda o, a, b, y: o.switch(o.eq(a, 0), 0.0, a / (1 + b)),
    ),
    dtype="inexact",
    domain=(REAL, (-1.0, inf)),
    typical=((-4.0, 4.0), (-0.9, 4.0)),
    ulp=1.6,
    exact=lambda mp, a, b: mp.mpf(0) if a == 0 else a * mp.log1p(b),
)

# ---------------------------------------------------------------------------------------------
# Trigonometric and hyperbolic functions
# ---------------------------------------------------------------------------------------------

unary(
    "sin",
    doc="Sine.",
    ref="numpy.sin",
    kernel={"d": "gk_sin(a)"},
    rare={"d": ("gk_trig_rare(a)", "gk_sin_slow(a)")},
    d=(lambda o, x, y: o.cos(x),),
    dtype="inexact",
    points=(1e5, 1e8, 1e22),
    ulp=0.55,
    exact=lambda mp, a: mp.sin(a),
)
unary(
    "cos",
    doc="Cosine.",
    ref="numpy.cos",
    kernel={"d": "gk_cos(a)"},
    rare={"d": ("gk_trig_rare(a)", "gk_cos_slow(a)")},
    d=(lambda o, x, y: -o.sin(x),),
    dtype="inexact",
    points=(1e5, 1e8, 1e22),
    ulp=0.55,
    exact=lambda mp, a: mp.cos(a),
)
unary(
    "tan",
    doc="Tangent.",
    ref="numpy.tan",
    kernel={"d": "gk_tan(a)"},
    rare={"d": ("gk_trig_rare(a)", "gk_tan_slow(a)")},
    d=(lambda o, x, y: 1 + o.sqr(y),),
    dtype="inexact",
    typical=(-1.4, 1.4),
    points=(1e5, 1e8, 1e22),
    ulp=0.6,
    exact=lambda mp, a: mp.tan(a),
)
unary(
    "arctan",
    doc="Inverse tangent.",
    ref="numpy.arctan",
    kernel={"d": "gk_arctan(a)"},
    d=(lambda o, x, y: 1 / (1 + o.sqr(x)),),
    dtype="inexact",
    ulp=0.52,
    exact=lambda mp, a: mp.atan(a),
    aliases=("atan",),
)
unary(
    "sinh",
    doc="Hyperbolic sine.",
    ref="numpy.sinh",
    kernel={"d": "gk_sinh_usual(a)"}, rare={"d": ("gk_exp_rare(a)", "gk_sinh(a)")},
    d=(lambda o, x, y: o.cosh(x),),
    dtype="inexact",
    points=(709.0, 710.4, -710.4, 711.0),
    ulp=0.7,
    exact=lambda mp, a: mp.sinh(a),
)
unary(
    "cosh",
    doc="Hyperbolic cosine.",
    ref="numpy.cosh",
    kernel={"d": "gk_cosh_usual(a)"}, rare={"d": ("gk_exp_rare(a)", "gk_cosh(a)")},
    d=(lambda o, x, y: o.sinh(x),),
    dtype="inexact",
    points=(709.0, 710.4, -710.4, 711.0),
    ulp=0.7,
    exact=lambda mp, a: mp.cosh(a),
)
unary(
    "tanh",
    doc="Hyperbolic tangent.",
    ref="numpy.tanh",
    kernel={"d": "gk_tanh(a)"},
    d=(lambda o, x, y: 1 - o.sqr(y),),
    dtype="inexact",
    points=(0.6866, 0.687, 1.38, 18.71, 19.0, -19.1, 23.0),
    ulp=1.02,
    exact=lambda mp, a: mp.tanh(a),
)

unary(
    "arcsin",
    doc="Inverse sine.",
    ref="numpy.arcsin",
    kernel={"d": "gk_arcsin(a)"},
    d=(lambda o, x, y: 1 / o.sqrt((1 - x) * (1 + x)),),
    dtype="inexact",
    domain=(-1.0, 1.0),
    typical=(-0.9, 0.9),
    ulp=1,
    exact=lambda mp, a: mp.asin(a),
    aliases=("asin",),
)
unary(
    "arccos",
    doc="Inverse cosine.",
    ref="numpy.arccos",
    kernel={"d": "gk_arccos(a)"},
    d=(lambda o, x, y: -1 / o.sqrt((1 - x) * (1 + x)),),
    dtype="inexact",
    domain=(-1.0, 1.0),
    typical=(-0.9, 0.9),
    ulp=1,
    exact=lambda mp, a: mp.acos(a),
    aliases=("acos",),
)
binary(
    "arctan2",
    doc="Angle of the point whose ordinate is the first and abscissa the second argument.",
    ref="numpy.arctan2",
    kernel={"dd": "gk_arctan2(a, b)"},
    d=(
        lambda o, a, b, y: b / (o.sqr(a) + o.sqr(b)),
        lambda o, a, b, y: -a / (o.sqr(a) + o.sqr(b)),
    ),
    dtype="inexact",
    typical=((0.1, 4.0), (-4.0, 4.0)),
    ulp=1,
    exact=lambda mp, a, b: mp.atan2(a, b),
    aliases=("atan2",),
)
unary(
    "arcsinh",
    doc="Inverse hyperbolic sine.",
    ref="numpy.arcsinh",
    kernel={"d": "gk_arcsinh(a)"},
    d=(lambda o, x, y: 1 / o.sqrt(1 + o.sqr(x)),),
    dtype="inexact",
    ulp=0.52,
    exact=lambda mp, a: mp.asinh(a),
    aliases=("asinh",),
)
unary(
    "arccosh",
    doc="Inverse hyperbolic cosine.",
    ref="numpy.arccosh",
    kernel={"d": "gk_arccosh(a)"},
    d=(lambda o, x, y: 1 / o.sqrt((x - 1) * (x + 1)),),
    dtype="inexact",
    domain=(1.0, inf),
    typical=(1.1, 4.0),
    ulp=0.52,
    exact=lambda mp, a: mp.acosh(a),
    aliases=("acosh",),
)
unary(
    "arctanh",
    doc="Inverse hyperbolic tangent.",
    ref="numpy.arctanh",
    kernel={"d": "gk_arctanh(a)"},
    d=(lambda o, x, y: 1 / ((1 - x) * (1 + x)),),
    dtype="inexact",
    domain=(-1.0, 1.0),
    typical=(-0.9, 0.9),
    ulp=0.52,
    exact=lambda mp, a: mp.atanh(a),
    aliases=("atanh",),
)
unary(
    "deg2rad",
    doc="Degrees to radians.",
    ref="numpy.deg2rad",
    kernel={"d": "gk_deg2rad(a)"},
    d=(lambda o, x, y: math.pi / 180,),
    dtype="inexact",
    ulp=1,
    exact=lambda mp, a: a * mp.pi / 180,
    aliases=("radians",),
)
unary(
    "rad2deg",
    doc="Radians to degrees.",
    ref="numpy.rad2deg",
    kernel={"d": "gk_rad2deg(a)"},
    d=(lambda o, x, y: 180 / math.pi,),
    dtype="inexact",
    ulp=1,
    exact=lambda mp, a: a * 180 / mp.pi,
    aliases=("degrees",),
)

# ---------------------------------------------------------------------------------------------
# Error function, gamma function and their relatives
# ---------------------------------------------------------------------------------------------

unary(
    "erf",
    doc="Error function.",
    ref="scipy.special.erf",
    kernel={"d": "gk_erf(a)"},
    d=(lambda o, x, y: TWO_OVER_SQRT_PI * o.exp(-o.sqr(x)),),
    dtype="inexact",
    points=(5.9, 6.0, 0.84375),
    ulp=3,
    exact=lambda mp, a: mp.erf(a),
)
unary(
    "erfc",
    doc="Complementary error function 1 - erf(x).",
    ref="scipy.special.erfc",
    kernel={"d": "gk_erfc(a)"},
    d=(lambda o, x, y: -TWO_OVER_SQRT_PI * o.exp(-o.sqr(x)),),
    dtype="inexact",
    points=(26.0, 26.6, 27.3, -6.0),
    ulp=5,
    exact=lambda mp, a: mp.erfc(a),
    stable=(
        lambda o, x: (1 - o.erf(x), o.erfc(x)),
        lambda o, x: (1 + o.erf(x), o.erfc(-x)),
    ),
)
unary(
    "erfcx",
    doc="Scaled complementary error function exp(x**2) erfc(x).",
    ref="scipy.special.erfcx",
    kernel={"d": "gk_erfcx(a)"},
    d=(lambda o, x, y: 2 * x * y - TWO_OVER_SQRT_PI,),
    dtype="inexact",
    points=(-26.6, -26.7, 1e9, 1e300),
    ulp=5,
    exact=lambda mp, a: mp.exp(a * a) * mp.erfc(a),
)
unary(
    "log_ndtr",
    doc="Logarithm of the standard normal distribution function.",
    ref="scipy.special.log_ndtr",
    kernel={"d": "gk_log_ndtr(a)"},
    d=(lambda o, x, y: math.sqrt(2 / math.pi) / o.erfcx(x * -math.sqrt(0.5)),),
    dtype="inexact",
    points=(-38.5, -1e5, 8.3, 37.6),
    ulp=6,
    exact=lambda mp, a: (
        mp.log1p(-mp.erfc(a / mp.sqrt(2)) / 2) if a > 0 else mp.log(mp.erfc(-a / mp.sqrt(2)) / 2)
    ),
    stable=(
        lambda o, x: (
            o.log(o.erfc(x)),
            o.switch(
                o.lt(x, 1.0), o.log1p(-o.erf(x)), math.log(2.0) + o.log_ndtr(x * -math.sqrt(2.0))
            ),
        ),
    ),
)
unary(
    "gammaln",
    doc="Logarithm of the absolute value of the gamma function.",
    ref="scipy.special.gammaln",
    kernel={"d": "gk_gammaln(a)"},
    rare={"d": ("gk_gamma_rare(a)", "gk_gammaln_slow(a)")},
    d=(lambda o, x, y: o.digamma(x),),
    dtype="inexact",
    typical=(0.1, 8.0),
    points=(1.0, 2.0, 1.0000001, 1.9999999, 1e-300, 1e10, 1e305, 1.5, 2.5),
    ulp=8,
    exact=lambda mp, a: mp.re(mp.loggamma(a)),
    aliases=("loggamma",),
)
unary(
    "digamma",
    doc="Derivative of gammaln.",
    ref="scipy.special.digamma",
    kernel={"d": "gk_digamma(a)"},
    rare={"d": ("gk_gamma_rare(a)", "gk_digamma_slow(a)")},
    d=(lambda o, x, y: o.trigamma(x),),
    dtype="inexact",
    typical=(0.1, 8.0),
    points=(1.0, 1.4616321449683622, 1e-300, 1e10, 1e305),
    ulp=5,
    exact=lambda mp, a: mp.digamma(a),
    aliases=("psi",),
)
unary(
    "trigamma",
    doc="Second derivative of gammaln.",
    ref="graphcore.ops.refs.trigamma",
    kernel={"d": "gk_trigamma(a)"},
    rare={"d": ("gk_gamma_rare(a)", "gk_trigamma_slow(a)")},
    d=(lambda o, x, y: o.polygamma(2, x),),
    dtype="inexact",
    typical=(0.1, 8.0),
    points=(1e-150, 1e10, 1e305),
    ulp=4,
    exact=lambda mp, a: mp.psi(1, a),
    aliases=("tri_gamma",),
)
unary(
    "stirling",
    doc="``gammaln(x) - ((x - 1/2) log(x) - x + log(2 pi) / 2)`` for x > 0.",
    ref="graphcore.ops.refs.stirling",
    kernel={"d": "gk_stirling(a)"},
    d=(lambda o, x, y: o.stirling_slope(x),),
    dtype="inexact",
    domain=(0.0, inf),
    typical=(0.1, 20.0),
    points=(1.0, 3.5, 0.999, 1e-17, 1e-300, 1e10, 1e305),
    ulp=24,
    exact=lambda mp, a: mp.loggamma(a) - (a - 0.5) * mp.log(a) + a - mp.log(2 * mp.pi) / 2,
)
unary(
    "stirling_slope",
    doc="``digamma(x) - log(x) + 1 / (2 x)`` for x > 0, the derivative of ``stirling``.",
    ref="graphcore.ops.refs.stirling_slope",
    kernel={"d": "gk_stirling_slope(a)"},
    d=(lambda o, x, y: o.trigamma(x) - (1 + 0.5 / x) / x,),
    dtype="inexact",
    domain=(0.0, inf),
    typical=(0.1, 20.0),
    points=(1.0, 3.5, 0.999, 1e-17, 1e10),
    ulp=24,
    exact=lambda mp, a: mp.digamma(a) - mp.log(a) + 0.5 / a,
)

# ---------------------------------------------------------------------------------------------
# Special functions that are computed one element at a time
# ---------------------------------------------------------------------------------------------


def far(name, arity=1, **fields):
    """Add a row whose kernel calls ``src/graphcore/_special.pyx``: SciPy's function or ours."""
    operands = ", ".join("abc"[:arity])
    fields.setdefault("ref", f"scipy.special.{name}")
    kernel = {"d" * arity: f"far_{name}({operands})"}
    _row(arity, name, kernel=kernel, dtype="inexact", **fields)


unary(
    "ndtr",
    doc="Standard normal distribution function.",
    ref="scipy.special.ndtr",
    kernel={"d": "gk_ndtr(a)"},
    d=(lambda o, x, y: ONE_OVER_SQRT_TWO_PI * o.exp(-0.5 * o.sqr(x)),),
    dtype="inexact",
    points=(-38.5, 8.3, 37.6),
    ulp=6,
    exact=lambda mp, a: mp.erfc(-a / mp.sqrt(2)) / 2,
)
unary(
    "logit",
    doc="log(x / (1 - x)), accurate near 0.5.",
    ref="scipy.special.logit",
    kernel={"d": "gk_logit(a)"},
    d=(lambda o, x, y: 1 / (x * (1 - x)),),
    dtype="inexact",
    domain=(0.0, 1.0),
    typical=(0.05, 0.95),
    points=(0.5, 0.5000000001, 0.415, 0.585),
    ulp=0.65,
    exact=lambda mp, a: mp.log(a) - mp.log1p(-a),
)
far(
    "ndtri",
    doc="Inverse of the standard normal distribution function.",
    d=(lambda o, x, y: SQRT_TWO_PI * o.exp(0.5 * o.sqr(y)),),
    domain=(0.0, 1.0),
    typical=(0.01, 0.99),
)
far(
    "ndtri_exp",
    doc="Inverse of the logarithm of the standard normal distribution function.",
    d=(lambda o, x, y: SQRT_TWO_PI * o.exp(x + 0.5 * o.sqr(y)),),
    domain=(-inf, 0.0),
    typical=(-5.0, -0.1),
)
far(
    "erfinv",
    doc="Inverse of the error function.",
    d=(lambda o, x, y: HALF_SQRT_PI * o.exp(o.sqr(y)),),
    domain=(-1.0, 1.0),
    typical=(-0.95, 0.95),
)
far(
    "erfcinv",
    doc="Inverse of the complementary error function.",
    d=(lambda o, x, y: -HALF_SQRT_PI * o.exp(o.sqr(y)),),
    domain=(0.0, 2.0),
    typical=(0.05, 1.95),
)
far(
    "owens_t",
    2,
    doc="Owen's T function.",
    d=(
        lambda o, h, a, y: (
            (-0.5 * ONE_OVER_SQRT_TWO_PI) * o.exp(-0.5 * o.sqr(h)) * o.erf(a * h * math.sqrt(0.5))
        ),
        lambda o, h, a, y: o.exp(-0.5 * o.sqr(h) * (1 + o.sqr(a))) / (2 * math.pi * (1 + o.sqr(a))),
    ),
    exact=lambda mp, h, a: (
        mp.quad(lambda t: mp.exp(-h * h * (1 + (a * t) ** 2) / 2) / (1 + (a * t) ** 2), [0, 1])
        * (a / (2 * mp.pi))
    ),
    ulp=1000,
)
unary(
    "gamma",
    doc="Gamma function.",
    ref="scipy.special.gamma",
    kernel={"d": "gk_gamma(a)"},
    d=(lambda o, x, y: y * o.digamma(x),),
    dtype="inexact",
    typical=(0.1, 4.0),
    points=(171.6, 171.7, 1e-300, -1.5, -170.5),
    ulp=8,
    exact=lambda mp, a: mp.gamma(a) if a > 0 or a != mp.floor(a) else mp.inf if a == 0 else mp.nan,
)
far(
    "polygamma",
    2,
    doc="n-th derivative of digamma, for a whole number n >= 0.",
    ref="graphcore.ops.refs.polygamma",
    d=(unknown, lambda o, n, x, y: o.polygamma(n + 1, x)),
    domain=((0.0, inf), REAL),
    typical=((1.6, 2.4), (0.1, 8.0)),
    ulp=5,
    exact=lambda mp, n, x: mp.psi(int(n), x),
)
far(
    "betaln",
    2,
    doc="Logarithm of the beta function.",
    d=(
        lambda o, a, b, y: o.digamma(a) - o.digamma(a + b),
        lambda o, a, b, y: o.digamma(b) - o.digamma(a + b),
    ),
    domain=(0.0, inf),
    typical=(0.1, 8.0),
    points=(1e-300, 1e10, 1e200),
    ulp=8,
    ulp_of="operands",
    exact=lambda mp, a, b: mp.log(abs(mp.beta(a, b))),
    commutative=True,
)

# ---- incomplete gamma function ---------------------------------------------------------------

far(
    "gammainc",
    2,
    doc="Regularised lower incomplete gamma function P(a, x).",
    d=(lambda o, a, x, y: o.gammainc_da(a, x), lambda o, a, x, y: o.gamma_density(a, x)),
    domain=(0.0, inf),
    typical=((0.1, 8.0), (0.1, 8.0)),
    ulp=2500,
    exact=lambda mp, a, x: mp.gammainc(a, 0, x, regularized=True),
)
far(
    "gammaincc",
    2,
    doc="Regularised upper incomplete gamma function Q(a, x).",
    d=(lambda o, a, x, y: -o.gammainc_da(a, x), lambda o, a, x, y: -o.gamma_density(a, x)),
    domain=(0.0, inf),
    typical=((0.1, 8.0), (0.1, 8.0)),
    ulp=1000,
    exact=lambda mp, a, x: mp.gammainc(a, x, mp.inf, regularized=True),
)
far(
    "gammaincinv",
    2,
    doc="Inverse of gammainc in its second argument.",
    d=(
        lambda o, a, p, y: -o.gammainc_da(a, y) / o.gamma_density(a, y),
        lambda o, a, p, y: 1 / o.gamma_density(a, y),
    ),
    domain=((0.0, inf), (0.0, 1.0)),
    typical=((0.2, 8.0), (0.05, 0.95)),
)
far(
    "gammainccinv",
    2,
    doc="Inverse of gammaincc in its second argument.",
    d=(
        lambda o, a, p, y: -o.gammainc_da(a, y) / o.gamma_density(a, y),
        lambda o, a, p, y: -1 / o.gamma_density(a, y),
    ),
    domain=((0.0, inf), (0.0, 1.0)),
    typical=((0.2, 8.0), (0.05, 0.95)),
)
far(
    "gamma_density",
    2,
    doc="x**(a - 1) exp(-x) / gamma(a): the derivative of gammainc by x.",
    ref="graphcore.ops.refs.gamma_density",
    d=(
        lambda o, a, x, y: o.xlogy(y, x) - y * o.digamma(a),
        lambda o, a, x, y: y * ((a - 1) / x - 1),
    ),
    domain=(0.0, inf),
    typical=((0.5, 8.0), (0.1, 8.0)),
    ulp=1500,
    exact=lambda mp, a, x: mp.power(x, a - 1) * mp.exp(-x) / mp.gamma(a),
    internal=True,
)
far(
    "gammainc_da",
    2,
    doc="Derivative of gammainc by a.",
    ref="graphcore.ops.refs.gammainc_da",
    d=(unknown, lambda o, a, x, y: o.gamma_density(a, x) * (o.log(x) - o.digamma(a))),
    domain=(0.0, inf),
    typical=((0.1, 8.0), (0.1, 8.0)),
    ulp=2000,
    exact=lambda mp, a, x: (
        mp.diff(lambda t: mp.gammainc(t, 0, x, regularized=True), a)
        if x < a
        else -mp.diff(lambda t: mp.gammainc(t, x, mp.inf, regularized=True), a)
    ),
    internal=True,
)

# ---- incomplete beta function ----------------------------------------------------------------

far(
    "betainc",
    3,
    doc="Regularised incomplete beta function I_x(a, b), with x the third argument.",
    d=(
        lambda o, a, b, x, y: o.betainc_da(a, b, x),
        lambda o, a, b, x, y: o.betainc_db(a, b, x),
        lambda o, a, b, x, y: o.beta_density(a, b, x),
    ),
    domain=((0.0, inf), (0.0, inf), (0.0, 1.0)),
    typical=((0.2, 6.0), (0.2, 6.0), (0.05, 0.95)),
    ulp=600,
    exact=lambda mp, a, b, x: mp.betainc(a, b, 0, x, regularized=True),
)
far(
    "betaincc",
    3,
    doc="Complement 1 - I_x(a, b) of the regularised incomplete beta function.",
    d=(
        lambda o, a, b, x, y: -o.betainc_da(a, b, x),
        lambda o, a, b, x, y: -o.betainc_db(a, b, x),
        lambda o, a, b, x, y: -o.beta_density(a, b, x),
    ),
    domain=((0.0, inf), (0.0, inf), (0.0, 1.0)),
    typical=((0.2, 6.0), (0.2, 6.0), (0.05, 0.95)),
    ulp=200,
    exact=lambda mp, a, b, x: mp.betainc(b, a, 0, 1 - x, regularized=True),
)
BY_SHAPES = (  # derivatives of the inverses by a and b
    lambda o, a, b, p, y: -o.betainc_da(a, b, y) / o.beta_density(a, b, y),
    lambda o, a, b, p, y: -o.betainc_db(a, b, y) / o.beta_density(a, b, y),
)
far(
    "betaincinv",
    3,
    doc="Inverse of betainc in its third argument.",
    ref="graphcore.ops.refs.betaincinv",
    d=(*BY_SHAPES, lambda o, a, b, p, y: 1 / o.beta_density(a, b, y)),
    domain=((0.0, inf), (0.0, inf), (0.0, 1.0)),
    typical=((0.5, 6.0), (0.5, 6.0), (0.05, 0.95)),
)
far(
    "betainccinv",
    3,
    doc="Inverse of betaincc in its third argument.",
    ref="graphcore.ops.refs.betainccinv",
    d=(*BY_SHAPES, lambda o, a, b, p, y: -1 / o.beta_density(a, b, y)),
    domain=((0.0, inf), (0.0, inf), (0.0, 1.0)),
    typical=((0.5, 6.0), (0.5, 6.0), (0.05, 0.95)),
)
far(
    "beta_density",
    3,
    doc="x**(a - 1) (1 - x)**(b - 1) / beta(a, b): the derivative of betainc by x.",
    ref="graphcore.ops.refs.beta_density",
    d=(
        lambda o, a, b, x, y: o.xlogy(y, x) - y * (o.digamma(a) - o.digamma(a + b)),
        lambda o, a, b, x, y: o.xlog1py(y, -x) - y * (o.digamma(b) - o.digamma(a + b)),
        lambda o, a, b, x, y: y * ((a - 1) / x - (b - 1) / (1 - x)),
    ),
    domain=((0.0, inf), (0.0, inf), (0.0, 1.0)),
    typical=((0.5, 6.0), (0.5, 6.0), (0.05, 0.95)),
    ulp=2000,
    exact=lambda mp, a, b, x: mp.power(x, a - 1) * mp.power(1 - x, b - 1) / mp.beta(a, b),
    internal=True,
)
far(
    "betainc_da",
    3,
    doc="Derivative of betainc by a.",
    ref="graphcore.ops.refs.betainc_da",
    d=(
        unknown,
        unknown,
        lambda o, a, b, x, y: (
            o.beta_density(a, b, x) * (o.log(x) - o.digamma(a) + o.digamma(a + b))
        ),
    ),
    domain=((0.0, inf), (0.0, inf), (0.0, 1.0)),
    typical=((0.2, 6.0), (0.2, 6.0), (0.05, 0.95)),
    ulp=20000,
    ulp_of="operands",
    exact=lambda mp, a, b, x: (
        mp.diff(lambda t: mp.betainc(t, b, 0, x, regularized=True), a)
        if x * (a + b) < a
        else -mp.diff(lambda t: mp.betainc(b, t, 0, 1 - x, regularized=True), a)
    ),
    internal=True,
)
far(
    "betainc_db",
    3,
    doc="Derivative of betainc by b.",
    ref="graphcore.ops.refs.betainc_db",
    d=(
        unknown,
        unknown,
        lambda o, a, b, x, y: (
            o.beta_density(a, b, x) * (o.log1p(-x) - o.digamma(b) + o.digamma(a + b))
        ),
    ),
    domain=((0.0, inf), (0.0, inf), (0.0, 1.0)),
    typical=((0.2, 6.0), (0.2, 6.0), (0.05, 0.95)),
    ulp=20000,
    ulp_of="operands",
    exact=lambda mp, a, b, x: (
        mp.diff(lambda t: mp.betainc(a, t, 0, x, regularized=True), b)
        if x * (a + b) < a
        else -mp.diff(lambda t: mp.betainc(t, a, 0, 1 - x, regularized=True), b)
    ),
    internal=True,
)

# ---- Bessel functions ------------------------------------------------------------------------

far(
    "i0",
    doc="Modified Bessel function of the first kind of order 0.",
    d=(lambda o, x, y: o.i1(x),),
    ulp=10,
    exact=lambda mp, a: mp.besseli(0, a),
)
far(
    "i1",
    doc="Modified Bessel function of the first kind of order 1.",
    d=(lambda o, x, y: 0.5 * (o.i0(x) + o.iv(2, x)),),
    ulp=10,
    exact=lambda mp, a: mp.besseli(1, a),
)
far(
    "i0e",
    doc="exp(-abs(x)) i0(x).",
    d=(lambda o, x, y: o.i1e(x) - o.sign(x) * y,),
    ulp=10,
    kinks=True,
    exact=lambda mp, a: mp.exp(-abs(a)) * mp.besseli(0, a),
)
far(
    "i1e",
    doc="exp(-abs(x)) i1(x).",
    d=(lambda o, x, y: 0.5 * (o.i0e(x) + o.ive(2, x)) - o.sign(x) * y,),
    ulp=10,
    kinks=True,
    exact=lambda mp, a: mp.exp(-abs(a)) * mp.besseli(1, a),
)
far(
    "j0",
    doc="Bessel function of the first kind of order 0.",
    d=(lambda o, x, y: -o.j1(x),),
    ulp=10,
    ulp_of="operands",
    exact=lambda mp, a: mp.besselj(0, a),
)
far(
    "j1",
    doc="Bessel function of the first kind of order 1.",
    d=(lambda o, x, y: 0.5 * (o.j0(x) - o.jv(2, x)),),
    ulp=10,
    ulp_of="operands",
    exact=lambda mp, a: mp.besselj(1, a),
)
far(
    "jv",
    2,
    doc="Bessel function of the first kind of real order.",
    d=(unknown, lambda o, v, x, y: 0.5 * (o.jv(v - 1, x) - o.jv(v + 1, x))),
    domain=((0.0, inf), (0.0, inf)),
    typical=((0.5, 4.0), (0.5, 8.0)),
    ulp=30,
    ulp_of="operands",
    exact=lambda mp, v, x: mp.besselj(v, x),
)
far(
    "iv",
    2,
    doc="Modified Bessel function of the first kind of real order.",
    d=(unknown, lambda o, v, x, y: 0.5 * (o.iv(v - 1, x) + o.iv(v + 1, x))),
    domain=((0.0, inf), (0.0, inf)),
    typical=((0.5, 4.0), (0.5, 8.0)),
    ulp=40,
    exact=lambda mp, v, x: mp.besseli(v, x),
)
far(
    "ive",
    2,
    doc="exp(-abs(x)) iv(v, x).",
    d=(
        unknown,
        lambda o, v, x, y: 0.5 * (o.ive(v - 1, x) + o.ive(v + 1, x)) - o.sign(x) * y,
    ),
    domain=((0.0, inf), (0.0, inf)),
    typical=((0.5, 4.0), (0.5, 8.0)),
    ulp=1000,
    exact=lambda mp, v, x: mp.exp(-x) * mp.besseli(v, x),
)
far(
    "kv",
    2,
    doc="Modified Bessel function of the second kind of real order.",
    d=(unknown, lambda o, v, x, y: -0.5 * (o.kv(v - 1, x) + o.kv(v + 1, x))),
    domain=((0.0, inf), (0.0, inf)),
    typical=((0.5, 4.0), (0.5, 8.0)),
    ulp=2000,
    exact=lambda mp, v, x: mp.besselk(v, x),
    aliases=("kn",),
)
far(
    "kve",
    2,
    doc="exp(x) kv(v, x).",
    d=(unknown, lambda o, v, x, y: y - 0.5 * (o.kve(v - 1, x) + o.kve(v + 1, x))),
    domain=((0.0, inf), (0.0, inf)),
    typical=((0.5, 4.0), (0.5, 8.0)),
    ulp=2000,
    exact=lambda mp, v, x: mp.exp(x) * mp.besselk(v, x),
)

# ---------------------------------------------------------------------------------------------
# Comparison, logic, selection
# ---------------------------------------------------------------------------------------------

compare("lt", "<", doc="Whether a < b.", ref="numpy.less", aliases=("less",))
compare("le", "<=", doc="Whether a <= b.", ref="numpy.less_equal", aliases=("less_equal",))
compare("gt", ">", doc="Whether a > b.", ref="numpy.greater", aliases=("greater",))
compare("ge", ">=", doc="Whether a >= b.", ref="numpy.greater_equal", aliases=("greater_equal",))
compare("eq", "==", doc="Whether a == b.", ref="numpy.equal", commutative=True, aliases=("equal",))
compare(
    "ne",
    "!=",
    doc="Whether a != b.",
    ref="numpy.not_equal",
    commutative=True,
    public="neq",
    aliases=("not_equal",),
)
unary(
    "isnan",
    doc="Whether the element is not a number.",
    ref="numpy.isnan",
    kernel={"d": "a != a"},
    d=(None,),
    dtype="bool",
)
unary(
    "isinf",
    doc="Whether the element is infinite.",
    ref="numpy.isinf",
    kernel={"d": "gk_abs(a) == GK_INF"},
    d=(None,),
    dtype="bool",
)
binary(
    "and_",
    doc="Logical and of bools, bitwise and of integers.",
    ref="numpy.bitwise_and",
    kernel={"ll": "a & b"},
    d=(None, None),
    dtype="bitwise",
    commutative=True,
    aliases=("bitwise_and",),
    symbol="&",
)
binary(
    "or_",
    doc="Logical or of bools, bitwise or of integers.",
    ref="numpy.bitwise_or",
    kernel={"ll": "a | b"},
    d=(None, None),
    dtype="bitwise",
    commutative=True,
    aliases=("bitwise_or",),
    symbol="|",
)
binary(
    "xor",
    doc="Exclusive or of bools, bitwise exclusive or of integers.",
    ref="numpy.bitwise_xor",
    kernel={"ll": "a ^ b"},
    d=(None, None),
    dtype="bitwise",
    commutative=True,
    aliases=("bitwise_xor",),
    symbol="^",
)
unary(
    "not_",
    doc="Logical not of bools, bitwise complement of integers.",
    ref="numpy.invert",
    kernel={"l": "~a"},
    d=(None,),
    dtype="bitwise",
    for_bool="lnot",
    aliases=("invert", "bitwise_not"),
    symbol="~",
)
binary(
    "left_shift",
    doc="The bits of an integer moved up: a times 2**b.",
    ref="numpy.left_shift",
    kernel={"ll": "gk_shift_left(a, b)"},
    d=(None, None),
    dtype="integer",
    typical=((-9.0, 9.0), (0.0, 6.0)),
    symbol="<<",
)
binary(
    "right_shift",
    doc="The bits of an integer moved down: a divided by 2**b, rounded down.",
    ref="numpy.right_shift",
    kernel={"ll": "gk_shift_right(a, b)"},
    d=(None, None),
    dtype="integer",
    typical=((-9.0, 9.0), (0.0, 6.0)),
    symbol=">>",
)
unary(
    "lnot",
    doc="1 where the element is 0, else 0.",
    ref="numpy.logical_not",
    kernel={"l": "gk_zero(a)"},
    d=(None,),
    dtype="bool",
    internal=True,
)
ternary(
    "switch",
    doc="Second argument where the condition holds, third elsewhere.",
    ref="graphcore.ops.refs.switch",
    kernel={"ldd": "gk_switch_d(a, b, c)", "lll": "gk_switch_l(a, b, c)"},
    passes=(None, lambda o, a, b, c: o.ne(a, 0), lambda o, a, b, c: o.eq(a, 0)),
    dtype="switch",
    exact=lambda mp, a, b, c: b if a else c,
)

# ---------------------------------------------------------------------------------------------
# Internal elementwise rows: lowering uses them, users do not see them
# ---------------------------------------------------------------------------------------------

unary(
    "anchor",
    doc="The element itself, 0 where it is infinite: what exponents are shifted by.",
    ref="graphcore.ops.refs.anchor",
    kernel={"d": "gk_anchor(a)"},
    d=(None,),
    dtype="inexact",
    exact=lambda mp, a: mp.mpf(0) if mp.isinf(a) else a,
    internal=True,
)
ternary(
    "quotient",
    doc="a * b; a / c where b, which is 1 / c, has lost digits or is not finite.",
    ref="graphcore.ops.refs.quotient",
    kernel={"ddd": "a * b"},
    rare={"ddd": ("gk_is_extreme(b)", "a / c")},
    d=(lambda o, a, b, c, y: b, lambda o, a, b, c, y: a, lambda o, a, b, c, y: 0),
    dtype="inexact",
    exact=lambda mp, a, b, c: a * b if 2.0**-1022 <= abs(b) < mp.inf else a / c,
    internal=True,
)
ternary(
    "mulmul",
    doc="a * b * c, from the left.",
    ref="graphcore.ops.refs.mulmul",
    kernel={"ddd": "(a * b) * c"},
    d=(lambda o, a, b, c, y: b * c, lambda o, a, b, c, y: a * c, lambda o, a, b, c, y: a * b),
    dtype="inexact",
    exact=lambda mp, a, b, c: a * b * c,
    ulp=1.5,
    internal=True,
)
ternary(
    "muladd",
    doc="a * b + c, with one rounding where the instruction set has it.",
    ref="graphcore.ops.refs.muladd",
    kernel={"ddd": "GK_FMA(a, b, c)"},
    d=(lambda o, a, b, c, y: b, lambda o, a, b, c, y: a, lambda o, a, b, c, y: 1),
    dtype="inexact",
    exact=lambda mp, a, b, c: a * b + c,
    internal=True,
)

ternary(
    "mulsub",
    doc="a * b - c, with one rounding where the instruction set has it.",
    ref="graphcore.ops.refs.mulsub",
    kernel={"ddd": "GK_FMA(a, b, -(c))"},
    d=(lambda o, a, b, c, y: b, lambda o, a, b, c, y: a, lambda o, a, b, c, y: -1),
    dtype="inexact",
    exact=lambda mp, a, b, c: a * b - c,
    internal=True,
)
ternary(
    "submul",
    doc="c - a * b, with one rounding where the instruction set has it.",
    ref="graphcore.ops.refs.submul",
    kernel={"ddd": "GK_FMA(-(a), b, c)"},
    d=(lambda o, a, b, c, y: -b, lambda o, a, b, c, y: -a, lambda o, a, b, c, y: 1),
    dtype="inexact",
    exact=lambda mp, a, b, c: c - a * b,
    internal=True,
)

# ---------------------------------------------------------------------------------------------
# Reductions
# ---------------------------------------------------------------------------------------------

reduction(
    "sum",
    doc="Sum of the elements.",
    ref="numpy.sum",
    init={"d": "0.0", "l": "0"},
    step={"d": "acc + a", "l": "gk_iadd(acc, a)"},
    lanes={"d": "gk_sum_lanes(n, lane, a)"},
    at_once={"d": "gk_sum_all(n, a)"},
    dtype="sum",
)
reduction(
    "prod",
    doc="Product of the elements.",
    ref="numpy.prod",
    init={"d": "1.0", "l": "1"},
    step={"d": "acc * a", "l": "gk_imul(acc, a)"},
    dtype="sum",
)
reduction(
    "max",
    doc="Largest element; NaN if any is.",
    ref="numpy.max",
    init={"d": "-GK_INF", "l": "GK_INT_MIN"},
    lanes={"d": "gk_max_lanes(n, lane, a)"},
    step={"d": "gk_max(acc, a)", "l": "acc if acc > a else a"},
    empty=False,
    ulp=0,
    aliases=("amax",),
)
reduction(
    "min",
    doc="Smallest element; NaN if any is.",
    ref="numpy.min",
    init={"d": "GK_INF", "l": "GK_INT_MAX"},
    lanes={"d": "gk_min_lanes(n, lane, a)"},
    step={"d": "gk_min(acc, a)", "l": "acc if acc < a else a"},
    empty=False,
    ulp=0,
    aliases=("amin",),
)
reduction(
    "any",
    doc="Whether any element is true.",
    ref="numpy.any",
    init={"l": "0"},
    step={"l": "acc | (a != 0)"},
    join={"l": "acc | a"},
    dtype="bool",
    ulp=0,
)
reduction(
    "all",
    doc="Whether every element is true.",
    ref="numpy.all",
    init={"l": "1"},
    step={"l": "acc & (a != 0)"},
    join={"l": "acc & a"},
    dtype="bool",
    ulp=0,
)
reduction(
    "dot",
    doc="Sum of the products of two vectors.",
    ref="numpy.dot",
    init={"dd": "0.0"},
    step={"dd": "GK_FMA(a, b, acc)"},
    join={"dd": "acc + a"},
    lanes={"dd": "gk_dot_lanes(n, lane, a, b)"},
    at_once={"dd": "gk_dot_all(n, a, b)"},
    dtype="inexact",
    arity=2,
    internal=True,
)


def kernel_hash():
    """Digest of everything in the table that the compiled kernels depend on."""
    found = []
    for r in ROWS.values():
        found += [r.name, r.dtype, "1" if r.commutative else "", *r.kernel, *r.kernel.values()]
        for sig, pair in r.rare.items():
            found += [sig, *pair]
    for r in REDUCTIONS.values():
        found += [r.name, str(r.arity)]
        for texts in (r.init, r.step, r.join, r.lanes, r.at_once):
            found += ["", *texts, *texts.values()]
    return f"{binascii.crc32(chr(0).join(found).encode()):08x}"
