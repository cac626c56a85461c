#include "jk.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

// libgomp's own entry points, so that no compiler flag is needed. oneDNN runs on the same pool.
void GOMP_parallel(void (*fn)(void *), void *data, unsigned num_threads, unsigned flags);
int omp_get_thread_num(void);
int omp_get_num_threads(void);
int omp_get_num_procs(void);

static atomic_int threads;
// Only one caller at a time gets the pool: others do their work themselves and so never oversubscribe.
static atomic_flag busy = ATOMIC_FLAG_INIT;

int jk_threads(void) {
  int count = atomic_load_explicit(&threads, memory_order_relaxed);
  if (count == 0) {
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    count = cores < 1 ? 1 : (int)cores;
    atomic_store_explicit(&threads, count, memory_order_relaxed);
  }
  return count;
}

void jk_set_threads(int count) { atomic_store_explicit(&threads, count < 1 ? 1 : count, memory_order_relaxed); }

typedef struct {
  void (*body)(void *, size_t, size_t);
  void *context;
  size_t count;
} job;

static void part(void *data) {
  job *j = data;
  size_t id = (size_t)omp_get_thread_num(), parts = (size_t)omp_get_num_threads();
  // Parts begin at multiples of 64 elements where there are enough, to keep cache lines apart.
  size_t unit = j->count >= parts * 256 ? 64 : 1, blocks = (j->count + unit - 1) / unit;
  size_t begin = blocks * id / parts * unit, end = blocks * (id + 1) / parts * unit;
  if (end > j->count) end = j->count;
  if (begin < end) j->body(j->context, begin, end);
}

// libgomp's threads spin for milliseconds at each barrier unless there are more of them than processors. Where another
// process has one of the processors, that holds up every parallel loop for a time slice: measured beside one busy
// process, MobileNetV2 took 434 ms in place of 14. So a team that never works keeps their number above the processors'
// for as long as the process lives; threads then give way after a few microseconds.
enum { MOST_IDLE = 64 };
static void nothing(void *data) { (void)data; }

static void *idle(void *size) {
  GOMP_parallel(nothing, NULL, (unsigned)(size_t)size, 0);
  for (;;) pause();
  return NULL;
}

static void make_idle_team(void) {
  int size = omp_get_num_procs() - jk_threads() + 2;
  if (size > MOST_IDLE) return;
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes)) return;
  sigset_t all, before;
  sigfillset(&all);
  // Its threads take no signals.
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  (void)pthread_create(&thread, &attributes, idle, (void *)(size_t)(size < 2 ? 2 : size));
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
}

int jk_pool_enter(void) {
  static pthread_once_t idle_team = PTHREAD_ONCE_INIT;
  int n = jk_threads();
  if (n > 1) pthread_once(&idle_team, make_idle_team);
  return n > 1 && !atomic_flag_test_and_set_explicit(&busy, memory_order_acquire) ? n : 1;
}

void jk_pool_leave(int granted) {
  if (granted > 1) atomic_flag_clear_explicit(&busy, memory_order_release);
}

void jk_parallel_for(size_t count, size_t grain, void (*body)(void *, size_t, size_t), void *context) {
  if (count == 0) return;
  if (grain < 1) grain = 1;
  int n = count > grain ? jk_pool_enter() : 1;
  if (n == 1) {
    body(context, 0, count);
    return;
  }
  size_t parts = (count + grain - 1) / grain;
  job j = {body, context, count};
  GOMP_parallel(part, &j, (size_t)n > parts ? (unsigned)parts : (unsigned)n, 0);
  jk_pool_leave(n);
}

static _Thread_local void *slot;
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static void (*_Atomic release_slot)(void *);

static void thread_ends(void *value) {
  void (*release)(void *) = release_slot;
  if (release) release(value);
}
static void make_key(void) { pthread_key_create(&key, thread_ends); }

void **jk_thread_slot(void) { return &slot; }

void jk_thread_slot_release(void (*release)(void *)) {
  release_slot = release;
  pthread_once(&once, make_key);
  pthread_setspecific(key, slot);
}
