// The linalg family; see jk.h, which includes this.
#pragma once

// A product of dense row-major matrices by a library; ta and tb are 0 for as is, 1 for transposed,
// 2 for conjugated and transposed; lda, ldb and ldc are the row lengths in memory.
typedef void (*jk_gemm)(int ta, int tb, int64_t m, int64_t n, int64_t k, const void *_Nonnull a,
                        int64_t lda, const void *_Nonnull b, int64_t ldb, void *_Nonnull c,
                        int64_t ldc);

// What multiplying two stacks of matrices takes.
typedef struct {
  int dtype;
  int ta, tb;
  int64_t batch, m, n, k;
  // Per product, which matrix of a and of b it takes; NULL when product i takes the i-th.
  const int64_t *_Nullable a_index, *_Nullable b_index;
  // How many matrices a and b have.
  int64_t a_count, b_count;
  // The library's product for large matrices, for half and bfloat16 that of floats; NULL for the
  // loops here.
  jk_gemm _Nullable gemm;
  // Whether that product uses the pool itself.
  int gemm_is_parallel;
} jk_matmul;

// The bytes of scratch memory that jk_run_matmul needs.
size_t jk_matmul_scratch(const jk_matmul *_Nonnull p);

void jk_run_matmul(const jk_matmul *_Nonnull p, const void *_Nonnull a, const void *_Nonnull b,
                   void *_Nonnull c, void *_Nullable scratch);

// Converts `count` numbers of dtype `from` to dtype `to`, before a product of mixed dtypes.
void jk_convert_numbers(int from, int to, const void *_Nonnull in, void *_Nonnull out,
                        int64_t count);

double jk_exp_f64(double x);
double jk_log_f64(double x);

// Fills out with ones.
void jk_fill_ones(int dtype, void *_Nonnull out, int64_t count);

// A product in single precision: c[m,n] = a[m,k] · b[k,n] + bias[n], held between low and high
// where it clamps. The width is that of a panel of columns on this processor; with n below it, b
// has to be packed.
typedef struct {
  int64_t m, n, k;
  int64_t a_row;           // from one row of a to the next
  int64_t b_row, b_panel;  // the same in b; from panel to panel where it is packed, else 0
  int64_t width;
  int clamps;
  float low, high;
} jk_product;

int jk_product_width(void);
int64_t jk_product_panels(const jk_product *_Nonnull p);

// Lays b, or its transpose, out panel by panel, panels · k · width floats, and says so in p.
void jk_product_pack(jk_product *_Nonnull p, const float *_Nonnull b, int transposed,
                     float *_Nonnull packed);

// Rows begin..<end of panels first..<last. The bits of a number do not depend on the part.
void jk_product_part(const jk_product *_Nonnull p, const float *_Nonnull a, const float *_Nonnull b,
                     const float *_Nullable bias, float *_Nonnull c, int64_t begin, int64_t end,
                     int64_t first, int64_t last);

// The whole, split over the pool.
void jk_run_product(const jk_product *_Nonnull p, const float *_Nonnull a, const float *_Nonnull b,
                    const float *_Nullable bias, float *_Nonnull c);
