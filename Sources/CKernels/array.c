#include "loops.h"

void jk_conjugate_in_place(int dtype, void *x, size_t n) {
  if (dtype == JK_C64) {
    f32 *a = x;
    for (size_t i = 0; i < n; i++) a[2 * i + 1] = -a[2 * i + 1];
  } else {
    f64 *a = x;
    for (size_t i = 0; i < n; i++) a[2 * i + 1] = -a[2 * i + 1];
  }
}

static int64_t integer_at(int dtype, const void *x, int64_t i) {
  switch (dtype) {
    case JK_U8: return ((const u8 *)x)[i];
    case JK_I8: return ((const i8 *)x)[i];
    case JK_I32: return ((const i32 *)x)[i];
    default: return ((const i64 *)x)[i];
  }
}

typedef struct {
  int64_t depth, inner;
  int size, index_dtype;
  const void *indices, *on, *off;
  char *out;
} one_hot_job;

// begin and end count outer positions.
static void one_hot_part(void *context, size_t begin, size_t end) {
  one_hot_job *j = context;
  size_t size = (size_t)j->size, plane = (size_t)(j->depth * j->inner);
  char *out = j->out + begin * plane * size;
  size_t count = (end - begin) * plane;
  switch (size) {
#define FILL(T)                                                \
  {                                                            \
    T v;                                                       \
    memcpy(&v, j->off, sizeof v);                              \
    T *o = (T *)(void *)out;                                   \
    for (size_t i = 0; i < count; i++) o[i] = v;               \
    break;                                                     \
  }
    case 1: FILL(u8)
    case 2: FILL(u16)
    case 4: FILL(u32)
    case 8: FILL(u64)
    default:
      for (size_t i = 0; i < count; i++) memcpy(out + i * size, j->off, size);
  }
  for (size_t o = begin; o < end; o++)
    for (int64_t i = 0; i < j->inner; i++) {
      int64_t hot = integer_at(j->index_dtype, j->indices, (int64_t)o * j->inner + i);
      if (hot >= 0 && hot < j->depth)
        memcpy(j->out + (o * plane + (size_t)(hot * j->inner + i)) * size, j->on, size);
    }
}

void jk_one_hot(int64_t outer, int64_t depth, int64_t inner, int size, int index_dtype,
                const void *indices, const void *on, const void *off, void *out) {
  one_hot_job j = {depth, inner, size, index_dtype, indices, on, off, out};
  int64_t plane = depth * inner, grain = 32768 / (plane + 1);
  if (plane == 0) return;
  jk_parallel_for((size_t)outer, (size_t)(grain < 1 ? 1 : grain), one_hot_part, &j);
}

// --- positions of what is not zero ---

#define NONZERO_TYPES(F)                        \
  case JK_BOOL: case JK_I8: case JK_U8: case JK_QI8: case JK_QU8: F(u8, x != 0)              \
  case JK_I16: case JK_U16: case JK_QI16: case JK_QU16: F(u16, x != 0)                       \
  case JK_F16: case JK_BF16: F(u16, (x & 0x7fff) != 0)                                       \
  case JK_I32: case JK_U32: case JK_QI32: F(u32, x != 0)                                     \
  case JK_F32: F(f32, x != 0)                                                                \
  case JK_F64: F(f64, x != 0)                                                                \
  case JK_C64: F(c64, x != 0)                                                                \
  case JK_C128: F(c128, x != 0)                                                              \
  default: F(u64, x != 0)

JK_PUBLIC_CLONES(int64_t, jk_count_nonzero, (int dtype, const void *data, int64_t n),
                 (dtype, data, n)) {
  int64_t count = 0;
  switch (dtype) {
#define COUNT(T, test)                     \
  {                                        \
    const T *a = data;                     \
    for (int64_t i = 0; i < n; i++) {      \
      T x = a[i];                          \
      count += (test);                     \
    }                                      \
    break;                                 \
  }
    NONZERO_TYPES(COUNT)
  }
  return count;
}

void jk_where(int dtype, const void *data, int rank, const int64_t *dims, int64_t *out) {
  int64_t n = 1, index[JK_COPY_RANK] = {0};
  for (int d = 0; d < rank; d++) n *= dims[d];
  if (n == 0) return;
  int64_t width = rank ? dims[rank - 1] : 1;
  for (int64_t start = 0; start < n; start += width) {
    switch (dtype) {
#define EMIT(T, test)                                               \
  {                                                                 \
    const T *a = (const T *)data + start;                           \
    for (int64_t i = 0; i < width; i++) {                           \
      T x = a[i];                                                   \
      if (!(test)) continue;                                        \
      for (int d = 0; d < rank - 1; d++) *out++ = index[d];         \
      if (rank) *out++ = i;                                         \
    }                                                               \
    break;                                                          \
  }
      NONZERO_TYPES(EMIT)
    }
    for (int d = rank - 2; d >= 0; d--) {
      if (++index[d] < dims[d]) break;
      index[d] = 0;
    }
  }
}

