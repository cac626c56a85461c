#include "loops.h"

#include <stdatomic.h>

JK_INLINE int64_t index_at(const void *indices, int size, int64_t i) {
  switch (size) {
    case 8: return ((const i64 *)indices)[i];
    case 4: return ((const i32 *)indices)[i];
    case 2: return ((const i16 *)indices)[i];
    default: return ((const u16 *)indices)[i];
  }
}

// The lowest bad position that any part has seen.
static void note_bad(_Atomic int64_t *bad, int64_t position) {
  int64_t known = atomic_load(bad);
  while ((known < 0 || position < known) && !atomic_compare_exchange_weak(bad, &known, position)) {
  }
}

typedef struct {
  const jk_gather_shape *shape;
  const char *params;
  const void *indices;
  char *out;
  _Atomic int64_t bad;
} gather_job;

enum { AHEAD = 8 };

JK_INLINE void copy_row(char *d, const char *s, size_t n) {
  // Sizes that are common for scalars and embeddings, as plain moves.
  switch (n) {
    case 1: memcpy(d, s, 1); break;
    case 2: memcpy(d, s, 2); break;
    case 4: memcpy(d, s, 4); break;
    case 8: memcpy(d, s, 8); break;
    case 16: memcpy(d, s, 16); break;
    case 64: memcpy(d, s, 64); break;
    case 128: memcpy(d, s, 128); break;
    case 256: memcpy(d, s, 256); break;
    default: memcpy(d, s, n);
  }
}

// begin and end count output rows.
JK_PART(gather_part) {
  gather_job *j = context;
  const jk_gather_shape *s = j->shape;
  size_t row = (size_t)s->row;
  int64_t position = (int64_t)begin % s->count, rest = (int64_t)begin / s->count;
  for (int64_t at = (int64_t)begin; at < (int64_t)end;) {
    int64_t batch = rest / s->outer;
    const char *base = j->params + rest * s->limit * s->row;
    int64_t first = batch * s->count, stop = s->count;
    if (stop - position > (int64_t)end - at) stop = position + (int64_t)end - at;
    for (; position < stop; position++, at++) {
      if (position + AHEAD < stop && row >= 64) {
        int64_t next = index_at(j->indices, s->index_size, first + position + AHEAD);
        if ((uint64_t)next < (uint64_t)s->limit)
          for (size_t line = 0; line < row && line < 512; line += 64)
            __builtin_prefetch(base + next * s->row + line);
      }
      int64_t i = index_at(j->indices, s->index_size, first + position);
      if ((uint64_t)i >= (uint64_t)s->limit) {
        note_bad(&j->bad, first + position);
        memset(j->out + at * s->row, 0, row);
        continue;
      }
      copy_row(j->out + at * s->row, base + i * s->row, row);
    }
    position = 0;
    rest++;
  }
}

int64_t jk_gather(const jk_gather_shape *shape, const void *params, const void *indices,
                  void *out) {
  gather_job j = {shape, params, indices, out, -1};
  int64_t rows = shape->batch * shape->outer * shape->count;
  if (rows == 0) return -1;
  int64_t grain = 65536 / (shape->row + 8);
  jk_parallel_for((size_t)rows, (size_t)(grain < 1 ? 1 : grain), gather_part, &j);
  return j.bad;
}

int64_t jk_gather_range(const jk_gather_shape *shape, const void *params, const void *indices,
                        void *out, int64_t begin, int64_t end) {
  gather_job j = {shape, params, indices, out, -1};
  gather_part(&j, (size_t)begin, (size_t)end);
  return j.bad;
}

// The offset in bytes that row i of the indices selects, or -1.
JK_INLINE int64_t nd_offset(const jk_nd_shape *s, const void *indices, int64_t i) {
  int64_t offset = 0;
  for (int d = 0; d < s->depth; d++) {
    int64_t x = index_at(indices, s->index_size, i * s->depth + d);
    if ((uint64_t)x >= (uint64_t)s->dims[d]) return -1;
    offset += x * s->stride[d];
  }
  return offset;
}

typedef struct {
  const jk_nd_shape *shape;
  const char *params;
  const void *indices;
  char *out;
  _Atomic int64_t bad;
} nd_job;

