#define _GNU_SOURCE
#include "jk.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static _Atomic int64_t used;
// 0 until it is asked for: then the machine's physical memory.
static _Atomic int64_t limit;

// What a thread has counted but not yet told.
static _Thread_local int64_t pending;
static _Thread_local bool registered;
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void tell(void) {
  atomic_fetch_add_explicit(&used, pending, memory_order_relaxed);
  pending = 0;
}
static void thread_ends(void *value) {
  (void)value;
  tell();
  registered = false;
}
static void make_key(void) { pthread_key_create(&key, thread_ends); }

// What a thread may keep to itself.
enum { most_pending = 1 << 16 };

void jk_memory_count(int64_t n) {
  pending += n;
  if (pending < most_pending && pending > -most_pending) {
    if (!registered) {
      registered = true;
      pthread_once(&once, make_key);
      pthread_setspecific(key, &registered);
    }
    return;
  }
  tell();
}

bool jk_memory_take(int64_t n) {
  // What is refused is never counted: others would see it and be refused too.
  if (pending + n >= most_pending) {
    int64_t room = jk_memory_limit() - atomic_load_explicit(&used, memory_order_relaxed);
    if (n > room || pending + n > room) return false;
  }
  jk_memory_count(n);
  return true;
}

int64_t jk_memory_used(void) {
  tell();
  return atomic_load_explicit(&used, memory_order_relaxed);
}
void jk_memory_set_limit(int64_t bytes) {
  atomic_store_explicit(&limit, bytes < 1 ? 1 : bytes, memory_order_relaxed);
}
int64_t jk_memory_limit(void) {
  int64_t bytes = atomic_load_explicit(&limit, memory_order_relaxed);
  if (bytes == 0) {
    int64_t pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE), none = 0;
    bytes = (pages < 1 << 16 ? 1 << 16 : pages) * (page < 4096 ? 4096 : page);
    atomic_compare_exchange_strong(&limit, &none, bytes);
    bytes = atomic_load_explicit(&limit, memory_order_relaxed);
  }
  return bytes;
}
bool jk_memory_over(void) {
  return atomic_load_explicit(&used, memory_order_relaxed) > jk_memory_limit();
}

static void clear_part(void *to, size_t begin, size_t end) {
  memset((char *)to + begin, 0, end - begin);
}

void jk_clear(void *to, size_t bytes) { jk_parallel_for(bytes, 1 << 18, clear_part, to); }

void *jk_swap(void **place, void *value) {
  return atomic_exchange_explicit((void *_Atomic *)place, value, memory_order_acq_rel);
}

int64_t jk_thread_id(void) {
  static _Thread_local int64_t id;
  if (id == 0) id = syscall(SYS_gettid);
  return id;
}

void **jk_release_slot(void) {
  static _Thread_local void *slot;
  return &slot;
}

size_t jk_stack_left(void) {
  static _Thread_local char *lowest;
  if (lowest == NULL) {
    pthread_attr_t attributes;
    void *base = NULL;
    size_t size = 0;
    if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
      pthread_attr_getstack(&attributes, &base, &size);
      pthread_attr_destroy(&attributes);
    }
    // A thread whose stack is not told is taken to have the least that threads have.
    lowest = base != NULL ? base : (char *)__builtin_frame_address(0) - (1 << 18);
  }
  char *here = __builtin_frame_address(0);
  return here > lowest ? (size_t)(here - lowest) : 0;
}
