#include "jk.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

// libgomp's own entry points, so that no compiler flag is needed. oneDNN runs on the same pool.
void GOMP_parallel(void (*fn)(void *), void *data, unsigned num_threads, unsigned flags);
int omp_get_thread_num(void);
int omp_get_num_threads(void);
int omp_get_num_procs(void);

// The sanitizer does not see libgomp's futexes, so it is told what they order: what comes before a
// parallel region before all of its parts, and these before what comes after.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
void __tsan_acquire(void *);
void __tsan_release(void *);
#define JK_ACQUIRE(address) __tsan_acquire(address)
#define JK_RELEASE(address) __tsan_release(address)
#endif
#endif
#ifndef JK_ACQUIRE
#define JK_ACQUIRE(address) ((void)0)
#define JK_RELEASE(address) ((void)0)
#endif

static atomic_int threads;
// Only one caller at a time gets the pool: others do their work themselves and so never
// oversubscribe.
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

void jk_set_threads(int count) {
  atomic_store_explicit(&threads, count < 1 ? 1 : count, memory_order_relaxed);
}

typedef struct {
  void (*body)(void *, size_t, size_t);
  void *context;
  size_t count;
  // What a part does at most before it looks whether to leave off; 0 where it does not look.
  size_t chunk;
  jk_stop *stop;
  // How long the caller's own part took.
  int64_t begun, own;
} job;

static void run(const job *j, size_t begin, size_t end) {
  size_t chunk = j->chunk;
  if (chunk)
    for (; end - begin > chunk; begin += chunk) {
      j->body(j->context, begin, begin + chunk);
      if (jk_stopped()) return;
    }
  j->body(j->context, begin, end);
}

static void part(void *data) {
  JK_ACQUIRE(data);
  // Of the team's own threads, which stay in this state. The caller is in its run's.
  if (omp_get_thread_num()) jk_float_enter();
  job *j = data;
  jk_stop *before = jk_stop_enter(j->stop);
  size_t id = (size_t)omp_get_thread_num(), parts = (size_t)omp_get_num_threads();
  // Parts begin at multiples of 64 elements where there are enough, to keep cache lines apart.
  size_t unit = j->count >= parts * 256 ? 64 : 1, blocks = (j->count + unit - 1) / unit;
  size_t begin = blocks * id / parts * unit, end = blocks * (id + 1) / parts * unit;
  if (end > j->count) end = j->count;
  if (begin < end) run(j, begin, end);
  if (id == 0) j->own = jk_now() - j->begun;
  jk_stop_enter(before);
  JK_RELEASE(data);
}

// libgomp's threads spin for milliseconds at each barrier unless there are more of them than
// processors, which is best on an idle machine. Where another process has one of the processors, it
// holds up every parallel loop for a time slice: measured beside one busy process, MobileNetV2 took
// 434 ms in place of 14. So when loops are held up, a team that does nothing lifts their number
// above the processors' for some seconds, and threads give way after microseconds.
enum { MOST_IDLE = 64, HELD_UP = 10, CALM = 500 };
static const int64_t pause_seconds = 5, least_wait = 1000000;
static atomic_int held_up, calm, has_idle_team;
static _Atomic int64_t idle_until;

int64_t jk_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000 + t.tv_nsec;
}

static void nothing(void *data) { (void)data; }

static void *idle(void *size) {
  GOMP_parallel(nothing, NULL, (unsigned)(size_t)size, 0);
  while (jk_now() < atomic_load(&idle_until)) sleep(1);
  // Its threads end with it.
  atomic_store(&has_idle_team, 0);
  return NULL;
}

static void make_idle_team(void) {
  int size = omp_get_num_procs() - jk_threads() + 2;
  if (size > MOST_IDLE) return;
  atomic_store(&idle_until, jk_now() + pause_seconds * 1000000000);
  if (atomic_exchange(&has_idle_team, 1)) return;
  pthread_attr_t attributes;
  pthread_t thread;
  sigset_t all, before;
  int made = 0;
  if (!pthread_attr_init(&attributes)) {
    // It takes no signals.
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    made = !pthread_create(&thread, &attributes, idle, (void *)(size_t)(size < 2 ? 2 : size));
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
  }
  if (!made) atomic_store(&has_idle_team, 0);
}

