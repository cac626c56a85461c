// The reduction family; see jk.h, which includes this.
#pragma once

// --- reductions over axes ---

enum {
  JK_REDUCE_SUM,
  JK_REDUCE_MEAN,
  JK_REDUCE_PROD,
  JK_REDUCE_MAX,
  JK_REDUCE_MIN,
  JK_REDUCE_ALL,
  JK_REDUCE_ANY,
  JK_REDUCE_NORM,
  JK_REDUCE_L2
};

// An input whose adjacent dimensions are merged, so that kept and reduced ones alternate. Each list
// ends with the dimension that the loops walk: one of the two last dimensions has stride 1.
typedef struct {
  int kept_rank, reduced_rank;  // at least 1 each
  int64_t kept[16], kept_stride[16];
  int64_t reduced[16], reduced_stride[16];
  int64_t outputs, count;       // how many outputs, and inputs per output
  int64_t parts;  // over how many parts the inputs of one output are split; 1 for none
  int64_t scratch;              // in bytes
} jk_reduction;

// Plans the reduction of the dimensions that `reduced` marks. False if there are too many that
// cannot be merged.
bool jk_plan_reduction(int operation, int dtype, int rank, const int64_t *dims, const bool *reduced,
                       jk_reduction *plan);
void jk_reduce(int operation, int dtype, const jk_reduction *plan, const void *in, void *out,
               void *scratch);

// Outputs begin..<end on this thread, of a plan without parts or empty inputs.
void jk_reduce_part(int operation, int dtype, const jk_reduction *plan, const void *in, void *out,
                    size_t begin, size_t end);

// The position of the greatest (or least) of `n` elements, for each of outer × inner; the first of
// equal ones. Positions are int16 or uint16, int32, int64, by their size.
void jk_arg_extreme(int dtype, bool least, const void *in, void *out, size_t index_size,
                    size_t outer, size_t n, size_t inner);

// --- softmax and cross-entropies ---

// Softmax (or its logarithm) of each row.
void jk_softmax(int dtype, bool logarithm, const void *in, void *out, size_t rows, size_t n);
// Loss and gradient of each row. The strides, in elements, are 0 where logits or labels broadcast.
void jk_softmax_xent(int dtype, const void *logits, const void *labels, void *loss, void *gradient,
                     size_t rows, size_t n, size_t logits_row, size_t logits_column,
                     size_t labels_row, size_t labels_column);
// As above with class numbers, which have been checked, instead of probabilities.
void jk_sparse_softmax_xent(int dtype, const void *logits, const void *labels, bool labels_are_64,
                            void *loss, void *gradient, size_t rows, size_t n);

// --- local response normalisation ---

void jk_lrn(int dtype, const void *in, void *out, size_t rows, size_t depth, int64_t radius,
            float bias, float alpha, float beta);
// The gradient of the input, from that of the output, the input and the output.
void jk_lrn_grad(int dtype, const void *gradient, const void *in, const void *out, void *result,
                 size_t rows, size_t depth, int64_t radius, float bias, float alpha, float beta);

// --- scans, orders and counts ---

enum { JK_SCAN_SUM, JK_SCAN_PROD, JK_SCAN_LOGSUMEXP };
// Cumulates along the middle dimension of outer × n × inner.
void jk_scan(int operation, int dtype, const void *in, void *out, size_t outer, size_t n,
             size_t inner, bool exclusive, bool reverse);

// The k greatest of each row and where they are, if sorted greatest first; of equal ones the first
// comes first. `work` has room for rows · (k + 1) int32, indices are integers of index_size bytes.
void jk_top_k(int dtype, const void *in, void *values, void *indices, size_t index_size, void *work,
              size_t rows, size_t n, size_t k, bool sorted);
// The element of each row that is at position `k` once the row is sorted. `work` has room for the
// input.
void jk_nth_element(int dtype, const void *in, void *out, void *work, size_t rows, size_t n,
                    size_t k, bool descending);
// Whether fewer than k classes of a row are predicted above its target. False if the target or
// anything is not finite.
void jk_in_top_k(const float *predictions, const void *targets, bool targets_are_64, bool *out,
                 size_t rows, size_t n, int64_t k);

// Adds the weight of each value, or 1, to the bin that it names; those outside 0..<bins name none.
// The value's row of bins is rows[i], or i / per_row if rows is NULL.
void jk_bincount(int dtype, bool values_are_64, const void *values, size_t count,
                 const void *weights, const int64_t *rows, size_t per_row, int64_t bins,
                 bool binary, void *out);
// Counts of values in bins of equal width; values outside the range count in the first and the
// last. False for a NaN.
bool jk_histogram(int dtype, const void *values, size_t count, const void *range, int64_t bins,
                  bool out_is_64, void *out);

// --- segments ---

enum { JK_SEGMENT_SUM, JK_SEGMENT_PROD, JK_SEGMENT_MAX, JK_SEGMENT_MIN };

// Integers of 2, 4 or 8 bytes.
typedef struct {
  const void *values;
  size_t size;
} jk_ids;

// The first position i < n where ids[i] is not in low..<high, or -1.
int64_t jk_first_outside(jk_ids ids, size_t n, int64_t low, int64_t high);
// The first position where ids get smaller, or -1.
int64_t jk_first_descent(jk_ids ids, size_t n);
// How often each of 0..<count is among the ids, or the square root of that.
void jk_count_ids(jk_ids ids, size_t n, double *counts, size_t count, bool root);

// Folds rows of `in` into rows of `out`: row `from[i]` (i if that is NULL), divided by in_divisors,
// into row `to[i]`, which is nowhere if it is negative. At the end rows of `out` are divided by
// out_divisors. Rows that nothing comes to are 0 if `gaps_are_zero`, else what is neutral. `work`
// has room for the output in floats, for half and bfloat16.
typedef struct {
  int operation, dtype;
  const void *in;
  jk_ids from, to;
  size_t count, inner;
  const double *in_divisors, *out_divisors;
  void *out, *work;
  size_t out_rows;
  bool gaps_are_zero;
} jk_segments;
void jk_fold_segments(const jk_segments *job);

// --- connectionist temporal classification ---

// The loss of one sequence of `steps` rows of `classes` logits that are `stride` elements apart,
// and the gradient of them, against `labels`; the last class is the blank. `work` has room for
// steps · (classes + 2 · (2 · count + 1)) + classes doubles.
void jk_ctc_loss(bool is_double, const void *logits, size_t steps, size_t classes, size_t stride,
                 const int32_t *labels, size_t count, bool merge_repeated, void *loss,
                 void *gradient, double *work);
