// Reductions over axes. Every operation has three types: what is stored (T), what a short run is
// folded in (B, fast), and what the runs are added up in (W, exact enough for any number of them).
#include "loops.h"

#include <complex.h>
#include <stdlib.h>

// Vectorised, but not unrolled as well: there are hundreds of these loops to compile.
#define VECTOR_FOR _Pragma("clang loop unroll(disable)") for

enum { BLOCK = 512, RUN = 128, LONG_RUN = 4096 };

typedef struct {
  size_t size, wide;  // bytes of a stored element, and of a total
  void (*init)(void *totals, size_t n);
  // totals[k] folds in the elements a[k·step + r], r < reduced.
  void (*rows)(const void *a, size_t kept, size_t step, size_t reduced, void *totals);
  // totals[k] folds in the elements a[k + r·step], r < reduced; kept ≤ BLOCK.
  void (*columns)(const void *a, size_t kept, size_t reduced, size_t step, void *totals);
  void (*join)(void *totals, const void *others, size_t n);
  void (*finish)(const void *totals, void *out, size_t n, double count);
} jk_reducer;

// A sum may be taken in any order, which lets the compiler keep many partial sums.
#define FOLD_SIMPLY(T, B, GET, ZERO, FOLD, p, n, b) \
  { _Pragma("clang fp reassociate(on)") for (size_t i = 0; i < n; i++) b = FOLD(b, GET(p[i])); }
// Where the compiler may not reorder, the partial results are spelled out.
#define FOLD_IN_LANES(T, B, GET, ZERO, FOLD, p, n, b)                                    \
  {                                                                                      \
    size_t i = 0;                                                                        \
    if (n >= 64) {                                                                       \
      B lane[64];                                                                        \
      VECTOR_FOR(size_t l = 0; l < 64; l++) lane[l] = ZERO;                              \
      for (; i + 64 <= n; i += 64)                                                       \
        VECTOR_FOR(size_t l = 0; l < 64; l++) lane[l] = FOLD(lane[l], (B)GET(p[i + l])); \
      for (; i + 16 <= n; i += 16)                                                       \
        VECTOR_FOR(size_t l = 0; l < 16; l++) lane[l] = FOLD(lane[l], (B)GET(p[i + l])); \
      VECTOR_FOR(size_t l = 0; l < 32; l++) lane[l] = FOLD(lane[l], lane[l + 32]);       \
      VECTOR_FOR(size_t l = 0; l < 16; l++) lane[l] = FOLD(lane[l], lane[l + 16]);       \
      VECTOR_FOR(size_t l = 0; l < 16; l++) b = FOLD(b, lane[l]);                        \
    }                                                                                    \
    for (; i < n; i++) b = FOLD(b, (B)GET(p[i]));                                        \
  }