void jk_pool_took(int64_t nanoseconds, int64_t expected) {
  if (nanoseconds - expected > least_wait && nanoseconds > 3 * expected) {
    if (atomic_fetch_add_explicit(&held_up, 1, memory_order_relaxed) + 1 < HELD_UP) return;
    make_idle_team();
  } else if (atomic_load_explicit(&held_up, memory_order_relaxed) == 0 ||
             atomic_fetch_add_explicit(&calm, 1, memory_order_relaxed) + 1 < CALM) {
    return;
  }
  atomic_store_explicit(&held_up, 0, memory_order_relaxed);
  atomic_store_explicit(&calm, 0, memory_order_relaxed);
}

typedef struct {
  _Atomic unsigned there;
  unsigned expected;
} greeting;

static void greet(void *data) {
  greeting *g = data;
  atomic_fetch_add(&g->there, 1);
  if (omp_get_thread_num()) {
    // For oneDNN's work, which begins without `part`.
    jk_float_enter();
    return;
  }
  // At most 20 ms, as a thread that does not come is waited for at the barrier anyway.
  struct timespec nap = {0, 20000};
  for (int i = 0; i < 1000 && atomic_load(&g->there) < g->expected; i++) nanosleep(&nap, NULL);
}

// A new thread begins on the processor of the one that makes it, and waits there for as long as
// that one spins at a barrier: 20 ms and more, measured. So whoever has no team of `n` yet makes it
// and sleeps until all have begun.
static void gather_team(int n) {
  static _Thread_local int team = 1;
  if (n <= team) return;
  team = n;
  greeting g = {0, (unsigned)n};
  GOMP_parallel(greet, &g, (unsigned)n, 0);
}

int jk_pool_enter(void) {
  int n = jk_threads();
  if (n == 1 || atomic_flag_test_and_set_explicit(&busy, memory_order_acquire)) return 1;
  gather_team(n);
  return n;
}

void jk_pool_leave(int granted) {
  if (granted > 1) atomic_flag_clear_explicit(&busy, memory_order_release);
}

// A chunk is some milliseconds of work: a grain is some ten microseconds, or one piece of more,
// which then looks for itself. Chunks are multiples of 64 elements where there are enough, as parts
// are.
enum { GRAINS_A_CHUNK = 16, LEAST_CHUNK = 240 };

static void parallel(size_t count, size_t grain, size_t chunk,
                     void (*body)(void *, size_t, size_t), void *context) {
  if (count == 0) return;
  if (grain < 1) grain = 1;
  jk_stop *stop = jk_stop_current();
  job j = {body, context, count, stop ? chunk : 0, stop, 0, 0};
  int n = count > grain ? jk_pool_enter() : 1;
  if (n == 1) {
    run(&j, 0, count);
    return;
  }
  size_t parts = (count + grain - 1) / grain;
  j.begun = jk_now();
  JK_RELEASE(&j);
  GOMP_parallel(part, &j, (size_t)n > parts ? (unsigned)parts : (unsigned)n, 0);
  JK_ACQUIRE(&j);
  jk_pool_took(jk_now() - j.begun, j.own);
  jk_pool_leave(n);
}

void jk_parallel_for(size_t count, size_t grain, void (*body)(void *, size_t, size_t),
                     void *context) {
  size_t chunk = grain < count ? grain * GRAINS_A_CHUNK : count;
  if (chunk < LEAST_CHUNK) chunk = LEAST_CHUNK;
  if (chunk >= 256) chunk = (chunk + 63) / 64 * 64;
  parallel(count, grain, chunk, body, context);
}

void jk_parallel_chunks(size_t count, size_t grain, size_t chunk,
                        void (*body)(void *, size_t, size_t), void *context) {
  parallel(count, grain, chunk, body, context);
}

void jk_parallel_all(size_t count, size_t grain, void (*body)(void *, size_t, size_t),
                     void *context) {
  parallel(count, grain, 0, body, context);
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

uint64_t jk_new_identity(void) {
  // Each thread takes many numbers at once.
  enum { BLOCK = 1 << 16 };
  static _Atomic uint64_t taken = 1;
  static _Thread_local uint64_t next, end;
  if (next == end) {
    next = atomic_fetch_add_explicit(&taken, BLOCK, memory_order_relaxed);
    end = next + BLOCK;
  }
  return next++;
}


void jk_thread_slot_release(void (*release)(void *)) {
  release_slot = release;
  pthread_once(&once, make_key);
  pthread_setspecific(key, slot);
}
