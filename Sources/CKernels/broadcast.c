#include "loops.h"

#include <stdatomic.h>
#include <stdlib.h>

typedef struct {
  jk_loop loop;
  const jk_broadcast *shape;
  void *const *pointers;
  const void *params;
  atomic_int status;
} walk;

// All inputs are either of the output's shape or a single element: one flat loop.
static void flat(void *context, size_t begin, size_t end) {
  walk *w = context;
  const jk_broadcast *s = w->shape;
  const void *in[4];
  int scalar[4];
  for (int k = 0; k < s->inputs; k++) {
    scalar[k] = s->strides[k][0] == 0;
    in[k] = (const char *)w->pointers[k] + (scalar[k] ? 0 : begin * (size_t)s->in_size[k]);
  }
  int status = w->loop(in, (char *)w->pointers[s->inputs] + begin * (size_t)s->out_size,
                       end - begin, scalar, w->params);
  if (status) atomic_store(&w->status, status);
}

// Rows of the innermost dimension, begin and end counting rows.
static void rows(void *context, size_t begin, size_t end) {
  walk *w = context;
  const jk_broadcast *s = w->shape;
  int last = s->rank - 1;
  size_t n = (size_t)s->dims[last];
  int64_t index[8];
  size_t rest = begin;
  for (int d = last - 1; d >= 0; d--) {
    index[d] = (int64_t)(rest % (size_t)s->dims[d]);
    rest /= (size_t)s->dims[d];
  }
  const char *in[4];
  int scalar[4];
  for (int k = 0; k < s->inputs; k++) {
    scalar[k] = s->strides[k][last] == 0;
    in[k] = w->pointers[k];
    for (int d = 0; d < last; d++) in[k] += index[d] * s->strides[k][d] * s->in_size[k];
  }
  char *out = (char *)w->pointers[s->inputs] + begin * n * (size_t)s->out_size;
  for (size_t row = begin; row < end; row++) {
    int status = w->loop((const void *const *)in, out, n, scalar, w->params);
    if (status) {
      atomic_store(&w->status, status);
      return;
    }
    out += n * (size_t)s->out_size;
    for (int d = last - 1; d >= 0; d--) {
      for (int k = 0; k < s->inputs; k++) in[k] += s->strides[k][d] * s->in_size[k];
      if (++index[d] < s->dims[d]) break;
      for (int k = 0; k < s->inputs; k++) in[k] -= s->dims[d] * s->strides[k][d] * s->in_size[k];
      index[d] = 0;
    }
  }
}

int jk_elementwise(jk_loop loop, const jk_broadcast *shape, void *const *pointers,
                   const void *params) {
  if (shape->count == 0) return 0;
  walk w = {loop, shape, pointers, params, 0};
  if (shape->rank <= 1) {
    jk_parallel_for((size_t)shape->count, (size_t)shape->grain, flat, &w);
  } else {
    size_t n = (size_t)shape->dims[shape->rank - 1], grain = (size_t)shape->grain / n;
    jk_parallel_for((size_t)shape->count / n, grain < 1 ? 1 : grain, rows, &w);
  }
  return atomic_load(&w.status);
}

int jk_elementwise_rows(jk_loop loop, const jk_broadcast *shape, void *const *pointers,
                        const void *params, size_t begin, size_t end) {
  walk w = {loop, shape, pointers, params, 0};
  rows(&w, begin, end);
  return atomic_load(&w.status);
}

enum { BLOCK = 1024 };

typedef struct {
  const jk_fused *plan;
  void *const *pointers;
  // The first step that failed, as jk_run_fused gives it; 0 while none has.
  atomic_int failure;
} fused_walk;

// Steps from this on need not run any more.
static int fused_limit(fused_walk *w) {
  int failure = atomic_load_explicit(&w->failure, memory_order_relaxed);
  return failure ? failure >> 8 : w->plan->steps;
}

static void fused_failed(fused_walk *w, int step, int status) {
  int failure = step << 8 | (status & 255), before = atomic_load(&w->failure);
  while ((!before || step < before >> 8) &&
         !atomic_compare_exchange_weak(&w->failure, &before, failure)) {}
}

static void fused(void *context, size_t begin, size_t end) {
  fused_walk *w = context;
  const jk_fused *p = w->plan;
  // Temporaries: one block per step whose result is not written out directly.
  size_t width = 0;
  for (int s = 0; s < p->steps; s++)
    if ((size_t)p->step[s].out_size > width) width = (size_t)p->step[s].out_size;
  size_t bytes = (size_t)p->steps * BLOCK * width;
  char *memory = jk_scratch(bytes);
  if (!memory) {
    fused_failed(w, 0, JK_FUSED_NO_MEMORY);
    return;
  }
  const void *value[64];
  int scalar[64];
  for (size_t at = begin; at < end; at += BLOCK) {
    size_t n = end - at < BLOCK ? end - at : BLOCK;
    for (int i = 0; i < p->inputs; i++) {
      scalar[i] = p->scalar[i];
      value[i] = (const char *)w->pointers[i] + (scalar[i] ? 0 : at * (size_t)p->in_size[i]);
    }
    // Had each step run over all elements before the next, the first of them would have failed.
    int limit = fused_limit(w);
    for (int s = 0; s < limit; s++) {
      const jk_fused_step *step = &p->step[s];
      char *out = memory + (size_t)s * BLOCK * width;
      for (int o = 0; o < p->outputs; o++)
        if (p->output_step[o] == s)
          out = (char *)w->pointers[p->inputs + o] + at * (size_t)step->out_size;
      const void *in[4];
      int one[4], all = 1;
      for (int k = 0; k < step->arity; k++) {
        in[k] = value[step->operands[k]];
        one[k] = scalar[step->operands[k]];
        all &= one[k];
      }
      // A step of scalars alone gives one element, but a written result is always whole.
      scalar[p->inputs + s] = 0;
      value[p->inputs + s] = out;
      int status;
      if (all) {
        status = step->loop(in, out, 1, one, step->params);
        for (size_t i = 1; i < n; i++)
          memcpy(out + i * (size_t)step->out_size, out, (size_t)step->out_size);
      } else {
        status = step->loop(in, out, n, one, step->params);
      }
      if (status) {
        fused_failed(w, s, status);
        break;
      }
    }
  }
}

int jk_run_fused(const jk_fused *plan, void *const *pointers) {
  fused_walk w = {plan, pointers, 0};
  jk_parallel_for((size_t)plan->count, (size_t)plan->grain, fused, &w);
  return atomic_load(&w.failure);
}

int jk_run_fused_part(const jk_fused *plan, void *const *pointers, size_t begin, size_t end) {
  fused_walk w = {plan, pointers, 0};
  fused(&w, begin, end);
  return atomic_load(&w.failure);
}