static void gather_nd_part(void *context, size_t begin, size_t end) {
  nd_job *j = context;
  const jk_nd_shape *s = j->shape;
  for (size_t i = begin; i < end; i++) {
    int64_t offset = nd_offset(s, j->indices, (int64_t)i);
    if (offset < 0) {
      if (!s->skip_bad) note_bad(&j->bad, (int64_t)i);
      memset(j->out + (int64_t)i * s->row, 0, (size_t)s->row);
    } else {
      copy_row(j->out + (int64_t)i * s->row, j->params + offset, (size_t)s->row);
    }
  }
}

int64_t jk_gather_nd(const jk_nd_shape *shape, const void *params, const void *indices, void *out) {
  nd_job j = {shape, params, indices, out, -1};
  int64_t grain = 65536 / (shape->row + 8);
  jk_parallel_for((size_t)shape->count, (size_t)(grain < 1 ? 1 : grain), gather_nd_part, &j);
  return j.bad;
}

// --- scattering ---

typedef void (*combine)(void *out, const void *update, int64_t n);

#define COMBINE(fn, T, GET, SET, expr)                             \
  JK_CLONES_BY(T, void, fn, (void *out, const void *update, int64_t n), \
            (out, update, n)) {                                        \
    T *a = out;                                                    \
    const T *b = update;                                           \
    for (int64_t i = 0; i < n; i++) {                              \
      __auto_type x = GET(a[i]);                                   \
      __auto_type y = GET(b[i]);                                   \
      a[i] = SET(expr);                                            \
    }                                                              \
  }
