#include "loops.h"

typedef struct { u64 a, b; } w128;

enum { ROWS, STRIDED, TURNED, ZEROS };
enum { CHUNK_BYTES = 1 << 16, TILE_COLUMNS = 1024 };

static int lanes(int size) { return size == 16 ? 4 : size == 8 ? 8 : 16; }

#define SWAP(a, b)   \
  do {               \
    int64_t old = a; \
    a = b;           \
    b = old;         \
  } while (0)

void jk_copy_prepare(jk_copy *c) {
  // Drop dimensions of size 1, then merge neighbours that both sides walk in one go.
  int rank = 0;
  for (int d = 0; d < c->rank; d++) {
    if (c->dims[d] == 1) continue;
    if (rank && c->src_stride[rank - 1] == c->src_stride[d] * c->dims[d] &&
        c->dst_stride[rank - 1] == c->dst_stride[d] * c->dims[d]) {
      c->dims[rank - 1] *= c->dims[d];
    } else {
      c->dims[rank] = c->dims[d];
      c->src_stride[rank] = c->src_stride[d];
      c->dst_stride[rank] = c->dst_stride[d];
      rank++;
      continue;
    }
    c->src_stride[rank - 1] = c->src_stride[d];
    c->dst_stride[rank - 1] = c->dst_stride[d];
  }
  // A short contiguous run is one wide element.
  if (rank > 1 && c->src >= 0 && c->src_stride[rank - 1] == c->size &&
      c->dst_stride[rank - 1] == c->size) {
    int64_t run = c->dims[rank - 1] * c->size;
    if (run == 2 || run == 4 || run == 8 || run == 16) {
      c->size = (int32_t)run;
      rank--;
    }
  }
  if (rank == 0) {
    c->dims[0] = 1;
    c->src_stride[0] = c->dst_stride[0] = c->size;
    rank = 1;
  }
  c->rank = rank;
  int last = rank - 1;
  // Elements that lie apart are copied along the longer of the two inner dimensions.
  if (rank > 1 && c->src >= 0 && c->dims[last] < 8 && c->dims[last] < c->dims[last - 1] &&
      (c->src_stride[last] != c->size || c->dst_stride[last] != c->size)) {
    SWAP(c->dims[last], c->dims[last - 1]);
    SWAP(c->src_stride[last], c->src_stride[last - 1]);
    SWAP(c->dst_stride[last], c->dst_stride[last - 1]);
  }
  int64_t n = c->dims[last], outer = 1;
  for (int d = 0; d < last; d++) outer *= c->dims[d];
  c->bytes = outer * n * c->size;
  c->turned = -1;
  if (c->src < 0) {
    c->kind = ZEROS;
  } else if (c->src_stride[last] == c->size && c->dst_stride[last] == c->size) {
    c->kind = ROWS;
  } else {
    c->kind = STRIDED;
    if (c->dst_stride[last] == c->size && n >= 4)
      for (int d = 0; d < last; d++)
        if (c->src_stride[d] == c->size && c->dims[d] >= 4) {
          c->kind = TURNED;
          c->turned = d;
        }
  }
  if (c->kind == TURNED) {
    int64_t a = c->dims[c->turned], l = lanes(c->size);
    c->blocks = (a + l - 1) / l;
    c->chunk = TILE_COLUMNS;
    c->chunks = (n + c->chunk - 1) / c->chunk;
    c->units = outer / (a ? a : 1) * c->blocks * c->chunks;
  } else {
    c->chunk = CHUNK_BYTES / c->size;
    if (c->chunk > n) c->chunk = n ? n : 1;
    c->chunks = (n + c->chunk - 1) / c->chunk;
    c->units = outer * c->chunks;
  }
  if (c->bytes == 0) c->units = 0;
}

#define STRIDED_ROW(T)                                                                          \
  JK_INLINE void strided_##T(char *d, const char *s, int64_t n, int64_t ds, int64_t ss) {          \
    if (ds == sizeof(T) && ss == 0) {                                                           \
      T v;                                                                                      \
      memcpy(&v, s, sizeof v);                                                                  \
      for (int64_t i = 0; i < n; i++) memcpy(d + i * (int64_t)sizeof(T), &v, sizeof v);         \
    } else if (ds == sizeof(T) && ss == -(int64_t)sizeof(T)) {                                  \
      s -= (n - 1) * (int64_t)sizeof(T);                                                        \
      for (int64_t i = 0; i < n; i++)                                                           \
        memcpy(d + i * (int64_t)sizeof(T), s + (n - 1 - i) * (int64_t)sizeof(T), sizeof(T));    \
    } else if (ds == sizeof(T) && ss == 2 * (int64_t)sizeof(T)) {                               \
      for (int64_t i = 0; i < n; i++)                                                           \
        memcpy(d + i * (int64_t)sizeof(T), s + i * 2 * (int64_t)sizeof(T), sizeof(T));          \
    } else {                                                                                    \
      for (int64_t i = 0; i < n; i++) memcpy(d + i * ds, s + i * ss, sizeof(T));                \
    }                                                                                           \
  }
