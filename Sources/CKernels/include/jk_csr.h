// Sparse matrices in compressed rows: where each row begins among the columns and values. Dtypes
// are float, double and the complex ones.
#pragma once
#include "jk.h"

typedef struct {
  int64_t rows, columns;
  // rows + 1 positions, the first 0.
  const int32_t *row_starts, *column_of;
  const void *values;
} jk_csr;

// A dense matrix [rows, columns], transposed or not, conjugated or not.
void jk_dense_turned(int dtype, const void *in, int64_t rows, int64_t columns, int transposed,
                     int conjugated, void *out);

// The transposed matrix. starts has columns + 1 elements, the others as many as values.
void jk_csr_transpose(int dtype, const jk_csr *a, int conjugated, int32_t *starts,
                      int32_t *column_of, void *values);

// How many elements each row of a product has: counts has a->rows elements, seen b->columns. Gives
// the total, or -1 when the run is to end.
int64_t jk_csr_product_sizes(const jk_csr *a, const jk_csr *b, int64_t *counts, int64_t *seen);

// The product, its columns in order. starts has a->rows + 1 elements, filled in from the counts;
// seen and sums (of the dtype) have b->columns. Gives 0 when the run is to end.
int jk_csr_product(int dtype, const jk_csr *a, const jk_csr *b, const int32_t *starts,
                   int64_t *seen, void *sums, int32_t *column_of, void *values);

// The parent of each column in the elimination tree of a symmetric matrix whose rows and columns
// are taken in the order `order`, and how many elements each row of its Cholesky factor has.
// inverse, parents and seen have as many elements as rows. Gives the total, or -1 when the run is
// to end.
int64_t jk_csr_cholesky_sizes(const jk_csr *a, const int32_t *order, const int32_t *inverse,
                              int64_t *parents, int64_t *seen, int64_t *counts);

// The lower factor L of the matrix in that order, by rows. seen and sums (of the dtype) have as
// many elements as rows. Gives 1; 0 when the run is to end; -1 when the matrix is not
// positive definite.
int jk_csr_cholesky(int dtype, const jk_csr *a, const int32_t *order, const int32_t *inverse,
                    const int64_t *parents, int64_t *seen, const int32_t *starts,
                    void *sums, int32_t *column_of, void *values);