// --- equal elements ---

void jk_unique_keys(int dtype, int64_t outer, int64_t rows, int64_t inner, const void *x,
                    uint64_t *keys, uint8_t *never) {
  int64_t width = outer * inner;
  for (int64_t row = 0; row < rows; row++) {
    uint8_t odd = 0;
    for (int64_t o = 0; o < outer; o++)
      for (int64_t i = 0; i < inner; i++) {
        int64_t at = (o * rows + row) * inner + i;
        uint64_t key;
        switch (dtype) {
          case JK_BOOL:
          case JK_I8:
          case JK_U8:
          case JK_QI8:
          case JK_QU8:
            key = ((const u8 *)x)[at];
            break;
          case JK_I16: case JK_U16: case JK_QI16: case JK_QU16: key = ((const u16 *)x)[at]; break;
          case JK_F16:
            key = ((const u16 *)x)[at];
            if (key == 0x8000) key = 0;
            odd |= (key & 0x7fff) > 0x7c00;
            break;
          case JK_BF16:
            key = ((const u16 *)x)[at];
            if (key == 0x8000) key = 0;
            odd |= (key & 0x7fff) > 0x7f80;
            break;
          case JK_F32:
            key = ((const u32 *)x)[at];
            if (((const f32 *)x)[at] == 0) key = 0;
            odd |= (key & 0x7fffffff) > 0x7f800000;
            break;
          case JK_F64:
            key = ((const u64 *)x)[at];
            if (((const f64 *)x)[at] == 0) key = 0;
            odd |= (key & ~(1ull << 63)) > 0x7ff0000000000000ull;
            break;
          case JK_I32: case JK_U32: case JK_QI32: key = ((const u32 *)x)[at]; break;
          default: key = ((const u64 *)x)[at]; break;
        }
        keys[row * width + o * inner + i] = key;
      }
    never[row] = odd;
  }
}

int64_t jk_unique(int64_t rows, int64_t width, const uint64_t *keys, const uint8_t *never,
                  int64_t *ids, int64_t *firsts, int64_t *table, int64_t table_size) {
  int64_t count = 0;
  uint64_t mask = (uint64_t)table_size - 1;
  for (int64_t i = 0; i < table_size; i++) table[i] = -1;
  for (int64_t row = 0; row < rows; row++) {
    const uint64_t *key = keys + row * width;
    if (!never[row]) {
      uint64_t hash = 0x9e3779b97f4a7c15ull;
      for (int64_t i = 0; i < width; i++)
        hash = (hash ^ key[i]) * 0xff51afd7ed558ccdull, hash ^= hash >> 32;
      uint64_t slot = hash & mask;
      while (table[slot] >= 0 && memcmp(keys + firsts[table[slot]] * width, key, (size_t)width * 8))
        slot = (slot + 1) & mask;
      if (table[slot] >= 0) {
        ids[row] = table[slot];
        continue;
      }
      table[slot] = count;
    }
    firsts[count] = row;
    ids[row] = count++;
  }
  return count;
}

// --- sorted search ---

#define BOUNDS(T, GET)                                                                 \
  {                                                                                    \
    for (int64_t r = 0; r < rows; r++) {                                               \
      const T *a = (const T *)sorted + r * inputs, *v = (const T *)values + r * width; \
      for (int64_t i = 0; i < width; i++) {                                            \
        __auto_type x = GET(v[i]);                                                     \
        int64_t low = 0, high = inputs;                                                \
        while (low < high) {                                                           \
          int64_t mid = (low + high) / 2;                                              \
          __auto_type y = GET(a[mid]);                                                 \
          if (upper ? !(x < y) : y < x)                                                \
            low = mid + 1;                                                             \
          else                                                                         \
            high = mid;                                                                \
        }                                                                              \
        if (wide)                                                                      \
          ((i64 *)out)[r * width + i] = low;                                           \
        else                                                                           \
          ((i32 *)out)[r * width + i] = (i32)low;                                      \
      }                                                                                \
    }                                                                                  \
    return 0;                                                                          \
  }

int jk_bounds(int dtype, int upper, int64_t rows, int64_t inputs, int64_t width, const void *sorted,
              const void *values, int wide, void *out) {
  switch (dtype) {
    case JK_F32: BOUNDS(f32, GET_id)
    case JK_F64: BOUNDS(f64, GET_id)
    case JK_F16: BOUNDS(f16, GET_f16)
    case JK_BF16: BOUNDS(bf16, GET_bf16)
    case JK_I8: BOUNDS(i8, GET_id)
    case JK_I16: BOUNDS(i16, GET_id)
    case JK_I32: BOUNDS(i32, GET_id)
    case JK_I64: BOUNDS(i64, GET_id)
    case JK_U8: BOUNDS(u8, GET_id)
    case JK_U16: BOUNDS(u16, GET_id)
    case JK_U32: BOUNDS(u32, GET_id)
    case JK_U64: BOUNDS(u64, GET_id)
  }
  return -1;
}