// FOLD(b, x) folds an element into a run, JOIN(w, b) a run or a total into a total.
#define REDUCER(CLONES, name, T, B, W, GET, ZERO, FOLD, JOIN, INNER)                               \
  static void name##_init(void *totals, size_t n) {                                                \
    W *w = totals;                                                                                 \
    for (size_t k = 0; k < n; k++) w[k] = ZERO;                                                    \
  }                                                                                                \
  static void name##_join(void *totals, const void *others, size_t n) {                            \
    W *w = totals;                                                                                 \
    const W *o = others;                                                                           \
    for (size_t k = 0; k < n; k++) w[k] = JOIN(w[k], o[k]);                                        \
  }                                                                                                \
  CLONES(void, name##_rows,                                                                        \
         (const void *a, size_t kept, size_t step, size_t reduced, void *totals),                  \
         (a, kept, step, reduced, totals)) {                                                       \
    W *w = totals;                                                                                 \
    for (size_t k = 0; k < kept; k++) {                                                            \
      const T *row = (const T *)a + k * step;                                                      \
      for (size_t start = 0; start < reduced; start += LONG_RUN) {                                 \
        const T *p = row + start;                                                                  \
        size_t n = reduced - start < LONG_RUN ? reduced - start : LONG_RUN;                        \
        B b = ZERO;                                                                                \
        INNER(T, B, GET, ZERO, FOLD, p, n, b)                                                      \
        w[k] = JOIN(w[k], b);                                                                      \
      }                                                                                            \
    }                                                                                              \
  }                                                                                                \
  CLONES(void, name##_columns,                                                                     \
         (const void *a, size_t kept, size_t reduced, size_t step, void *totals),                  \
         (a, kept, reduced, step, totals)) {                                                       \
    W *w = totals;                                                                                 \
    const T *in = a;                                                                               \
    if (step == kept && kept <= 16 && reduced >= 64) {                                             \
      /* Few columns: several rows at once are one long row. */                                    \
      size_t many = BLOCK / 2 / kept, wide = many * kept, n = reduced / many;                      \
      W folded[BLOCK];                                                                             \
      name##_init(folded, wide);                                                                   \
      for (size_t start = 0; start < n; start += RUN) {                                            \
        B block[BLOCK];                                                                            \
        size_t end = start + RUN < n ? start + RUN : n;                                            \
        VECTOR_FOR(size_t k = 0; k < wide; k++) block[k] = ZERO;                                   \
        for (size_t r = start; r < end; r++) VECTOR_FOR(size_t k = 0; k < wide; k++)               \
        block[k] = FOLD(block[k], (B)GET(in[r * wide + k]));                                       \
        VECTOR_FOR(size_t k = 0; k < wide; k++) folded[k] = JOIN(folded[k], block[k]);             \
      }                                                                                            \
      for (size_t m = 0; m < wide; m += kept)                                                      \
        VECTOR_FOR(size_t k = 0; k < kept; k++) w[k] = JOIN(w[k], folded[m + k]);                  \
      in += n * wide;                                                                              \
      reduced -= n * many;                                                                         \
    }                                                                                              \
    for (size_t start = 0; start < reduced; start += RUN) {                                        \
      B block[BLOCK];                                                                              \
      size_t end = start + RUN < reduced ? start + RUN : reduced, r = start;                       \
      VECTOR_FOR(size_t k = 0; k < kept; k++) block[k] = ZERO;                                     \
      VECTOR_FOR(; r + 4 <= end; r += 4) {                                                         \
        const T *p = in + r * step;                                                                \
        VECTOR_FOR(size_t k = 0; k < kept; k++) {                                                  \
          B b = FOLD(block[k], (B)GET(p[k]));                                                      \
          b = FOLD(b, (B)GET(p[k + step]));                                                        \
          b = FOLD(b, (B)GET(p[k + 2 * step]));                                                    \
          block[k] = FOLD(b, (B)GET(p[k + 3 * step]));                                             \
        }                                                                                          \
      }                                                                                            \
      VECTOR_FOR(; r < end; r++)                                                                   \
      VECTOR_FOR(size_t k = 0; k < kept; k++) block[k] = FOLD(block[k], (B)GET(in[r * step + k])); \
      VECTOR_FOR(size_t k = 0; k < kept; k++) w[k] = JOIN(w[k], block[k]);                         \
    }                                                                                              \
  }

// The result of a total: `w` total, `count` inputs.
#define FINISH(fn, T, W, SET, expr)                                                \
  static void fn##_finish(const void *totals, void *out, size_t n, double count) { \
    const W *t = totals;                                                           \
    T *o = out;                                                                    \
    (void)count;                                                                   \
    for (size_t k = 0; k < n; k++) {                                               \
      W w = t[k];                                                                  \
      o[k] = SET(expr);                                                            \
    }                                                                              \
  }
