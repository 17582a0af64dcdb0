"""Divisions of one loop body by the same values, of which one reciprocal is enough.

A vector division takes as long as a dozen multiplications.
"""

from collections import Counter

DIVISIONS = ("true_div_dd_vv", "true_div_dd_sv")


def share_divisions(calls, new_register):
    """The calls with one reciprocal in place of several divisions by one value.

    Calls are ``(name, result, operands, constants, node)``.
    """
    many = Counter(_divisor(call) for call in calls if call[0] in DIVISIONS)
    if not many:
        return calls
    found, inverse = [], {}
    for call in calls:
        key = _divisor(call)
        if key is None or many[key] == 1:
            found.append(call)
            continue
        _, y, (numerator, divisor), k, node = call
        if key not in inverse:
            inverse[key] = new_register()
            found.append(("reciprocal_d_v", inverse[key], (divisor,), {}, node))
        operands = (numerator, inverse[key], divisor)
        found.append((f"quotient_ddd_{numerator.form}vv", y, operands, k, node))
    return found


def _divisor(call):
    """What a call divides by, when that is a run of elements; None for other calls."""
    name, _, operands, _, _ = call
    if name not in DIVISIONS:
        return None
    return operands[1].slot, operands[1].register
