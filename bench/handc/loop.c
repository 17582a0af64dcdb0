// Call a foreign log-density entry point from a C loop (no Python, no ctypes per call); returns nanoseconds per call.
#include <stdint.h>
#include <stddef.h>
#include <time.h>

typedef int (*graphcore_fn)(size_t, const double *, double *, double *, const void *);
typedef int64_t (*nutpie_fn)(uint64_t, const double *, double *, double *, void *);

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

#define LOOP(name, type) \
  double name(type f, long dim, const double *thetas, long n, double *grad, double *logp, void *data, long reps) { \
    double start = now(); \
    for (long i = 0; i < reps; i++) f(dim, thetas + (i % n) * dim, grad, logp, data); \
    return (now() - start) / reps; \
  }

LOOP(loop_graphcore, graphcore_fn)
LOOP(loop_nutpie, nutpie_fn)
