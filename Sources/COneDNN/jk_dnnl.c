#include "jk_dnnl.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "jk.h"
#include "versions.h"

void omp_set_num_threads(int);

static dnnl_engine_t engine;
static pthread_once_t engine_once = PTHREAD_ONCE_INIT;
static void make_engine(void) {
  if (!jk_dnnl_limit()) dnnl_engine_create(&engine, dnnl_cpu, 0);
}

int jk_dnnl_version(void) { return DNNL_VERSION_MAJOR * 100 + DNNL_VERSION_MINOR; }

enum { FILTER_GRADIENT = JK_CONV_FILTER_GRADIENT, MATMUL = 3 };

// A primitive for a number of threads, with the reorder between the user's weights and those that
// it wants.
typedef struct {
  dnnl_primitive_t primitive, reorder;
  md_t scratch, reorder_scratch;
  size_t scratch_bytes, reorder_scratch_bytes;
} variant;

// What one run needs of its own: memory objects, of which only the addresses change. Kept for the
// next run.
typedef struct {
  dnnl_stream_t stream;
  dnnl_memory_t x, user_w, w, bias, y, scratch, reorder_scratch;
} arguments;

enum { KEPT = 8 };

struct jk_dnnl_plan {
  int kind, epilogue_bias, residual;
  md_t x, user_w, w, bias, y;
  // w is what the primitive wants; it differs from the user's layout when reorders is 1.
  int reorders, constant_w;
  void *packed_w;
  size_t w_bytes, y_bytes, scratch_bytes;
  dnnl_primitive_attr_t attr;
  window win;
  // Whether the filter's gradient may come from an implementation that copies pixels.
  int may_copy;
  // [0] is for one thread, [1] for the pool; each is made when first used.
  _Atomic(variant *) variants[2];
  int pool_threads;
  // Nanoseconds of the fastest run on the pool.
  _Atomic int64_t least;
  pthread_mutex_t lock;
  _Atomic(arguments *) kept[2][KEPT];
};

static size_t rounded(size_t bytes) { return (bytes + 63) & ~(size_t)63; }

static const_md_t query(const_dnnl_primitive_desc_t pd, dnnl_query_t what) {
  return dnnl_primitive_desc_query_md(pd, what, 0);
}

static dnnl_status_t make_pd(const jk_dnnl_plan *p, const_md_t w, dnnl_primitive_desc_t *pd) {
  switch (p->kind) {
    case MATMUL: return matmul_pd(pd, engine, p->x, w, p->bias, p->y, p->attr);
    case JK_CONV_FORWARD:
      return conv_forward_pd(pd, engine, p->x, w, p->bias, p->y, &p->win, p->attr);
  }
  // The gradients want the forward primitive as a hint.
  dnnl_primitive_desc_t hint = NULL;
  dnnl_status_t status = conv_forward_pd(&hint, engine, p->x, w, NULL, p->y, &p->win, NULL);
  if (status) return status;
  status = p->kind == FILTER_GRADIENT
               ? conv_filter_gradient_pd(pd, engine, p->x, w, p->y, &p->win, p->attr, hint,
                                         p->may_copy)
               : conv_input_gradient_pd(pd, engine, p->x, w, p->y, &p->win, p->attr, hint);
  dnnl_primitive_desc_destroy(hint);
  return status;
}

static void variant_free(variant *v) {
  if (!v) return;
  if (v->primitive) dnnl_primitive_destroy(v->primitive);
  if (v->reorder) dnnl_primitive_destroy(v->reorder);
  md_free(v->scratch);
  md_free(v->reorder_scratch);
  free(v);
}

