// The array family; see jk.h, which includes this.
#pragma once

// A copy of a strided region onto another: pointers[dst] + dst_offset + Σ index·dst_stride takes
// what lies at pointers[src] + src_offset + Σ index·src_stride. Offsets and strides are in bytes; a
// source stride may be 0 or negative. A src of -1 stands for zeros.
#define JK_COPY_RANK 16
typedef struct {
  int32_t src, dst;
  int32_t rank;
  int32_t size;   // of an element: 1, 2, 4, 8 or 16 bytes
  int32_t waits;  // whether it starts only when those before it are done
  int64_t src_offset, dst_offset;
  int64_t dims[JK_COPY_RANK], src_stride[JK_COPY_RANK], dst_stride[JK_COPY_RANK];
  // Set by jk_copy_prepare: how it is done and in how many independent units.
  int32_t kind, turned;
  int64_t chunk, chunks, blocks, units, bytes;
} jk_copy;

// Decides how a copy is done, once its other fields are set.
void jk_copy_prepare(jk_copy *_Nonnull copy);

// A copy of some bytes of each row of one tensor to the rows of another.
typedef struct {
  int32_t src, dst;
  int64_t src_offset, dst_offset, src_row, dst_row, bytes;
} jk_row_copy;

// The rows that a prepared copy goes through, with what it does in each; 0 where it is of another
// kind.
int64_t jk_copy_rows(const jk_copy *_Nonnull copy, jk_row_copy *_Nonnull rows);
void jk_run_row_copies(const jk_row_copy *_Nonnull copies, size_t count,
                       void *_Nonnull const *_Nonnull pointers, int64_t begin, int64_t end);

// Does copies; the destinations of those that do not wait for each other do not overlap.
void jk_copies(const jk_copy *_Nonnull copies, size_t count,
               void *_Nonnull const *_Nonnull pointers);

// Index types are told by their size in bytes: 2, 4 or 8, or -2 for unsigned 16 bits.

// out[b, o, i, :] = params[b, o, indices[b, i], :], the last dimension being `row` bytes.
// Returns -1, or the position of an index that is not in 0..<limit.
typedef struct {
  int64_t batch, outer, limit, count, row;
  int index_size;
} jk_gather_shape;
int64_t jk_gather(const jk_gather_shape *_Nonnull shape, const void *_Nonnull params,
                  const void *_Nonnull indices, void *_Nonnull out);
// The same for rows begin..<end of the output, on this thread.
int64_t jk_gather_range(const jk_gather_shape *_Nonnull shape, const void *_Nonnull params,
                        const void *_Nonnull indices, void *_Nonnull out, int64_t begin,
                        int64_t end);

// Rows of `depth` indices into the leading dimensions; `row` is the size in bytes of what they
// select.
typedef struct {
  int64_t count, row;
  int depth, index_size;
  int skip_bad;  // bad indices are passed over and not an error
  int64_t dims[8], stride[8];  // stride in bytes
} jk_nd_shape;
int64_t jk_gather_nd(const jk_nd_shape *_Nonnull shape, const void *_Nonnull params,
                     const void *_Nonnull indices, void *_Nonnull out);

enum {
  JK_SCATTER_UPDATE,
  JK_SCATTER_ADD,
  JK_SCATTER_SUB,
  JK_SCATTER_MIN,
  JK_SCATTER_MAX,
  JK_SCATTER_MUL,
  JK_SCATTER_DIV
};
// out[indices[i]] op= updates[i]; out holds the starting values. Returns -1, or the first bad row,
// or -2 for a dtype that the op does not take.
int64_t jk_scatter_nd(const jk_nd_shape *_Nonnull shape, int op, int dtype,
                      const void *_Nonnull indices, const void *_Nonnull updates,
                      void *_Nonnull out);

// x = conjugate of x, in place, for complex64 and complex128.
void jk_conjugate_in_place(int dtype, void *_Nonnull x, size_t n);

// out[o, d, i] = indices[o, i] == d ? on : off, for elements of `size` bytes.
void jk_one_hot(int64_t outer, int64_t depth, int64_t inner, int size, int index_dtype,
                const void *_Nonnull indices, const void *_Nonnull on, const void *_Nonnull off,
                void *_Nonnull out);

// Counts the elements that are not zero, and writes their row-major positions.
int64_t jk_count_nonzero(int dtype, const void *_Nonnull x, int64_t n);
void jk_where(int dtype, const void *_Nonnull x, int rank, const int64_t *_Nonnull dims,
              int64_t *_Nonnull out);

// Per row of `width` values, the number of sorted inputs below (upper: not above) each value.
int jk_bounds(int dtype, int upper, int64_t rows, int64_t inputs, int64_t width,
              const void *_Nonnull sorted, const void *_Nonnull values, int wide,
              void *_Nonnull out);
int jk_bucketize(int dtype, int64_t n, const void *_Nonnull x, const float *_Nonnull boundaries,
                 int64_t count, int32_t *_Nonnull out);
int jk_cross(int dtype, int64_t n, const void *_Nonnull a, const void *_Nonnull b,
             void *_Nonnull out);

// out is x where the diagonal's distance is in -lower...upper, 0 elsewhere; lower or upper < 0
// means no limit.
void jk_band_part(int64_t batch, int64_t rows, int64_t cols, int64_t lower, int64_t upper, int size,
                  const void *_Nonnull x, void *_Nonnull out);
// x[a, i, b, k, :] where one of i and k counts the batch and the other the sequence, whose first
// lengths[batch] elements are reversed. The last of the five dims is in bytes.
void jk_reverse_sequence(const int64_t *_Nonnull dims, int seq_first, int wide,
                         const void *_Nonnull lengths, const void *_Nonnull x, void *_Nonnull out);

// The gradient of mirror padding along the middle one of x[outer, dim, inner]: what is outside
// before..<before + kept is added to where it was mirrored from.
void jk_mirror_fold(int dtype, int64_t outer, int64_t dim, int64_t inner, int64_t before,
                    int64_t kept, int skipped, void *_Nonnull x);

// For x[outer, rows, inner]: one key per element, row by row; never[row] says that the row equals
// none, not even itself.
void jk_unique_keys(int dtype, int64_t outer, int64_t rows, int64_t inner, const void *_Nonnull x,
                    uint64_t *_Nonnull keys, uint8_t *_Nonnull never);
// Numbers the different rows of keys in order of appearance; table_size is a power of 2 of more
// than `rows`.
int64_t jk_unique(int64_t rows, int64_t width, const uint64_t *_Nonnull keys,
                  const uint8_t *_Nonnull never, int64_t *_Nonnull ids, int64_t *_Nonnull firsts,
                  int64_t *_Nonnull table, int64_t table_size);
