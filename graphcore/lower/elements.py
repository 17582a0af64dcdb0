"""Arrays put together from single numbers, read where the numbers are.

A small matrix of a few parameters, such as the factor of a covariance, is made of copies of one
element each, and often only its elements are read.  Each of these readers takes the number from
where the copy would take it, the array is never written, and a number that nobody reads is not
computed.  What is left of such copies is a store in the scalar run that makes the number.
"""

from graphcore.lower.arrays import View

PURE = frozenset(["scalar", "elem", "reduce", "dot"])  # kinds that only make their result


def read_elements(items):
    """The items without copies of single elements that can be read, or stored, directly.

    Parameters
    ----------
    items : list of Item
        In an order that respects every dependency; inputs of the readers are replaced.

    Returns
    -------
    list of Item
    """
    gone = set()
    for array in _put_together(items):
        if array.place is None and _only_elements_are_read(array):
            gone.update(array.writers)
            _read_sources(array)
        elif array.memory == "f8":
            _store(array)
    if not gone:
        return items
    _drop_unread(items, gone)
    return [item for item in items if item not in gone]


def _put_together(items):
    """Arrays whose elements are all written by copies of one number each, in order."""
    found = {}
    for item in items:
        if item.kind == "copy" and item.size == 1 and item.info.get("disjoint"):
            found[item.out.array] = None
    return [
        array
        for array in found
        if array.start is None
        and len(array.writers) == array.size > 1
        and all(w.kind == "copy" and w.size == 1 and _is_number(w) for w in array.writers)
    ]


def _is_number(copy):
    """Whether the source of a copy keeps its value and is eight bytes like the target."""
    source = copy.inputs[0].array
    return len(source.writers) <= 1 and source.memory == "f8"


def _only_elements_are_read(array):
    return bool(array.readers) and all(
        not any(view.squeezed_strides())
        for item in {item for item, _ in array.readers}
        for view in item.inputs
        if view.array is array
    )


def _read_sources(array):
    sources = {copy.out.offset: copy.inputs[0] for copy in array.writers}
    for item in {item: None for item, _ in array.readers}:
        for i, view in enumerate(item.inputs):
            if view.array is array:
                source = sources[view.offset]
                none = (0,) * len(view.shape)
                item.inputs[i] = View(source.array, view.shape, none, source.offset)
                source.array.readers.append((item, False))
    array.readers.clear()


def _store(array):
    """Numbers that scalar runs make, or could load, are stored by them."""
    for copy in array.writers:
        source = copy.inputs[0]
        copy.kind, copy.op, copy.shape = "scalar", "store", (1,)
        copy.inputs = [View(source.array, (), (), source.offset)]
        copy.out = View(array, (), (), copy.out.offset)
        copy.aligned = (False,)


def _drop_unread(items, gone):
    """Leave out what only made numbers that nobody reads."""
    counts = {}  # of readers that stay, of the arrays that lose some
    for item in reversed(items):
        if item not in gone:
            array = item.out.array
            unread = not counts.get(array, len(array.readers)) and array.place is None
            if not (unread and item.kind in PURE and array.writers == [item]):
                continue
            gone.add(item)
        for view in item.inputs:
            array = view.array
            counts[array] = counts.get(array, len(array.readers)) - 1
    for array in counts:
        array.readers[:] = [r for r in array.readers if r[0] not in gone]