#define ORDERED(T, GET, SET)                              \
  COMBINE(min_##T, T, GET, SET, y < x ? y : x)            \
  COMBINE(max_##T, T, GET, SET, y > x ? y : x)
#define FLOATS(T, GET, SET)                               \
  COMBINE(add_##T, T, GET, SET, x + y)                    \
  COMBINE(sub_##T, T, GET, SET, x - y)                    \
  COMBINE(mul_##T, T, GET, SET, x * y)                    \
  COMBINE(div_##T, T, GET, SET, x / y)
#define WRAPPING(T, U)                                    \
  ORDERED(T, GET_id, SET_id)                              \
  COMBINE(add_##T, T, GET_id, SET_id, (T)((U)x + (U)y))   \
  COMBINE(sub_##T, T, GET_id, SET_id, (T)((U)x - (U)y))   \
  COMBINE(mul_##T, T, GET_id, SET_id, (T)((U)x * (U)y))
FLOATS(f32, GET_id, SET_id)
ORDERED(f32, GET_id, SET_id)
FLOATS(f64, GET_id, SET_id)
ORDERED(f64, GET_id, SET_id)
FLOATS(f16, GET_f16, SET_f16)
ORDERED(f16, GET_f16, SET_f16)
FLOATS(bf16, GET_bf16, SET_bf16)
ORDERED(bf16, GET_bf16, SET_bf16)
FLOATS(c64, GET_id, SET_id)
FLOATS(c128, GET_id, SET_id)
WRAPPING(i8, u32)
WRAPPING(i16, u32)
WRAPPING(i32, u32)
WRAPPING(i64, u64)
WRAPPING(u8, u32)
WRAPPING(u16, u32)
WRAPPING(u32, u32)
WRAPPING(u64, u64)
COMBINE(add_bool, u8, GET_id, SET_id, x | y)

#define CASES(op)                      \
  case JK_F32: return op##_f32;        \
  case JK_F64: return op##_f64;        \
  case JK_F16: return op##_f16;        \
  case JK_BF16: return op##_bf16;      \
  case JK_I8: return op##_i8;          \
  case JK_I16: return op##_i16;        \
  case JK_I32: return op##_i32;        \
  case JK_I64: return op##_i64;        \
  case JK_U8: return op##_u8;          \
  case JK_U16: return op##_u16;        \
  case JK_U32: return op##_u32;        \
  case JK_U64: return op##_u64;
#define COMPLEX(op)                    \
  case JK_C64: return op##_c64;        \
  case JK_C128: return op##_c128;

static combine find_combine(int op, int dtype) {
  switch (op) {
    case JK_SCATTER_ADD:
      switch (dtype) { CASES(add) COMPLEX(add) case JK_BOOL: return add_bool; }
      break;
    case JK_SCATTER_SUB:
      switch (dtype) { CASES(sub) COMPLEX(sub) }
      break;
    case JK_SCATTER_MUL:
      switch (dtype) { CASES(mul) COMPLEX(mul) }
      break;
    case JK_SCATTER_MIN:
      switch (dtype) { CASES(min) }
      break;
    case JK_SCATTER_MAX:
      switch (dtype) { CASES(max) }
      break;
    case JK_SCATTER_DIV:
      switch (dtype) {
        case JK_F32: return div_f32;
        case JK_F64: return div_f64;
        case JK_F16: return div_f16;
        case JK_BF16: return div_bf16;
        COMPLEX(div)
      }
      break;
  }
  return 0;
}

static int element_size(int dtype) {
  switch (dtype) {
    case JK_BOOL: case JK_I8: case JK_U8: case JK_QI8: case JK_QU8: return 1;
    case JK_I16: case JK_U16: case JK_F16: case JK_BF16: case JK_QI16: case JK_QU16: return 2;
    case JK_F64: case JK_I64: case JK_U64: case JK_C64: return 8;
    case JK_C128: return 16;
    default: return 4;
  }
}

int64_t jk_scatter_nd(const jk_nd_shape *s, int op, int dtype, const void *indices,
                      const void *updates, void *out) {
  combine f = op == JK_SCATTER_UPDATE ? 0 : find_combine(op, dtype);
  if (op != JK_SCATTER_UPDATE && !f) return -2;
  int64_t n = s->row / element_size(dtype);
  for (int64_t i = 0; i < s->count; i++) {
    int64_t offset = nd_offset(s, indices, i);
    if (offset < 0) {
      if (s->skip_bad) continue;
      return i;
    }
    const char *update = (const char *)updates + i * s->row;
    if (f)
      f((char *)out + offset, update, n);
    else
      copy_row((char *)out + offset, update, (size_t)s->row);
  }
  return -1;
}

// Dimension by dimension: what lies before, then what lies behind, is added to where it was
// mirrored from.
#define FOLD(T, GET, SET)                                                                       \
  static void fold_##T(int64_t outer, int64_t dim, int64_t inner, int64_t before, int64_t kept, \
                       int skipped, void *x) {                                                  \
    T *data = x;                                                                                \
    for (int64_t o = 0; o < outer; o++) {                                                       \
      T *plane = data + o * dim * inner;                                                        \
      for (int64_t p = 0; p < dim; p++) {                                                       \
        int64_t k = p - before;                                                                 \
        if (k >= 0 && k < kept) continue;                                                       \
        k = k < 0 ? -k - 1 + skipped : 2 * kept - 1 - k - skipped;                              \
        T *target = plane + (before + k) * inner;                                               \
        const T *source = plane + p * inner;                                                    \
        for (int64_t i = 0; i < inner; i++) {                                                   \
          __auto_type a = GET(target[i]);                                                       \
          __auto_type b = GET(source[i]);                                                       \
          target[i] = SET(a + b);                                                               \
        }                                                                                       \
      }                                                                                         \
    }                                                                                           \
  }
FOLD(f32, GET_id, SET_id)
FOLD(f64, GET_id, SET_id)
FOLD(f16, GET_f16, SET_f16)
FOLD(bf16, GET_bf16, SET_bf16)
FOLD(c64, GET_id, SET_id)
FOLD(c128, GET_id, SET_id)
FOLD(u8, GET_id, (u8))
FOLD(u16, GET_id, (u16))
FOLD(u32, GET_id, SET_id)
FOLD(u64, GET_id, SET_id)

void jk_mirror_fold(int dtype, int64_t outer, int64_t dim, int64_t inner, int64_t before,
                    int64_t kept, int skipped, void *x) {
  switch (dtype) {
    case JK_F32: fold_f32(outer, dim, inner, before, kept, skipped, x); break;
    case JK_F64: fold_f64(outer, dim, inner, before, kept, skipped, x); break;
    case JK_F16: fold_f16(outer, dim, inner, before, kept, skipped, x); break;
    case JK_BF16: fold_bf16(outer, dim, inner, before, kept, skipped, x); break;
    case JK_C64: fold_c64(outer, dim, inner, before, kept, skipped, x); break;
    case JK_C128: fold_c128(outer, dim, inner, before, kept, skipped, x); break;
    case JK_I8: case JK_U8: fold_u8(outer, dim, inner, before, kept, skipped, x); break;
    case JK_I16: case JK_U16: fold_u16(outer, dim, inner, before, kept, skipped, x); break;
    case JK_I32: case JK_U32: fold_u32(outer, dim, inner, before, kept, skipped, x); break;
    default: fold_u64(outer, dim, inner, before, kept, skipped, x); break;
  }
}
