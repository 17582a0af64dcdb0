/* Who works on what: threads, and numbers that they share. */
#ifndef GK_OWNER_H
#define GK_OWNER_H
#include <stdint.h>

#define gk_next(p) __atomic_fetch_add((p), 1, __ATOMIC_RELAXED)
/* what is at p is taken and v put there */
#define gk_exchange(p, v) __atomic_exchange_n((p), (v), __ATOMIC_ACQ_REL)
/* A number that no other living thread has. */
#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__)) \
    && defined(__has_builtin) && __has_builtin(__builtin_thread_pointer)
#define gk_thread() ((int64_t)(intptr_t)__builtin_thread_pointer())
#else
static inline int64_t gk_thread(void) {
  static __thread char mine;
  return (int64_t)(intptr_t)&mine;
}
#endif
#define gk_owner(p) __atomic_load_n((p), __ATOMIC_RELAXED)
static inline int gk_claim(int64_t *owner, int64_t thread) {
  int64_t nobody = 0;
  const int relaxed = __ATOMIC_RELAXED;
  return __atomic_compare_exchange_n(owner, &nobody, thread, 0, relaxed, relaxed);
}
#endif
