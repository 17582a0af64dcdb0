/* Memory of results: a NumPy memory policy whose arrays begin where cache lines begin.
 *
 * malloc gives multiples of 16 bytes; a wide store across two lines takes twice as long.  Memory
 * of aligned_alloc is not given again after it was freed, and the kernel clears pages all the time:
 * hence malloc, and what was rounded in the words before the array.  Like NumPy's own policy, this
 * one asks for huge pages.
 *
 * malloc itself gives large blocks back to the system, sometimes in every call of a function: the
 * last few that were freed are kept here, for the next result of about that size. */
#ifndef GK_MEMORY_H
#define GK_MEMORY_H
#include <stdlib.h>
#include <numpy/arrayobject.h>
#include "gk_owner.h"
#if defined(__linux__)
#include <sys/mman.h>
#endif

#define GK_HUGE ((size_t)1 << 22) /* bytes from which on NumPy asks for huge pages */
#define GK_LEAST ((size_t)1 << 17) /* bytes of the smallest and of the largest block that is kept */
#define GK_MOST ((size_t)1 << 24)
#define GK_KEPT 4
#define GK_NUMPYS_DOMAIN 389047 /* of tracemalloc: arrays, as NumPy documents it */

static void *gk_kept[GK_KEPT]; /* blocks that nobody uses, or NULL */
static int64_t gk_freed;       /* how often one was put there: the oldest makes room */

/* what is known of the memory before an array */
typedef struct {
  void *start; /* what malloc gave */
  size_t n;    /* bytes of the array that have room */
} gk_block;
#define GK_BLOCK(p) ((gk_block *)(p) - 1)

static void gk_results_release(void *p) {
  if (p) free(GK_BLOCK(p)->start);
}
/* a kept block for n bytes that wastes at most a quarter, or NULL */
static void *gk_results_again(size_t n) {
  for (int i = 0; i < GK_KEPT; i++) {
    if (!gk_owner(&gk_kept[i])) continue;
    void *p = gk_exchange(&gk_kept[i], NULL); /* from here on it is nobody else's */
    if (p && GK_BLOCK(p)->n >= n && GK_BLOCK(p)->n - n <= n / 4) return p;
    gk_results_release(gk_exchange(&gk_kept[i], p));
  }
  return NULL;
}
static void *gk_results_begin(unsigned char *start, size_t n) {
  if (!start) return NULL;
  unsigned char *p = start + sizeof(gk_block);
  p += (64 - (size_t)p % 64) % 64;
  GK_BLOCK(p)->start = start;
  GK_BLOCK(p)->n = n;
  return p;
}
#define GK_ROOM (sizeof(gk_block) + 63)

static void *gk_results_malloc(void *context, size_t n) {
  (void)context;
  if (n >= GK_LEAST && n <= GK_MOST) {
    void *p = gk_results_again(n);
    if (p) return p;
  }
  unsigned char *start = malloc(n + GK_ROOM);
#if defined(MADV_HUGEPAGE)
  if (start && n >= GK_HUGE) {
    const size_t before = 4096 - (size_t)start % 4096;
    madvise(start + before, n - before, MADV_HUGEPAGE);
  }
#endif
  return gk_results_begin(start, n);
}
static void *gk_results_calloc(void *context, size_t n, size_t size) {
  (void)context;
  return gk_results_begin(calloc(n * size + GK_ROOM, 1), n * size);
}
/* what lies in the old memory stays at its distance from the beginning */
static void *gk_results_realloc(void *context, void *old, size_t n) {
  if (!old) return gk_results_malloc(context, n);
  unsigned char *start = GK_BLOCK(old)->start;
  const size_t distance = (size_t)((unsigned char *)old - start);
  start = realloc(start, n + GK_ROOM);
  if (!start) return NULL;
  GK_BLOCK(start + distance)->start = start;
  GK_BLOCK(start + distance)->n = n;
  return start + distance;
}
static void gk_results_free(void *context, void *p, size_t n) {
  (void)context, (void)n;
  if (p && GK_BLOCK(p)->n >= GK_LEAST && GK_BLOCK(p)->n <= GK_MOST)
    p = gk_exchange(&gk_kept[gk_next(&gk_freed) % GK_KEPT], p);
  gk_results_release(p);
}
static PyDataMem_Handler gk_results_policy = {
  "graphcore", 1, {NULL, gk_results_malloc, gk_results_calloc, gk_results_realloc, gk_results_free}};
#define gk_results_handler() PyCapsule_New(&gk_results_policy, "mem_handler", NULL)

/* A new array of n bytes in such memory.  The same as PyArray_Empty under the policy, which is in
 * force for the thread only while PyDataMem_SetHandler has said so: two calls that take longer. */
static PyObject *gk_new_result(int ndim, npy_intp *shape, int type, size_t n, PyObject *handler) {
  void *data = gk_results_malloc(NULL, n);
  if (!data) return PyErr_NoMemory();
  PyObject *array = PyArray_New(&PyArray_Type, ndim, shape, type, NULL, data, 0, NPY_ARRAY_CARRAY, NULL);
  if (!array) {
    gk_results_free(NULL, data, n);
    return NULL;
  }
  PyTraceMalloc_Track(GK_NUMPYS_DOMAIN, (uintptr_t)data, n);
  Py_INCREF(handler);
  ((PyArrayObject_fields *)array)->mem_handler = handler;
  PyArray_ENABLEFLAGS((PyArrayObject *)array, NPY_ARRAY_OWNDATA);
  return array;
}
#endif