// Makes the primitive under the current number of threads. The first one made chooses the layout of
// the weights.
static variant *variant_make(jk_dnnl_plan *p) {
  variant *v = calloc(1, sizeof *v);
  if (!v) return NULL;
  dnnl_primitive_desc_t pd = NULL;
  md_t any = NULL;
  int first = p->w == NULL;
  if (first) {
    dnnl_dim_t dims[12];
    int rank;
#if DNNL_VERSION_MAJOR >= 3
    const dnnl_dims_t *own;
    dnnl_memory_desc_query(p->user_w, dnnl_query_ndims_s32, &rank);
    dnnl_memory_desc_query(p->user_w, dnnl_query_dims, (void *)&own);
    memcpy(dims, *own, sizeof(dnnl_dim_t) * (size_t)rank);
#else
    rank = p->user_w->ndims;
    memcpy(dims, p->user_w->dims, sizeof(dnnl_dim_t) * (size_t)rank);
#endif
    any = md_make(rank, dims, NULL);
    // Weights that differ at every run are used as they lie where oneDNN can, for matrix products.
    int as_it_lies = p->kind == MATMUL && !p->constant_w;
    if (!any || make_pd(p, as_it_lies ? p->user_w : any, &pd)) goto failed;
    const_md_t wanted =
        query(pd, p->kind == FILTER_GRADIENT ? dnnl_query_diff_weights_md : dnnl_query_weights_md);
    p->reorders = !dnnl_memory_desc_equal(wanted, p->user_w);
    p->w = md_clone(wanted);
    if (!p->w) goto failed;
    p->w_bytes = dnnl_memory_desc_get_size(p->w);
  } else if (make_pd(p, p->w, &pd)) {
    goto failed;
  }
  v->scratch = md_clone(query(pd, dnnl_query_scratchpad_md));
  v->scratch_bytes = v->scratch ? dnnl_memory_desc_get_size(v->scratch) : 0;
  if (dnnl_primitive_create(&v->primitive, pd)) goto failed;
  dnnl_primitive_desc_destroy(pd);
  pd = NULL;
  if (p->reorders) {
    dnnl_primitive_attr_t attr = NULL;
    if (dnnl_primitive_attr_create(&attr)) goto failed;
    dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user);
    int back = p->kind == FILTER_GRADIENT;
    dnnl_status_t status = dnnl_reorder_primitive_desc_create(
        &pd, back ? p->w : p->user_w, engine, back ? p->user_w : p->w, engine, attr);
    dnnl_primitive_attr_destroy(attr);
    if (status) goto failed;
    v->reorder_scratch = md_clone(query(pd, dnnl_query_scratchpad_md));
    v->reorder_scratch_bytes =
        v->reorder_scratch ? dnnl_memory_desc_get_size(v->reorder_scratch) : 0;
    if (dnnl_primitive_create(&v->reorder, pd)) goto failed;
    dnnl_primitive_desc_destroy(pd);
  }
  md_free(any);
  return v;
failed:
  if (pd) dnnl_primitive_desc_destroy(pd);
  md_free(any);
  variant_free(v);
  return NULL;
}

static void arguments_free(arguments *a) {
  if (!a) return;
  dnnl_memory_t all[] = {a->x, a->user_w, a->w, a->bias, a->y, a->scratch, a->reorder_scratch};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    if (all[i]) dnnl_memory_destroy(all[i]);
  if (a->stream) dnnl_stream_destroy(a->stream);
  free(a);
}

static int memory(dnnl_memory_t *m, const_md_t md, void *address) {
  return md && dnnl_memory_create(m, md, engine, address) != dnnl_success;
}

static arguments *arguments_make(const jk_dnnl_plan *p, const variant *v) {
  arguments *a = calloc(1, sizeof *a);
  if (!a) return NULL;
  if (dnnl_stream_create(&a->stream, engine, dnnl_stream_default_flags) ||
      memory(&a->x, p->x, DNNL_MEMORY_NONE) || memory(&a->user_w, p->user_w, DNNL_MEMORY_NONE) ||
      (p->reorders && memory(&a->w, p->w, p->packed_w ? p->packed_w : DNNL_MEMORY_NONE)) ||
      memory(&a->bias, p->bias, DNNL_MEMORY_NONE) || memory(&a->y, p->y, DNNL_MEMORY_NONE) ||
      (v->scratch_bytes && memory(&a->scratch, v->scratch, DNNL_MEMORY_NONE)) ||
      (v->reorder_scratch_bytes &&
       memory(&a->reorder_scratch, v->reorder_scratch, DNNL_MEMORY_NONE))) {
    arguments_free(a);
    return NULL;
  }
  return a;
}