#define TABLE(fn, loops, T, W)                                                             \
  static const jk_reducer fn = {sizeof(T),       sizeof(W),    loops##_init, loops##_rows, \
                                loops##_columns, loops##_join, fn##_finish};

#define ADD(a, b) ((a) + (b))
#define ADD_SQUARE(a, b) ((a) + (b) * (b))
#define MUL(a, b) ((a) * (b))
#define MAX_INT(a, b) ((b) > (a) ? (b) : (a))
#define MIN_INT(a, b) ((b) < (a) ? (b) : (a))
// A NaN stays.
#define MAX_FLOAT(a, b) ((((b) > (a)) | ((b) != (b))) ? (b) : (a))
#define MIN_FLOAT(a, b) ((((b) < (a)) | ((b) != (b))) ? (b) : (a))
#define AND(a, b) ((a) & (b))
#define OR(a, b) ((a) | (b))

#define FLOAT_REDUCERS(CLONES, s, T, B, W, GET, SET, root)                                  \
  REDUCER(CLONES, sum_##s, T, B, W, GET, 0, ADD, ADD, FOLD_SIMPLY)                          \
  REDUCER(CLONES, prod_##s, T, B, W, GET, 1, MUL, MUL, FOLD_SIMPLY)                         \
  REDUCER(CLONES, norm_##s, T, B, W, GET, 0, ADD_SQUARE, ADD, FOLD_SIMPLY)                  \
  REDUCER(CLONES, max_##s, T, B, B, GET, -(B)INFINITY, MAX_FLOAT, MAX_FLOAT, FOLD_IN_LANES) \
  REDUCER(CLONES, min_##s, T, B, B, GET, (B)INFINITY, MIN_FLOAT, MIN_FLOAT, FOLD_IN_LANES)  \
  FINISH(r_sum_##s, T, W, SET, (B)w)                                                        \
  FINISH(r_mean_##s, T, W, SET, (B)(w / count))                                             \
  FINISH(r_prod_##s, T, W, SET, (B)w)                                                       \
  FINISH(r_norm_##s, T, W, SET, (B)root(w))                                                 \
  FINISH(r_l2_##s, T, W, SET, (B)(w / 2))                                                   \
  FINISH(r_max_##s, T, B, SET, FLUSHED(w))                                                  \
  FINISH(r_min_##s, T, B, SET, FLUSHED(w))                                                  \
  TABLE(r_sum_##s, sum_##s, T, W)                                                           \
  TABLE(r_mean_##s, sum_##s, T, W)                                                          \
  TABLE(r_prod_##s, prod_##s, T, W)                                                         \
  TABLE(r_norm_##s, norm_##s, T, W)                                                         \
  TABLE(r_l2_##s, norm_##s, T, W)                                                           \
  TABLE(r_max_##s, max_##s, T, B)                                                           \
  TABLE(r_min_##s, min_##s, T, B)

FLOAT_REDUCERS(JK_CLONES, f32, f32, f32, f64, GET_id, SET_id, sqrt)
FLOAT_REDUCERS(JK_FEW_CLONES, f64, f64, f64, f64, GET_id, SET_id, sqrt)
FLOAT_REDUCERS(JK_FEW_CLONES, f16, f16, f32, f64, GET_f16, SET_f16, sqrt)
FLOAT_REDUCERS(JK_FEW_CLONES, bf16, bf16, f32, f64, GET_bf16, SET_bf16, sqrt)

// The root of a wrapped sum of squares; of a negative one, what the processor makes of the NaN.
static i64 integer_root(i64 x, bool is_64) {
  return x >= 0 ? (i64)sqrt((double)x) : is_64 ? INT64_MIN : INT32_MIN;
}
static u64 unsigned_root(u64 x) { return (u64)sqrt((double)x); }

// W has 64 bits, so that a mean does not wrap. Products and sums are unsigned, as they may wrap.
// Vectors have no products of 64 bits below AVX-512.
#define INT_REDUCERS(s, T, W, least, greatest, norm)                                             \
  REDUCER(JK_FEW_CLONES, sum_##s, T, u64, u64, (u64)(W)GET_id, 0, ADD, ADD, FOLD_SIMPLY)         \
  REDUCER(JK_ONE, prod_##s, T, u64, u64, (u64)(W)GET_id, 1, MUL, MUL, FOLD_SIMPLY)               \
  REDUCER(JK_ONE, norm_##s, T, u64, u64, (u64)(W)GET_id, 0, ADD_SQUARE, ADD, FOLD_SIMPLY)        \
  REDUCER(JK_FEW_CLONES, max_##s, T, T, T, GET_id, least, MAX_INT, MAX_INT, FOLD_IN_LANES)       \
  REDUCER(JK_FEW_CLONES, min_##s, T, T, T, GET_id, greatest, MIN_INT, MIN_INT, FOLD_IN_LANES)    \
  FINISH(r_sum_##s, T, u64, SET_id, (T)w)                                                        \
  FINISH(r_mean_##s, T, u64, SET_id, (T)((W)w / (W)count))                                       \
  FINISH(r_prod_##s, T, u64, SET_id, (T)w)                                                       \
  FINISH(r_norm_##s, T, u64, SET_id, (T)norm)                                                    \
  FINISH(r_max_##s, T, T, SET_id, w)                                                             \
  FINISH(r_min_##s, T, T, SET_id, w)                                                             \
  TABLE(r_sum_##s, sum_##s, T, u64)                                                              \
  TABLE(r_mean_##s, sum_##s, T, u64)                                                             \
  TABLE(r_prod_##s, prod_##s, T, u64)                                                            \
  TABLE(r_norm_##s, norm_##s, T, u64)                                                            \
  TABLE(r_max_##s, max_##s, T, T)                                                                \
  TABLE(r_min_##s, min_##s, T, T)

INT_REDUCERS(i8, i8, i64, INT8_MIN, INT8_MAX, integer_root((i8)w, false))
INT_REDUCERS(i16, i16, i64, INT16_MIN, INT16_MAX, integer_root((i16)w, false))
INT_REDUCERS(i32, i32, i64, INT32_MIN, INT32_MAX, integer_root((i32)w, false))
INT_REDUCERS(i64, i64, i64, INT64_MIN, INT64_MAX, integer_root((i64)w, true))
INT_REDUCERS(u8, u8, u64, 0, UINT8_MAX, unsigned_root((u8)w))
INT_REDUCERS(u16, u16, u64, 0, UINT16_MAX, unsigned_root((u16)w))
INT_REDUCERS(u32, u32, u64, 0, UINT32_MAX, unsigned_root((u32)w))
INT_REDUCERS(u64, u64, u64, 0, UINT64_MAX, unsigned_root(w))

JK_INLINE c128 complex_product(c128 a, c128 b) {
  return __builtin_complex(creal(a) * creal(b) - cimag(a) * cimag(b),
                           creal(a) * cimag(b) + cimag(a) * creal(b));
}
#define MUL_COMPLEX(a, b) complex_product(a, b)
#define ADD_NORM(a, b) ((a) + creal(b) * creal(b) + cimag(b) * cimag(b))
#define COMPLEX_REDUCERS(s, T)                                                                 \
  REDUCER(JK_ONE, sum_##s, T, c128, c128, (c128)GET_id, 0, ADD, ADD, FOLD_SIMPLY)       \
  REDUCER(JK_ONE, prod_##s, T, c128, c128, (c128)GET_id, 1, MUL_COMPLEX, MUL_COMPLEX,          \
          FOLD_SIMPLY)                                                                         \
  REDUCER(JK_ONE, norm_##s, T, c128, c128, (c128)GET_id, 0, ADD_NORM, ADD, FOLD_SIMPLY)        \
  FINISH(r_sum_##s, T, c128, SET_id, (T)w)                                                     \
  FINISH(r_mean_##s, T, c128, SET_id, (T)(w / count))                                          \
  FINISH(r_prod_##s, T, c128, SET_id, (T)w)                                                    \
  FINISH(r_norm_##s, T, c128, SET_id, (T)sqrt(creal(w)))                                       \
  TABLE(r_sum_##s, sum_##s, T, c128)                                                           \
  TABLE(r_mean_##s, sum_##s, T, c128)                                                          \
  TABLE(r_prod_##s, prod_##s, T, c128)                                                         \
  TABLE(r_norm_##s, norm_##s, T, c128)

COMPLEX_REDUCERS(c64, c64)
COMPLEX_REDUCERS(c128, c128)

REDUCER(JK_FEW_CLONES, all_u8, u8, u8, u8, GET_id, 1, AND, AND, FOLD_SIMPLY)
REDUCER(JK_FEW_CLONES, any_u8, u8, u8, u8, GET_id, 0, OR, OR, FOLD_SIMPLY)
FINISH(r_all, u8, u8, SET_id, w)
FINISH(r_any, u8, u8, SET_id, w)
TABLE(r_all, all_u8, u8, u8)
TABLE(r_any, any_u8, u8, u8)

#define FLOAT_TABLES(op)  \
  case JK_F32:            \
    return &r_##op##_f32; \
  case JK_F64:            \
    return &r_##op##_f64; \
  case JK_F16:            \
    return &r_##op##_f16; \
  case JK_BF16:           \
    return &r_##op##_bf16;
#define INT_TABLES(op)                    \
  case JK_I8: return &r_##op##_i8;        \
  case JK_I16: return &r_##op##_i16;      \
  case JK_I32: return &r_##op##_i32;      \
  case JK_I64: return &r_##op##_i64;      \
  case JK_U8: return &r_##op##_u8;        \
  case JK_U16: return &r_##op##_u16;      \
  case JK_U32: return &r_##op##_u32;      \
  case JK_U64: return &r_##op##_u64;
#define COMPLEX_TABLES(op)                \
  case JK_C64: return &r_##op##_c64;      \
  case JK_C128: return &r_##op##_c128;
#define NUMBER_TABLES(op) \
  switch (dtype) { FLOAT_TABLES(op) INT_TABLES(op) COMPLEX_TABLES(op) } return 0;

static const jk_reducer *find(int operation, int dtype) {
  switch (operation) {
    case JK_REDUCE_SUM: NUMBER_TABLES(sum)
    case JK_REDUCE_MEAN: NUMBER_TABLES(mean)
    case JK_REDUCE_PROD: NUMBER_TABLES(prod)
    case JK_REDUCE_NORM: NUMBER_TABLES(norm)
    case JK_REDUCE_MAX: switch (dtype) { FLOAT_TABLES(max) INT_TABLES(max) } return 0;
    case JK_REDUCE_MIN: switch (dtype) { FLOAT_TABLES(min) INT_TABLES(min) } return 0;
    case JK_REDUCE_L2: switch (dtype) { FLOAT_TABLES(l2) } return 0;
    case JK_REDUCE_ALL: return dtype == JK_BOOL ? &r_all : 0;
    case JK_REDUCE_ANY: return dtype == JK_BOOL ? &r_any : 0;
  }
  return 0;
}

// --- walking ---

// A position in all dimensions of a list but the last, and the offset of it.
typedef struct {
  int64_t index[16];
  int64_t offset;
} place;

static place place_at(int rank, const int64_t *dims, const int64_t *strides, int64_t outer) {
  place p = {{0}, 0};
  for (int axis = rank - 2; axis >= 0; axis--) {
    p.index[axis] = outer % dims[axis];
    outer /= dims[axis];
    p.offset += p.index[axis] * strides[axis];
  }
  return p;
}

JK_INLINE void step_place(place *p, int rank, const int64_t *dims, const int64_t *strides) {
  for (int axis = rank - 2; axis >= 0; axis--) {
    p->offset += strides[axis];
    if (++p->index[axis] < dims[axis]) return;
    p->offset -= dims[axis] * strides[axis];
    p->index[axis] = 0;
  }
}

// Folds the inputs first..<last of the outputs at `base`, `n` of them along the last kept
// dimension, into totals.
static void fold(const jk_reducer *f, const jk_reduction *plan, const char *base, size_t n,
                 int64_t first, int64_t last, void *totals) {
  int rr = plan->reduced_rank, kr = plan->kept_rank;
  int64_t length = plan->reduced[rr - 1], stride = plan->reduced_stride[rr - 1];
  int64_t step = plan->kept_stride[kr - 1], position = first % length;
  place p = place_at(rr, plan->reduced, plan->reduced_stride, first / length);
  while (first < last) {
    int64_t run = length - position < last - first ? length - position : last - first;
    const char *a = base + (size_t)(p.offset + position * stride) * f->size;
    if (stride == 1) f->rows(a, n, (size_t)step, (size_t)run, totals);
    else f->columns(a, n, (size_t)run, (size_t)stride, totals);
    first += run;
    position = 0;
    step_place(&p, rr, plan->reduced, plan->reduced_stride);
  }
}

typedef struct {
  const jk_reducer *reducer;
  const jk_reduction *plan;
  const char *in;
  char *out;
} reduce_job;

// Reduces the inputs first..<last for the outputs begin..<end. With `finished`, to results, else to
// totals.
static void reduce_outputs(const reduce_job *job, size_t begin, size_t end, int64_t first,
                           int64_t last, char *out, bool finished) {
  const jk_reducer *f = job->reducer;
  const jk_reduction *plan = job->plan;
  int kr = plan->kept_rank;
  size_t length = (size_t)plan->kept[kr - 1], position = begin % length;
  int64_t stride = plan->kept_stride[kr - 1];
  place p = place_at(kr, plan->kept, plan->kept_stride, (int64_t)(begin / length));
  _Alignas(64) char totals[BLOCK * sizeof(c128)];
  while (begin < end) {
    size_t n = length - position;
    if (n > end - begin) n = end - begin;
    if (n > BLOCK) n = BLOCK;
    const char *base = job->in + (size_t)(p.offset + (int64_t)position * stride) * f->size;
    void *t = finished ? totals : out + begin * f->wide;
    f->init(t, n);
    fold(f, plan, base, n, first, last, t);
    if (finished) f->finish(t, out + begin * f->size, n, (double)plan->count);
    begin += n;
    position += n;
    if (position == length) {
      position = 0;
      step_place(&p, kr, plan->kept, plan->kept_stride);
    }
  }
}

static void outputs_part(void *context, size_t begin, size_t end) {
  reduce_job *job = context;
  reduce_outputs(job, begin, end, 0, job->plan->count, job->out, true);
}

static void inputs_part(void *context, size_t begin, size_t end) {
  reduce_job *job = context;
  const jk_reduction *plan = job->plan;
  for (size_t part = begin; part < end; part++) {
    // Products of a count below 2^48 and a few parts fit.
    int64_t first = plan->count * (int64_t)part / plan->parts,
            last = plan->count * (int64_t)(part + 1) / plan->parts;
    reduce_outputs(job, 0, (size_t)plan->outputs, first, last,
                   job->out + part * (size_t)plan->outputs * job->reducer->wide, false);
  }
}

bool jk_plan_reduction(int operation, int dtype, int rank, const int64_t *dims, const bool *reduced,
                       jk_reduction *plan) {
  *plan = (jk_reduction){.outputs = 1, .count = 1, .parts = 1};
  // Neighbours of one kind make one dimension; those of size 1 do not matter.
  bool last = false;
  for (int axis = 0; axis < rank; axis++) {
    *(reduced[axis] ? &plan->count : &plan->outputs) *= dims[axis];
    if (dims[axis] == 1) continue;
    int *own = reduced[axis] ? &plan->reduced_rank : &plan->kept_rank;
    int64_t *sizes = reduced[axis] ? plan->reduced : plan->kept;
    if (plan->kept_rank + plan->reduced_rank > 0 && last == reduced[axis]) {
      sizes[*own - 1] *= dims[axis];
    } else {
      if (*own == 16) return false;
      sizes[(*own)++] = dims[axis];
    }
    last = reduced[axis];
  }
  int64_t stride = 1;
  bool reducing = last;
  for (int k = plan->kept_rank, r = plan->reduced_rank; k + r > 0; reducing = !reducing) {
    int axis = reducing ? --r : --k;
    *(reducing ? &plan->reduced_stride[axis] : &plan->kept_stride[axis]) = stride;
    stride *= reducing ? plan->reduced[axis] : plan->kept[axis];
  }
  if (plan->kept_rank == 0) plan->kept[plan->kept_rank++] = 1;
  if (plan->reduced_rank == 0) plan->reduced[plan->reduced_rank++] = 1;
  // Few outputs: split their inputs. The number of parts depends on the sizes alone, so that
  // results do not depend on how many threads there are.
  if (plan->outputs <= (plan->reduced_stride[plan->reduced_rank - 1] == 1 ? 3 : 64)) {
    int64_t parts = plan->outputs * plan->count / 32768;
    plan->parts = parts > 16 ? 16 : parts < 1 ? 1 : parts;
  }
  if (plan->parts > 1)
    plan->scratch = plan->parts * plan->outputs * (int64_t)find(operation, dtype)->wide;
  return true;
}

// The outputs of a reduction over no elements.
static void reduce_nothing(const jk_reducer *reducer, void *out, size_t outputs) {
  _Alignas(64) char totals[BLOCK * sizeof(c128)];
  for (size_t begin = 0; begin < outputs; begin += BLOCK) {
    size_t n = outputs - begin < BLOCK ? outputs - begin : BLOCK;
    reducer->init(totals, n);
    // A mean of no floats is 0 / 0; one of no integers is 0, which any count but 0 gives.
    bool floating = reducer == &r_mean_f32 || reducer == &r_mean_f64 || reducer == &r_mean_f16 ||
                    reducer == &r_mean_bf16;
    reducer->finish(totals, (char *)out + begin * reducer->size, n, floating ? 0 : 1);
  }
}

void jk_reduce(int operation, int dtype, const jk_reduction *plan, const void *in, void *out,
               void *scratch) {
  const jk_reducer *reducer = find(operation, dtype);
  size_t outputs = (size_t)plan->outputs;
  if (outputs == 0) return;
  if (plan->count == 0) {
    reduce_nothing(reducer, out, outputs);
    return;
  }
  reduce_job job = {reducer, plan, in, out};
  if (plan->parts == 1) {
    jk_parallel_for(outputs, 65536 / (size_t)plan->count, outputs_part, &job);
    return;
  }
  job.out = scratch;
  jk_parallel_for((size_t)plan->parts, 1, inputs_part, &job);
  for (size_t part = 1; part < (size_t)plan->parts; part++)
    reducer->join(scratch, (char *)scratch + part * outputs * reducer->wide, outputs);
  reducer->finish(scratch, out, outputs, (double)plan->count);
}

void jk_reduce_part(int operation, int dtype, const jk_reduction *plan, const void *in, void *out,
                    size_t begin, size_t end) {
  reduce_job job = {find(operation, dtype), plan, in, out};
  outputs_part(&job, begin, end);
}

// --- positions of extremes ---

typedef struct {
  const char *in;
  char *out;
  size_t n, inner, size, index_size;
  void (*run)(const void *in, size_t stride, size_t n, size_t columns, size_t *best);
} arg_job;

enum { ARG_BLOCK = 64 };

// Along rows of stride 1 first the extreme, which vectors find fast, then where it first is. NaNs
// are never found, as nothing compares with them.
#define ARG(CLONES, name, T, B, GET, OP, ZERO)                                          \
  CLONES(void, name, (const void *in, size_t stride, size_t n, size_t columns,       \
                         size_t *best),                                                 \
            (in, stride, n, columns, best)) {                                           \
    const T *a = in;                                                                    \
    if (stride == 1) {                                                                  \
      B lane[16], extreme = ZERO;                                                       \
      size_t i = 0;                                                                     \
      for (size_t l = 0; l < 16; l++) lane[l] = ZERO;                                   \
      for (; i + 16 <= n; i += 16)                                                      \
        for (size_t l = 0; l < 16; l++)                                                 \
          lane[l] = (B)GET(a[i + l]) OP lane[l] ? (B)GET(a[i + l]) : lane[l];           \
      for (size_t l = 0; l < 16; l++) extreme = lane[l] OP extreme ? lane[l] : extreme; \
      for (; i < n; i++) extreme = (B)GET(a[i]) OP extreme ? (B)GET(a[i]) : extreme;    \
      for (i = 0; i + 64 <= n; i += 64) {                                               \
        int hit = 0;                                                                    \
        for (size_t l = 0; l < 64; l++) hit |= GET(a[i + l]) == extreme;                \
        if (hit) break;                                                                 \
      }                                                                                 \
      for (; i < n && GET(a[i]) != extreme; i++) {}                                     \
      best[0] = i < n ? i : 0;                                                          \
      return;                                                                           \
    }                                                                                   \
    B extreme[ARG_BLOCK];                                                               \
    for (size_t k = 0; k < columns; k++) extreme[k] = ZERO, best[k] = 0;                \
    for (size_t i = 0; i < n; i++)                                                      \
      for (size_t k = 0; k < columns; k++) {                                            \
        B x = (B)GET(a[i * stride + k]);                                                \
        bool better = x OP extreme[k];                                                  \
        extreme[k] = better ? x : extreme[k];                                           \
        best[k] = better ? i : best[k];                                                 \
      }                                                                                 \
  }
#define ARGS(CLONES, s, T, B, GET, least, greatest) \
  ARG(CLONES, argmax_##s, T, B, GET, >, least)      \
  ARG(CLONES, argmin_##s, T, B, GET, <, greatest)

ARGS(JK_CLONES, f32, f32, f32, GET_id, -INFINITY, INFINITY)
ARGS(JK_FEW_CLONES, f64, f64, f64, GET_id, -INFINITY, INFINITY)
ARGS(JK_FEW_CLONES, f16, f16, f32, GET_f16, -INFINITY, INFINITY)
ARGS(JK_FEW_CLONES, bf16, bf16, f32, GET_bf16, -INFINITY, INFINITY)
ARGS(JK_FEW_CLONES, i8, i8, i8, GET_id, INT8_MIN, INT8_MAX)
ARGS(JK_FEW_CLONES, i16, i16, i16, GET_id, INT16_MIN, INT16_MAX)
ARGS(JK_FEW_CLONES, i32, i32, i32, GET_id, INT32_MIN, INT32_MAX)
ARGS(JK_FEW_CLONES, i64, i64, i64, GET_id, INT64_MIN, INT64_MAX)
ARGS(JK_FEW_CLONES, u8, u8, u8, GET_id, 0, UINT8_MAX)
ARGS(JK_FEW_CLONES, u16, u16, u16, GET_id, 0, UINT16_MAX)
ARGS(JK_FEW_CLONES, u32, u32, u32, GET_id, 0, UINT32_MAX)
ARGS(JK_FEW_CLONES, u64, u64, u64, GET_id, 0, UINT64_MAX)

static void store_index(char *out, size_t size, size_t position, size_t value) {
  switch (size) {
    case 2: ((u16 *)out)[position] = (u16)value; break;
    case 4: ((u32 *)out)[position] = (u32)value; break;
    default: ((u64 *)out)[position] = value; break;
  }
}

static void arg_part(void *context, size_t begin, size_t end) {
  arg_job *job = context;
  size_t best[ARG_BLOCK];
  while (begin < end) {
    size_t column = begin % job->inner, columns = job->inner - column;
    if (columns > end - begin) columns = end - begin;
    if (columns > ARG_BLOCK) columns = ARG_BLOCK;
    const char *a = job->in + (begin / job->inner * job->n * job->inner + column) * job->size;
    job->run(a, job->inner, job->n, columns, best);
    for (size_t k = 0; k < columns; k++) store_index(job->out, job->index_size, begin + k, best[k]);
    begin += columns;
  }
}

#define ARG_CASE(D, s, bytes)                  \
  case D:                                      \
    job.run = least ? argmin_##s : argmax_##s; \
    job.size = bytes;                          \
    break;
void jk_arg_extreme(int dtype, bool least, const void *in, void *out, size_t index_size,
                    size_t outer, size_t n, size_t inner) {
  arg_job job = {in, out, n, inner, 0, index_size, 0};
  switch (dtype) {
    ARG_CASE(JK_F32, f32, 4)
    ARG_CASE(JK_F64, f64, 8)
    ARG_CASE(JK_F16, f16, 2)
    ARG_CASE(JK_BF16, bf16, 2)
    ARG_CASE(JK_I8, i8, 1)
    ARG_CASE(JK_I16, i16, 2)
    ARG_CASE(JK_I32, i32, 4)
    ARG_CASE(JK_I64, i64, 8)
    ARG_CASE(JK_BOOL, u8, 1)
    ARG_CASE(JK_U8, u8, 1)
    ARG_CASE(JK_U16, u16, 2)
    ARG_CASE(JK_U32, u32, 4)
    ARG_CASE(JK_U64, u64, 8)
    default: return;
  }
  jk_parallel_for(outer * inner, 65536 / (n ? n : 1), arg_part, &job);
}
