/* Memory of results: a NumPy memory policy whose arrays begin where cache lines begin.
 *
 * malloc gives multiples of 16 bytes; a wide store across two lines takes twice as long.  Memory
 * of aligned_alloc is not given again after it was freed, and the kernel clears pages all the time:
 * hence malloc, and the distance to its address in the byte before the array.  Like NumPy's own
 * policy, this one asks for huge pages. */
#ifndef GK_MEMORY_H
#define GK_MEMORY_H
#include <stdlib.h>
#include <numpy/arrayobject.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

#define GK_HUGE ((size_t)1 << 22) /* bytes from which on NumPy asks for huge pages */

static void *gk_results_begin(unsigned char *p) {
  const size_t d = 64 - (size_t)p % 64;
  if (!p) return NULL;
  p[d - 1] = (unsigned char)d;
  return p + d;
}
static unsigned char *gk_results_start(void *p) {
  return (unsigned char *)p - ((unsigned char *)p)[-1];
}
static void *gk_results_malloc(void *context, size_t n) {
  unsigned char *p = malloc(n + 64);
  (void)context;
#if defined(MADV_HUGEPAGE)
  if (p && n >= GK_HUGE) {
    const size_t before = 4096 - (size_t)p % 4096;
    madvise(p + before, n - before, MADV_HUGEPAGE);
  }
#endif
  return gk_results_begin(p);
}
static void *gk_results_calloc(void *context, size_t n, size_t size) {
  (void)context;
  return gk_results_begin(calloc(n * size + 64, 1));
}
/* what lies in the old memory stays at its distance from the beginning, with the byte before it */
static void *gk_results_realloc(void *context, void *old, size_t n) {
  unsigned char *p;
  if (!old) return gk_results_malloc(context, n);
  const size_t d = ((unsigned char *)old)[-1];
  p = realloc(gk_results_start(old), n + 64);
  return p ? p + d : NULL;
}
static void gk_results_free(void *context, void *p, size_t n) {
  (void)context, (void)n;
  if (p) free(gk_results_start(p));
}
static PyDataMem_Handler gk_results_policy = {
  "graphcore", 1, {NULL, gk_results_malloc, gk_results_calloc, gk_results_realloc, gk_results_free}};
#define gk_results_handler() PyCapsule_New(&gk_results_policy, "mem_handler", NULL)
#endif