static arguments *take(jk_dnnl_plan *p, int which, const variant *v) {
  for (int i = 0; i < KEPT; i++) {
    if (!atomic_load_explicit(&p->kept[which][i], memory_order_relaxed)) continue;
    arguments *a = atomic_exchange_explicit(&p->kept[which][i], NULL, memory_order_acquire);
    if (a) return a;
  }
  return arguments_make(p, v);
}

static void keep(jk_dnnl_plan *p, int which, arguments *a) {
  for (int i = 0; i < KEPT; i++) {
    arguments *none = NULL;
    if (atomic_compare_exchange_strong_explicit(&p->kept[which][i], &none, a, memory_order_release,
                                                memory_order_relaxed))
      return;
  }
  arguments_free(a);
}

static size_t needed(const jk_dnnl_plan *p, const variant *v) {
  size_t weights = p->reorders && !p->packed_w ? rounded(p->w_bytes) : 0;
  size_t scratch =
      v->scratch_bytes > v->reorder_scratch_bytes ? v->scratch_bytes : v->reorder_scratch_bytes;
  return weights + rounded(scratch);
}

static variant *variant_get(jk_dnnl_plan *p, int which) {
  variant *v = atomic_load_explicit(&p->variants[which], memory_order_acquire);
  if (v) return v;
  pthread_mutex_lock(&p->lock);
  v = atomic_load_explicit(&p->variants[which], memory_order_relaxed);
  if (!v) {
    v = variant_make(p);
    if (v) atomic_store_explicit(&p->variants[which], v, memory_order_release);
  }
  pthread_mutex_unlock(&p->lock);
  return v;
}

static int execute(jk_dnnl_plan *p, const variant *v, arguments *a, void *x, void *w,
                   const void *bias, void *y, void *scratch) {
  char *work = scratch;
  dnnl_exec_arg_t args[5];
  int n = 0;
  dnnl_memory_t weights = a->user_w;
  dnnl_status_t status = dnnl_memory_set_data_handle(a->x, x);
  status |= dnnl_memory_set_data_handle(a->y, y);
  if (!p->packed_w) status |= dnnl_memory_set_data_handle(a->user_w, w);
  if (p->reorders) {
    weights = a->w;
    if (!p->packed_w) {
      status |= dnnl_memory_set_data_handle(a->w, work);
      work += rounded(p->w_bytes);
    }
  }
  if (a->bias) status |= dnnl_memory_set_data_handle(a->bias, (void *)bias);
  if (a->scratch) status |= dnnl_memory_set_data_handle(a->scratch, work);
  if (a->reorder_scratch) status |= dnnl_memory_set_data_handle(a->reorder_scratch, work);
  if (status) return (int)status;
  int reorder_first = p->reorders && !p->packed_w && p->kind != FILTER_GRADIENT;
  dnnl_exec_arg_t reorder[3] = {{DNNL_ARG_FROM, reorder_first ? a->user_w : a->w},
                                {DNNL_ARG_TO, reorder_first ? a->w : a->user_w},
                                {DNNL_ARG_SCRATCHPAD, a->reorder_scratch}};
  int reorder_args = a->reorder_scratch ? 3 : 2;
  if (reorder_first &&
      (status = dnnl_primitive_execute(v->reorder, a->stream, reorder_args, reorder)))
    return (int)status;
  switch (p->kind) {
    case JK_CONV_INPUT_GRADIENT:
      args[n++] = (dnnl_exec_arg_t){DNNL_ARG_DIFF_SRC, a->x};
      args[n++] = (dnnl_exec_arg_t){DNNL_ARG_WEIGHTS, weights};
      args[n++] = (dnnl_exec_arg_t){DNNL_ARG_DIFF_DST, a->y};
      break;
    case FILTER_GRADIENT:
      args[n++] = (dnnl_exec_arg_t){DNNL_ARG_SRC, a->x};
      args[n++] = (dnnl_exec_arg_t){DNNL_ARG_DIFF_WEIGHTS, weights};
      args[n++] = (dnnl_exec_arg_t){DNNL_ARG_DIFF_DST, a->y};
      break;
    default:
      args[n++] = (dnnl_exec_arg_t){DNNL_ARG_SRC, a->x};
      args[n++] = (dnnl_exec_arg_t){DNNL_ARG_WEIGHTS, weights};
      args[n++] = (dnnl_exec_arg_t){DNNL_ARG_DST, a->y};
      if (a->bias) args[n++] = (dnnl_exec_arg_t){DNNL_ARG_BIAS, a->bias};
  }
  if (a->scratch) args[n++] = (dnnl_exec_arg_t){DNNL_ARG_SCRATCHPAD, a->scratch};
  if ((status = dnnl_primitive_execute(v->primitive, a->stream, n, args))) return (int)status;
  if (p->kind == FILTER_GRADIENT && p->reorders)
    status = dnnl_primitive_execute(v->reorder, a->stream, reorder_args, reorder);
  return (int)status;
}

