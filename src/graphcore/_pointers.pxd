"""Tables that find objects by their identity: what a walk over a graph keeps for every node.

A dictionary calls for a hash, looks into two blocks of memory and counts references.  Here an
object is found by its address, mostly in the first place that is looked at.  The tables hold no
references: who uses them sees to it that the objects stay alive.
"""

from cpython.mem cimport PyMem_RawCalloc, PyMem_RawFree
from cpython.ref cimport PyObject


cdef struct Met:                # addresses, of which the lowest bit is a mark
    size_t* places
    size_t mask, count


cdef inline size_t first_place(const void* address) noexcept nogil:
    """Where to look first: objects that lie in one block of 256 bytes are found side by side.

    Blocks are spread out.  Were larger parts of memory kept together, parts that fall on each other
    would fill the table there.
    """
    cdef size_t block = (<size_t>address >> 8) * <size_t>0x9E3779B97F4A7C15
    return (block ^ block >> 32) << 4 | (<size_t>address >> 4 & 15)


cdef inline int open_met(Met* met) except -1:
    met.mask, met.count = 63, 0
    met.places = <size_t*>PyMem_RawCalloc(met.mask + 1, sizeof(size_t))
    if met.places == NULL:
        raise MemoryError()
    return 0


cdef inline void close_met(Met* met) noexcept:
    PyMem_RawFree(met.places)


cdef inline size_t* place_of(Met* met, object x) noexcept:
    """The place of an object: its address there, or 0 if it has not been met."""
    cdef size_t address = <size_t><PyObject*>x | 1
    cdef size_t i = first_place(<PyObject*>x) & met.mask
    while met.places[i] and met.places[i] | 1 != address:
        i = (i + 1) & met.mask
    return &met.places[i]


cdef inline int meet(Met* met, size_t* place, object x) except -1:
    """Enter an object that has not been met at its place."""
    place[0] = <size_t><PyObject*>x
    met.count += 1
    return grow(met) if 2 * met.count > met.mask else 0


cdef inline int grow(Met* met) except -1:
    cdef size_t i, k, mask = 4 * met.mask + 3
    cdef size_t* places = <size_t*>PyMem_RawCalloc(mask + 1, sizeof(size_t))
    if places == NULL:
        raise MemoryError()
    for i in range(met.mask + 1):
        if met.places[i]:
            k = first_place(<void*>(met.places[i] & ~<size_t>1)) & mask
            while places[k]:
                k = (k + 1) & mask
            places[k] = met.places[i]
    PyMem_RawFree(met.places)
    met.places, met.mask = places, mask
    return 0
