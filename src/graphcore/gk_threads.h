/* A team of threads that help with one piece of work at a time.
 *
 * The caller of gk_team_run takes part itself and asks idle helpers to join it.  It never waits
 * for a helper that has not begun, so a busy machine, or another caller that has all helpers, costs
 * nothing but time.  Which of the threads does which share is left to the work: it hands out
 * numbered shares, and their results must not depend on who computes them.
 *
 * The team is one per process; helpers are started when they are first wanted and sleep when there
 * is nothing to do.  A forked child has no helpers and starts its own. */
#ifndef GK_THREADS_H
#define GK_THREADS_H

#define GK_MOST_THREADS 64
typedef void (*gk_share)(void *work, int who);

#if defined(_WIN32)
static void gk_team_run(gk_share share, void *work, int threads) {
  (void)threads;
  share(work, 0);
}
static void gk_team_start(int threads) { (void)threads; }
#else
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>

#if defined(__x86_64__) || defined(__i386__)
#define gk_pause() __builtin_ia32_pause()
#else
#define gk_pause() ((void)0)
#endif

/* FREE -> HELD by a caller -> CALLED -> RUNNING -> DONE -> FREE; or CALLED -> FREE when the caller
 * is done before the helper has begun.  Only the caller that holds a helper frees it. */
enum { GK_FREE, GK_HELD, GK_CALLED, GK_RUNNING, GK_DONE };
enum { GK_PATIENCE = 20000 }; /* looks at the state before a helper goes to sleep */

typedef struct {
  int state, asleep, who;
  gk_share share;
  void *work;
  pthread_mutex_t mutex;
  pthread_cond_t wake;
  char pad[64];
} gk_helper;

static gk_helper gk_helpers[GK_MOST_THREADS - 1];
static int gk_n_helpers;
static pthread_mutex_t gk_team_mutex = PTHREAD_MUTEX_INITIALIZER;

static int gk_swap(int *state, int from, int to) {
  return __atomic_compare_exchange_n(state, &from, to, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static void gk_wait_for_call(gk_helper *h) {
  for (int i = 0; i < GK_PATIENCE; i++) {
    if (__atomic_load_n(&h->state, __ATOMIC_ACQUIRE) == GK_CALLED) return;
    gk_pause();
  }
  pthread_mutex_lock(&h->mutex);
  __atomic_store_n(&h->asleep, 1, __ATOMIC_SEQ_CST);
  while (__atomic_load_n(&h->state, __ATOMIC_SEQ_CST) != GK_CALLED)
    pthread_cond_wait(&h->wake, &h->mutex);
  __atomic_store_n(&h->asleep, 0, __ATOMIC_SEQ_CST);
  pthread_mutex_unlock(&h->mutex);
}

static void *gk_helper_main(void *arg) {
  gk_helper *h = (gk_helper *)arg;
  for (;;) {
    gk_wait_for_call(h);
    if (gk_swap(&h->state, GK_CALLED, GK_RUNNING)) {
      h->share(h->work, h->who);
      __atomic_store_n(&h->state, GK_DONE, __ATOMIC_RELEASE);
    }
  }
  return NULL;
}

/* in a forked child: the helpers exist in the parent only */
static void gk_forget_team(void) {
  gk_n_helpers = 0;
  pthread_mutex_init(&gk_team_mutex, NULL);
}

/* Start helpers until a team of so many threads can be had; fewer if the system refuses. */
static void gk_team_start(int threads) {
  static int registered = 0;
  if (threads > GK_MOST_THREADS) threads = GK_MOST_THREADS;
  if (__atomic_load_n(&gk_n_helpers, __ATOMIC_ACQUIRE) >= threads - 1) return;
  pthread_mutex_lock(&gk_team_mutex);
  if (!registered) {
    registered = 1;
    pthread_atfork(NULL, NULL, gk_forget_team);
  }
  sigset_t all, before; /* signals are for Python's threads */
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  for (int i = gk_n_helpers; i < threads - 1; i++) {
    gk_helper *h = &gk_helpers[i];
    pthread_t thread;
    h->state = GK_FREE;
    h->asleep = 0;
    pthread_mutex_init(&h->mutex, NULL);
    pthread_cond_init(&h->wake, NULL);
    if (pthread_create(&thread, NULL, gk_helper_main, h)) break;
    pthread_detach(thread);
    __atomic_store_n(&gk_n_helpers, i + 1, __ATOMIC_RELEASE);
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_mutex_unlock(&gk_team_mutex);
}

/* Let up to ``threads`` threads, the caller among them, call share(work, who) once each; who counts
 * them from 0.  Returns when all that have begun have ended. */
static void gk_team_run(gk_share share, void *work, int threads) {
  gk_helper *team[GK_MOST_THREADS];
  int n = 0;
  if (threads > 1) gk_team_start(threads);
  const int known = __atomic_load_n(&gk_n_helpers, __ATOMIC_ACQUIRE);
  for (int i = 0; i < known && n < threads - 1; i++) {
    gk_helper *h = &gk_helpers[i];
    if (!gk_swap(&h->state, GK_FREE, GK_HELD)) continue;
    h->share = share;
    h->work = work;
    h->who = ++n;
    team[n - 1] = h;
    __atomic_store_n(&h->state, GK_CALLED, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&h->asleep, __ATOMIC_SEQ_CST)) {
      pthread_mutex_lock(&h->mutex);
      pthread_cond_signal(&h->wake);
      pthread_mutex_unlock(&h->mutex);
    }
  }
  share(work, 0);
  for (int i = 0; i < n; i++) {
    gk_helper *h = team[i];
    if (gk_swap(&h->state, GK_CALLED, GK_FREE)) continue;
    for (int k = 0; __atomic_load_n(&h->state, __ATOMIC_ACQUIRE) != GK_DONE; k++) {
      if (k > GK_PATIENCE)
        sched_yield();
      else
        gk_pause();
    }
    __atomic_store_n(&h->state, GK_FREE, __ATOMIC_RELEASE);
  }
}
#endif
#endif