int jk_dnnl_run(jk_dnnl_plan *p, void *x, void *w, const void *bias, void *y, const void *residual,
                void *scratch) {
  if (p->residual && residual != y) memcpy(y, residual, p->y_bytes);
  // A plan for the pool keeps the number of threads it was made with.
  int granted = p->pool_threads > 1 ? jk_pool_enter() : 1;
  int which = granted > 1 && p->pool_threads > 1;
  omp_set_num_threads(which ? p->pool_threads : 1);
  int status = dnnl_out_of_memory;
  variant *v = variant_get(p, which);
  if (v) {
    // The variant that was not there when the scratch was asked for may need more of it.
    void *own = NULL;
    size_t bytes = needed(p, v);
    if (bytes > p->scratch_bytes) scratch = own = aligned_alloc(64, bytes);
    arguments *a = scratch || !bytes ? take(p, which, v) : NULL;
    if (a) {
      int64_t begun = which ? jk_now() : 0;
      status = execute(p, v, a, x, w, bias, y, scratch);
      if (which) {
        int64_t took = jk_now() - begun,
                least = atomic_load_explicit(&p->least, memory_order_relaxed);
        jk_pool_took(took, least ? least : took);
        if (!least || took < least) atomic_store_explicit(&p->least, took, memory_order_relaxed);
      }
      keep(p, which, a);
    }
    free(own);
  }
  jk_pool_leave(granted);
  return status;
}

size_t jk_dnnl_scratch_bytes(const jk_dnnl_plan *p) { return p->scratch_bytes; }

void jk_dnnl_destroy(jk_dnnl_plan *p) {
  if (!p) return;
  for (int which = 0; which < 2; which++) {
    for (int i = 0; i < KEPT; i++) arguments_free(atomic_load(&p->kept[which][i]));
    variant_free(atomic_load(&p->variants[which]));
  }
  md_free(p->x), md_free(p->user_w), md_free(p->w), md_free(p->bias), md_free(p->y);
  if (p->attr) dnnl_primitive_attr_destroy(p->attr);
  free(p->packed_w);
  pthread_mutex_destroy(&p->lock);
  free(p);
}

static dnnl_status_t append_activation(dnnl_post_ops_t ops, const jk_dnnl_epilogue *e) {
  switch (e->activation) {
    case JK_ACT_NONE: return dnnl_success;
    case JK_ACT_SWISH: return append_eltwise(ops, dnnl_eltwise_swish, e->alpha, 0);
    case JK_ACT_GELU_TANH: return append_eltwise(ops, dnnl_eltwise_gelu_tanh, 0, 0);
    case JK_ACT_GELU_ERF: return append_eltwise(ops, dnnl_eltwise_gelu_erf, 0, 0);
    case JK_ACT_HARD_SWISH:
#if DNNL_VERSION_MAJOR >= 3
      return append_eltwise(ops, dnnl_eltwise_hardswish, 1.0f / 6.0f, 0.5f);
#else
      return append_eltwise(ops, dnnl_eltwise_hardswish, 0, 0);
#endif
  }
  return dnnl_invalid_arguments;
}