STRIDED_ROW(u8)
STRIDED_ROW(u16)
STRIDED_ROW(u32)
STRIDED_ROW(u64)
STRIDED_ROW(w128)

JK_INLINE void strided_row(int size, char *d, const char *s, int64_t n, int64_t ds, int64_t ss) {
  switch (size) {
    case 1: strided_u8(d, s, n, ds, ss); break;
    case 2: strided_u16(d, s, n, ds, ss); break;
    case 4: strided_u32(d, s, n, ds, ss); break;
    case 8: strided_u64(d, s, n, ds, ss); break;
    default: strided_w128(d, s, n, ds, ss); break;
  }
}

JK_INLINE void zero_row(int size, char *d, int64_t n, int64_t ds) {
  if (ds == size) {
    memset(d, 0, (size_t)(n * size));
  } else {
    for (int64_t i = 0; i < n; i++) memset(d + i * ds, 0, (size_t)size);
  }
}

// Rows of the last dimension, cut into chunks.
JK_CLONES(void, copy_rows, (const jk_copy *c, const char *src, char *dst, int64_t begin,
                            int64_t end),
          (c, src, dst, begin, end)) {
  int last = c->rank - 1, size = c->size;
  int64_t n = c->dims[last], ss = c->src_stride[last], ds = c->dst_stride[last];
  int64_t index[JK_COPY_RANK], rest = begin / c->chunks, part = begin % c->chunks;
  for (int d = last - 1; d >= 0; d--) {
    index[d] = rest % c->dims[d];
    rest /= c->dims[d];
    src += index[d] * c->src_stride[d];
    dst += index[d] * c->dst_stride[d];
  }
  for (int64_t unit = begin; unit < end; unit++) {
    int64_t at = part * c->chunk, m = n - at < c->chunk ? n - at : c->chunk;
    char *d = dst + at * ds;
    const char *s = src + at * ss;
    if (c->kind == ROWS)
      memcpy(d, s, (size_t)(m * size));
    else if (c->kind == ZEROS)
      zero_row(size, d, m, ds);
    else
      strided_row(size, d, s, m, ds, ss);
    if (++part < c->chunks) continue;
    part = 0;
    for (int k = last - 1; k >= 0; k--) {
      src += c->src_stride[k];
      dst += c->dst_stride[k];
      if (++index[k] < c->dims[k]) break;
      src -= c->dims[k] * c->src_stride[k];
      dst -= c->dims[k] * c->dst_stride[k];
      index[k] = 0;
    }
  }
}

// A square of elements turned in registers: log2(L) rounds, each interleaving a row with the one
// half the square below.
#define LOW_16 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define HIGH_16 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#define LOW_8 0, 8, 1, 9, 2, 10, 3, 11
#define HIGH_8 4, 12, 5, 13, 6, 14, 7, 15
#define TURN_SQUARE(T, L, ROUNDS)                                                                \
  typedef T v_##T __attribute__((vector_size(L * sizeof(T))));                                   \
  JK_INLINE void turn_##T(char *d, int64_t ds, const char *s, int64_t ss, int stream) {          \
    v_##T r[L], t[L];                                                                            \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < L; i++)                               \
        memcpy(&r[i], s + i * ss, sizeof r[i]);                                                  \
    _Pragma("clang loop unroll(full)") for (int round = 0; round < ROUNDS; round++) {            \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < L / 2; i++) {                       \
        t[2 * i] = __builtin_shufflevector(r[i], r[i + L / 2], LOW_##L);                         \
        t[2 * i + 1] = __builtin_shufflevector(r[i], r[i + L / 2], HIGH_##L);                    \
      }                                                                                          \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < L; i++) r[i] = t[i];                \
    }                                                                                            \
    if (stream) {                                                                                \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < L; i++)                             \
          __builtin_nontemporal_store(r[i], (v_##T *)(void *)(d + i * ds));                      \
    } else {                                                                                     \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < L; i++)                             \
          memcpy(d + i * ds, &r[i], sizeof r[i]);                                                \
    }                                                                                            \
  }                                                                                              \
  /* rows x columns of the destination; the source has them the other way round. */              \
  JK_CLONES(void, turned_##T, (char *d, int64_t ds, const char *s, int64_t ss, int64_t rows,     \
                               int64_t columns, int stream),                                     \
            (d, ds, s, ss, rows, columns, stream)) {                                             \
    int64_t j = 0;                                                                               \
    if (rows == L)                                                                               \
      for (; j + L <= columns; j += L)                                                           \
        turn_##T(d + j * (int64_t)sizeof(T), ds, s + j * ss, ss, stream);                        \
    for (; j < columns; j++)                                                                     \
      for (int64_t i = 0; i < rows; i++)                                                         \
        memcpy(d + i * ds + j * (int64_t)sizeof(T), s + j * ss + i * (int64_t)sizeof(T),         \
               sizeof(T));                                                                       \
  }
TURN_SQUARE(u8, 16, 4)
TURN_SQUARE(u16, 16, 4)
TURN_SQUARE(u32, 16, 4)
TURN_SQUARE(u64, 8, 3)

