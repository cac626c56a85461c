// Products with sparse matrices.
#pragma once
#include "jk.h"

// A sparse matrix of shape [rows, inner], or its adjoint, times a dense one with `columns` columns.
typedef struct {
  int dtype;
  // Whether the coordinates are (column, row) and the values conjugated; whether b is [columns,
  // inner] and conjugated.
  int adjoint_a, adjoint_b;
  int index_size;
  int64_t count, rows, inner, columns;
  const void *indices, *values, *b;
  void *out;
} jk_sparse_product;

// The dtype that sums are kept in.
int jk_sparse_sum_size(int dtype);

// The first element whose coordinates are out of range, or -1.
int64_t jk_sparse_first_bad(const jk_sparse_product *_Nonnull job);

// sums has rows * columns elements where the dtype is narrower than its sums, and is not used
// otherwise.
void jk_sparse_multiply(const jk_sparse_product *_Nonnull job, void *_Nullable sums);