#define BUCKETS(T)                                              \
  {                                                             \
    const T *a = x;                                             \
    for (int64_t i = 0; i < n; i++) {                           \
      int64_t low = 0, high = count;                            \
      while (low < high) {                                      \
        int64_t mid = (low + high) / 2;                         \
        if (!(a[i] < boundaries[mid]))                          \
          low = mid + 1;                                        \
        else                                                    \
          high = mid;                                           \
      }                                                         \
      out[i] = (int32_t)low;                                    \
    }                                                           \
    return 0;                                                   \
  }

int jk_bucketize(int dtype, int64_t n, const void *x, const float *boundaries, int64_t count,
                 int32_t *out) {
  switch (dtype) {
    case JK_F32: BUCKETS(f32)
    case JK_F64: BUCKETS(f64)
    case JK_I32: BUCKETS(i32)
    case JK_I64: BUCKETS(i64)
  }
  return -1;
}

// --- products of vectors ---

#define CROSS(T, C, GET, SET)                                                          \
  {                                                                                    \
    const T *p = a, *q = b;                                                            \
    T *o = out;                                                                        \
    for (int64_t i = 0; i < n; i++, p += 3, q += 3, o += 3)                            \
      for (int k = 0; k < 3; k++) {                                                    \
        int l = (k + 1) % 3, m = (k + 2) % 3;                                          \
        T left = SET((C)GET(p[l]) * (C)GET(q[m])), right = SET((C)GET(p[m]) * (C)GET(q[l])); \
        o[k] = SET((C)GET(left) - (C)GET(right));                                      \
      }                                                                                \
    return 0;                                                                          \
  }

int jk_cross(int dtype, int64_t n, const void *a, const void *b, void *out) {
  switch (dtype) {
    case JK_F32: CROSS(f32, f32, GET_id, SET_id)
    case JK_F64: CROSS(f64, f64, GET_id, SET_id)
    case JK_F16: CROSS(f16, f32, GET_f16, SET_f16)
    case JK_BF16: CROSS(bf16, f32, GET_bf16, SET_bf16)
    case JK_I8: case JK_U8: CROSS(u8, u32, GET_id, (u8))
    case JK_I16: case JK_U16: CROSS(u16, u32, GET_id, (u16))
    case JK_I32: case JK_U32: CROSS(u32, u32, GET_id, (u32))
    case JK_I64: case JK_U64: CROSS(u64, u64, GET_id, (u64))
  }
  return -1;
}

// --- bands and sequences ---

typedef struct {
  int64_t rows, cols, lower, upper;
  int size;
  const char *x;
  char *out;
} band_job;

static void band_rows(void *context, size_t begin, size_t end) {
  band_job *j = context;
  int64_t size = j->size;
  for (size_t r = begin; r < end; r++) {
    int64_t i = (int64_t)r % j->rows;
    int64_t low = j->lower < 0 || j->lower > i ? 0 : i - j->lower;
    int64_t high = j->upper < 0 || j->upper > j->cols ? j->cols : i + j->upper + 1;
    if (high > j->cols) high = j->cols;
    if (low > high) low = high;
    char *o = j->out + (int64_t)r * j->cols * size;
    const char *x = j->x + (int64_t)r * j->cols * size;
    memset(o, 0, (size_t)(low * size));
    memcpy(o + low * size, x + low * size, (size_t)((high - low) * size));
    memset(o + high * size, 0, (size_t)((j->cols - high) * size));
  }
}

void jk_band_part(int64_t batch, int64_t rows, int64_t cols, int64_t lower, int64_t upper, int size,
                  const void *x, void *out) {
  if (batch * rows * cols == 0) return;
  band_job j = {rows, cols, lower, upper, size, x, out};
  int64_t grain = 65536 / (cols * size);
  jk_parallel_for((size_t)(batch * rows), (size_t)(grain < 1 ? 1 : grain), band_rows, &j);
}

void jk_reverse_sequence(const int64_t *dims, int seq_first, int wide, const void *lengths,
                         const void *x, void *out) {
  int64_t inner = dims[4];
  const char *in = x;
  char *o = out;
  for (int64_t a = 0; a < dims[0]; a++)
    for (int64_t i = 0; i < dims[1]; i++)
      for (int64_t b = 0; b < dims[2]; b++)
        for (int64_t k = 0; k < dims[3]; k++) {
          int64_t batch = seq_first ? k : i, seq = seq_first ? i : k;
          int64_t length = wide ? ((const i64 *)lengths)[batch] : ((const i32 *)lengths)[batch];
          int64_t from = seq < length ? length - 1 - seq : seq;
          int64_t si = seq_first ? from : i, sk = seq_first ? k : from;
          memcpy(o, in + (((a * dims[1] + si) * dims[2] + b) * dims[3] + sk) * inner,
                 (size_t)inner);
          o += inner;
        }
}