static dnnl_status_t make_attr(jk_dnnl_plan *p, const jk_dnnl_epilogue *e) {
  dnnl_status_t status = dnnl_primitive_attr_create(&p->attr);
  if (status) return status;
  if ((status = dnnl_primitive_attr_set_scratchpad_mode(p->attr, dnnl_scratchpad_mode_user)))
    return status;
  p->epilogue_bias = e->bias;
  p->residual = e->residual;
  if (!e->residual && e->activation == JK_ACT_NONE) return dnnl_success;
  dnnl_post_ops_t ops = NULL;
  if ((status = dnnl_post_ops_create(&ops))) return status;
  if (e->residual) status = append_sum(ops);
  if (!status) status = append_activation(ops, e);
  if (!status) status = dnnl_primitive_attr_set_post_ops(p->attr, ops);
  dnnl_post_ops_destroy(ops);
  return status;
}

static jk_dnnl_plan *plan_new(int kind) {
  pthread_once(&engine_once, make_engine);
  if (!engine) return NULL;
  jk_dnnl_plan *p = calloc(1, sizeof *p);
  if (!p) return NULL;
  p->kind = kind;
  pthread_mutex_init(&p->lock, NULL);
  return p;
}

// Makes the first primitive and lays out constant weights; work is the number of multiplications.
static jk_dnnl_plan *plan_finish(jk_dnnl_plan *p, double work, const float *constant_w) {
  p->constant_w = constant_w != NULL;
  // Measured: splitting less work than this costs more than it saves.
  p->pool_threads = work < 300000 ? 1 : jk_threads();
  int which = p->pool_threads > 1;
  omp_set_num_threads(p->pool_threads);
  p->y_bytes = dnnl_memory_desc_get_size(p->y);
  variant *v = variant_get(p, which);
  if (!v) goto failed;
  if (p->reorders && constant_w) {
    p->packed_w = aligned_alloc(64, rounded(p->w_bytes ? p->w_bytes : 1));
    void *scratch =
        v->reorder_scratch_bytes ? aligned_alloc(64, rounded(v->reorder_scratch_bytes)) : NULL;
    arguments *a = p->packed_w ? arguments_make(p, v) : NULL;
    dnnl_status_t status = dnnl_out_of_memory;
    if (a && (scratch || !v->reorder_scratch_bytes)) {
      status = dnnl_memory_set_data_handle(a->user_w, (void *)constant_w);
      if (a->reorder_scratch) status |= dnnl_memory_set_data_handle(a->reorder_scratch, scratch);
      dnnl_exec_arg_t args[3] = {{DNNL_ARG_FROM, a->user_w},
                                 {DNNL_ARG_TO, a->w},
                                 {DNNL_ARG_SCRATCHPAD, a->reorder_scratch}};
      if (!status)
        status = dnnl_primitive_execute(v->reorder, a->stream, a->reorder_scratch ? 3 : 2, args);
      if (!status) status = dnnl_stream_wait(a->stream);
    }
    if (a) keep(p, which, a);
    free(scratch);
    if (status) goto failed;
  }
  p->scratch_bytes = needed(p, v);
  return p;
failed:
  jk_dnnl_destroy(p);
  return NULL;
}

