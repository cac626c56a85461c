// Memory for tensors. Small blocks go back to a stack of the thread that frees them, as making one
// that is aligned costs more than what most small ops do.
#include "jk.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { ALIGNMENT = 64, CLASSES = 4, DEPTH = 32, LARGE_PAGE = 1 << 21 };

typedef struct {
  int count[CLASSES];
  void *block[CLASSES][DEPTH];
  // What loops of this thread work in.
  void *scratch;
  size_t scratch_bytes;
} stacks;

static _Thread_local stacks *own;
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void thread_ends(void *value) {
  stacks *s = value;
  own = NULL;
  for (int c = 0; c < CLASSES; c++)
    for (int i = 0; i < s->count[c]; i++) free(s->block[c][i]);
  free(s->scratch);
  free(s);
}

static void make_key(void) { pthread_key_create(&key, thread_ends); }

static stacks *make_stacks(void) {
  pthread_once(&once, make_key);
  stacks *s = calloc(1, sizeof *s);
  if (s && pthread_setspecific(key, s)) {
    free(s);
    return NULL;
  }
  return own = s;
}

static size_t class_of(size_t bytes) { return bytes ? (bytes - 1) / ALIGNMENT : 0; }

// Where the system has large pages, one fault takes the place of 512: writing new memory for the
// first time is most of what reading files of weights costs.
static void *take_large(size_t bytes) {
  void *block = aligned_alloc(LARGE_PAGE, (bytes + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE);
  if (block) madvise(block, bytes & ~(size_t)(LARGE_PAGE - 1), MADV_HUGEPAGE);
  return block;
}

void *jk_block_take(size_t bytes) {
  size_t c = class_of(bytes);
  stacks *s = own;
  if (c < CLASSES && s && s->count[c]) return s->block[c][--s->count[c]];
  size_t whole = (c + 1) * ALIGNMENT;
  return whole < 2 * LARGE_PAGE ? aligned_alloc(ALIGNMENT, whole) : take_large(whole);
}

void jk_block_give_back(void *block, size_t bytes) {
  size_t c = class_of(bytes);
  if (c < CLASSES) {
    stacks *s = own ? own : make_stacks();
    if (s && s->count[c] < DEPTH) {
      s->block[c][s->count[c]++] = block;
      return;
    }
  }
  free(block);
}

void *jk_scratch(size_t bytes) {
  stacks *s = own ? own : make_stacks();
  if (!s) return NULL;
  if (s->scratch_bytes < bytes || !s->scratch) {
    free(s->scratch);
    size_t room = (bytes + (1 << 16)) & ~(size_t)(ALIGNMENT - 1);
    s->scratch = aligned_alloc(ALIGNMENT, room);
    s->scratch_bytes = s->scratch ? room : 0;
  }
  return s->scratch;
}