static void turned_w128(char *d, int64_t ds, const char *s, int64_t ss, int64_t rows,
                        int64_t columns) {
  for (int64_t j = 0; j < columns; j++)
    for (int64_t i = 0; i < rows; i++) memcpy(d + i * ds + j * 16, s + j * ss + i * 16, 16);
}

// Stripes of one square's height along the dimension that is innermost in the source.
static void copy_turned(const jk_copy *c, const char *src, char *dst, int64_t begin, int64_t end) {
  int last = c->rank - 1, size = c->size, l = lanes(size);
  int64_t n = c->dims[last], a = c->dims[c->turned], ss = c->src_stride[last],
          ds = c->dst_stride[c->turned];
  // Results that no cache could hold are written past it.
  int stream = c->bytes >= 1 << 24 && ((uintptr_t)dst | (uintptr_t)ds) % 64 == 0;
  for (int d = 0; d < last; d++) stream &= c->dst_stride[d] % 64 == 0;
  for (int64_t unit = begin; unit < end; unit++) {
    int64_t block = unit % c->blocks, rest = unit / c->blocks, part = rest % c->chunks;
    rest /= c->chunks;
    const char *s = src;
    char *d = dst;
    for (int k = last - 1; k >= 0; k--) {
      if (k == c->turned) continue;
      int64_t i = rest % c->dims[k];
      rest /= c->dims[k];
      s += i * c->src_stride[k];
      d += i * c->dst_stride[k];
    }
    int64_t row = block * l, rows = a - row < l ? a - row : l;
    int64_t column = part * c->chunk, columns = n - column < c->chunk ? n - column : c->chunk;
    s += row * size + column * ss;
    d += row * ds + column * size;
    switch (size) {
      case 1: turned_u8(d, ds, s, ss, rows, columns, 0); break;
      case 2: turned_u16(d, ds, s, ss, rows, columns, 0); break;
      case 4: turned_u32(d, ds, s, ss, rows, columns, stream); break;
      case 8: turned_u64(d, ds, s, ss, rows, columns, stream); break;
      default: turned_w128(d, ds, s, ss, rows, columns); break;
    }
  }
  if (stream) __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static void copy_units(const jk_copy *c, void *const *pointers, int64_t begin, int64_t end) {
  char *dst = (char *)pointers[c->dst] + c->dst_offset;
  const char *src = c->src < 0 ? dst : (const char *)pointers[c->src] + c->src_offset;
  if (c->kind == TURNED)
    copy_turned(c, src, dst, begin, end);
  else
    copy_rows(c, src, dst, begin, end);
}

typedef struct {
  const jk_copy *copies;
  size_t count;
  void *const *pointers;
} job;

// begin and end count the bytes of all copies in order.
static void part(void *context, size_t begin, size_t end) {
  const job *j = context;
  int64_t start = 0;
  for (size_t i = 0; i < j->count; i++) {
    const jk_copy *c = &j->copies[i];
    int64_t stop = start + c->bytes;
    if (c->units && stop > (int64_t)begin && start < (int64_t)end) {
      // A unit belongs to the part in which its first byte lies.
      int64_t first = (int64_t)begin > start ? (int64_t)begin - start : 0;
      int64_t behind = (int64_t)end < stop ? (int64_t)end - start : c->bytes;
      double scale = (double)c->units / (double)c->bytes;
      int64_t from = first == 0 ? 0 : (int64_t)__builtin_ceil((double)first * scale);
      int64_t to = behind == c->bytes ? c->units : (int64_t)__builtin_ceil((double)behind * scale);
      if (from < to) copy_units(c, j->pointers, from, to);
    }
    start = stop;
  }
}

void jk_copies(const jk_copy *copies, size_t count, void *const *pointers) {
  for (size_t first = 0; first < count;) {
    size_t next = first;
    int64_t total = 0;
    do total += copies[next++].bytes;
    while (next < count && !copies[next].waits);
    job j = {copies + first, next - first, pointers};
    jk_parallel_for((size_t)total, 1 << 17, part, &j);
    first = next;
  }
}

// Shorter rows are better copied by the loops for single elements.
enum { LEAST_ROW = 32 };

int64_t jk_copy_rows(const jk_copy *c, jk_row_copy *r) {
  if (c->src < 0 || c->waits || c->rank != 2 || c->src_stride[1] != c->size ||
      c->dst_stride[1] != c->size)
    return 0;
  *r = (jk_row_copy){c->src,           c->dst,           c->src_offset,         c->dst_offset,
                     c->src_stride[0], c->dst_stride[0], c->dims[1] * c->size};
  return r->bytes < LEAST_ROW ? 0 : c->dims[0];
}

void jk_run_row_copies(const jk_row_copy *copies, size_t count, void *const *pointers,
                       int64_t begin, int64_t end) {
  for (size_t k = 0; k < count; k++) {
    const jk_row_copy *c = &copies[k];
    const char *from = (const char *)pointers[c->src] + c->src_offset;
    char *to = (char *)pointers[c->dst] + c->dst_offset;
    for (int64_t i = begin; i < end; i++)
      memcpy(to + i * c->dst_row, from + i * c->src_row, (size_t)c->bytes);
  }
}