jk_dnnl_plan *jk_dnnl_conv_create(const jk_dnnl_conv *c, const jk_dnnl_epilogue *e,
                                  const float *filter) {
  jk_dnnl_plan *p = plan_new(c->kind);
  if (!p) return NULL;
  int d = c->spatial;
  int64_t ic = c->in_channels / c->groups, oc = c->out_channels / c->groups;
  dnnl_dim_t x[5] = {c->batch, c->in_channels}, y[5] = {c->batch, c->out_channels}, w[6],
             bias = c->out_channels;
  dnnl_dim_t xs[5], ys[5], ws[6], one = 1;
  int grouped = c->groups > 1;
  // Activations: batch, channels, space.
  int64_t in_space = 1, out_space = 1;
  for (int i = d - 1; i >= 0; i--) {
    x[2 + i] = c->in[i], y[2 + i] = c->out[i];
    xs[2 + i] = in_space * (c->channels_first ? 1 : c->in_channels);
    ys[2 + i] = out_space * (c->channels_first ? 1 : c->out_channels);
    in_space *= c->in[i], out_space *= c->out[i];
  }
  xs[0] = in_space * c->in_channels, ys[0] = out_space * c->out_channels;
  xs[1] = c->channels_first ? in_space : 1, ys[1] = c->channels_first ? out_space : 1;
  // Weights: groups, out, in, kernel.
  int n = 0;
  if (grouped) w[n] = c->groups, ws[n++] = oc;
  w[n] = oc, ws[n++] = 1;
  w[n] = ic, ws[n++] = c->out_channels;
  int64_t taps = c->out_channels * ic;
  for (int i = d - 1; i >= 0; i--) {
    w[n + i] = c->kernel[i], ws[n + i] = taps;
    taps *= c->kernel[i];
  }
  int strided = 0;
  for (int i = 0; i < d; i++) {
    strided |= c->stride[i] > 1;
    p->win.stride[i] = c->stride[i];
    p->win.dilation[i] = c->dilation[i] - 1;
    p->win.before[i] = c->pad_before[i];
    p->win.after[i] = c->pad_after[i];
  }
  p->may_copy = !strided || ic % (jk_cpu_level() == JK_CPU_AVX512 ? 16 : 8) == 0;
  p->x = md_make(2 + d, x, xs);
  p->y = md_make(2 + d, y, ys);
  p->user_w = md_make(n + d, w, ws);
  if (e->bias) p->bias = md_make(1, &bias, &one);
  if (!p->x || !p->y || !p->user_w || (e->bias && !p->bias) || make_attr(p, e)) {
    jk_dnnl_destroy(p);
    return NULL;
  }
  return plan_finish(
      p,
      (double)c->batch * (double)(out_space * c->out_channels) * (double)(taps / c->out_channels),
      filter);
}

jk_dnnl_plan *jk_dnnl_matmul_create(const jk_dnnl_matmul *m, const jk_dnnl_epilogue *e,
                                    const float *b) {
  jk_dnnl_plan *p = plan_new(MATMUL);
  if (!p) return NULL;
  int r = m->batch_rank;
  dnnl_dim_t a_dims[8], b_dims[8], c_dims[8], bias_dims[8], as[8], bs[8], cs[8], biass[8];
  int64_t step = m->m * m->n;
  for (int i = r - 1; i >= 0; i--) {
    a_dims[i] = m->a_batch_stride[i] ? m->batch[i] : 1;
    b_dims[i] = m->b_batch_stride[i] ? m->batch[i] : 1;
    as[i] = m->a_batch_stride[i] ? m->a_batch_stride[i] : m->m * m->k;
    bs[i] = m->b_batch_stride[i] ? m->b_batch_stride[i] : m->k * m->n;
    c_dims[i] = m->batch[i], cs[i] = step, step *= m->batch[i];
    bias_dims[i] = 1, biass[i] = m->n;
  }
  a_dims[r] = m->m, a_dims[r + 1] = m->k, as[r] = m->a_stride[0], as[r + 1] = m->a_stride[1];
  b_dims[r] = m->k, b_dims[r + 1] = m->n, bs[r] = m->b_stride[0], bs[r + 1] = m->b_stride[1];
  c_dims[r] = m->m, c_dims[r + 1] = m->n, cs[r] = m->n, cs[r + 1] = 1;
  bias_dims[r] = 1, bias_dims[r + 1] = m->n, biass[r] = m->n, biass[r + 1] = 1;
  p->x = md_make(r + 2, a_dims, as);
  p->user_w = md_make(r + 2, b_dims, bs);
  p->y = md_make(r + 2, c_dims, cs);
  if (e->bias) p->bias = md_make(r + 2, bias_dims, biass);
  if (!p->x || !p->y || !p->user_w || (e->bias && !p->bias) || make_attr(p, e)) {
    jk_dnnl_destroy(p);
    return NULL;
  }
  return plan_finish(p, (double)step * (double)m->k, b);
}
