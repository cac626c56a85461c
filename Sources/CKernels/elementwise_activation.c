// Activations, and the derivatives that have ops of their own.
#include "elementwise.h"

#define ALPHA(T) const T alpha = *(const float *)params;

// As Eigen's vectors do: -0.0 gives 0, and what is not a number stays so.
UNARY_FLOATS(relu, x <= 0 ? 0 : x, x <= 0 ? 0 : x)
UNARY_SIGNED(relu, x < 0 ? 0 : x)
UNARY_UNSIGNED(relu, x)
JK_TABLE(relu, REAL_CASES(relu))
UNARY_FLOATS(relu6, x <= 0 ? 0 : (x > 6 ? 6 : x), x <= 0 ? 0 : (x > 6 ? 6 : x))
UNARY_SIGNED(relu6, x < 0 ? 0 : (x > 6 ? 6 : x))
UNARY_UNSIGNED(relu6, x > 6 ? 6 : x)
JK_TABLE(relu6, REAL_CASES(relu6))
UNARY_OP(elu, x < 0 ? fast_expm1f(x) : x, x < 0 ? expm1(x) : x)
#define SELU_SCALE 1.0507009873554804934193349852946
#define SELU_SCALE_ALPHA 1.7580993408473768599402175208123
UNARY_OP(selu, x < 0 ? (float)SELU_SCALE_ALPHA * fast_expm1f(x) : (float)SELU_SCALE * x,
         x < 0 ? SELU_SCALE_ALPHA * expm1(x) : SELU_SCALE * x)
UNARY_FLOATS_WITH(leaky_relu, ALPHA(double), x > 0 ? x : x * (float)alpha, x > 0 ? x : x * alpha)
JK_TABLE(leaky_relu, FLOAT_CASES(leaky_relu))
UNARY_OP(softplus, (x > 0 ? x : 0) + fast_log1pf(fast_expf(-fast_absf(x))),
         (x > 0 ? x : 0) + log1p(exp(-fabs(x))))
UNARY_OP(softsign, x / (1 + fast_absf(x)), x / (1 + fabs(x)))

// x is the gradient, y the input or output of the function.
#define PASS_WHERE(name, condition)                                  \
  BINARY_FLOATS(name, condition * x, condition * x)                  \
  BINARY_INTS(name, condition ? x : 0)                               \
  JK_TABLE(name, REAL_CASES(name))
PASS_WHERE(relu_grad, (y > 0))
PASS_WHERE(relu6_grad, (y > 0 && y < 6))
BINARY_FLOATS_WITH(leaky_relu_grad, ALPHA(double), y > 0 ? x : x * (float)alpha,
                   y > 0 ? x : x * alpha)
JK_TABLE(leaky_relu_grad, FLOAT_CASES(leaky_relu_grad))
BINARY_OP(elu_grad, y < 0 ? (y + 1) * x : x, y < 0 ? (y + 1) * x : x)
BINARY_OP(selu_grad, y < 0 ? (y + (float)SELU_SCALE_ALPHA) * x : (float)SELU_SCALE * x,
          y < 0 ? (y + SELU_SCALE_ALPHA) * x : SELU_SCALE * x)
BINARY_OP(softplus_grad, x * fast_sigmoidf(y), x / (1 + exp(-y)))
BINARY_OP(softsign_grad, x / ((1 + fast_absf(y)) * (1 + fast_absf(y))),
          x / ((1 + fabs(y)) * (1 + fabs(y))))

// x is the function's output, y the gradient, which is rounded last: each other step rounds to the
// dtype. A gradient of 0 gives 0 even where the output is 0, infinite or not a number, so that
// where(x > 0, sqrt(x), 0) has gradients.
#define NO_NAN(value) (y == 0 ? 0 : (value))
#define CUBE_f32 JK_ROUNDED(x * JK_ROUNDED(x * x))
BINARY_COMPLEX_OP(sqrt_grad, NO_NAN(JK_ROUNDED(0.5f / x) * y), NO_NAN(0.5 / x * y),
                  NO_NAN(product_c64(quotient_c64(0.5f, conjf(x)), y)),
                  NO_NAN(product_c128(quotient_c128(0.5, conj(x)), y)))
BINARY_COMPLEX_OP(rsqrt_grad, NO_NAN(JK_ROUNDED(-0.5f * CUBE_f32) * y),
                  NO_NAN(-0.5 * (x * (x * x)) * y),
                  NO_NAN(product_c64(-0.5f * cube_c64(conjf(x)), y)),
                  NO_NAN(product_c128(-0.5 * cube_c128(conj(x)), y)))
BINARY_COMPLEX_OP(reciprocal_grad, NO_NAN(-JK_ROUNDED(x * x) * y), NO_NAN(-(x * x) * y),
                  NO_NAN(product_c64(-product_c64(conjf(x), conjf(x)), y)),
                  NO_NAN(product_c128(-product_c128(conj(x), conj(x)), y)))
BINARY_COMPLEX_OP(sigmoid_grad, y * JK_ROUNDED(x * JK_ROUNDED(1 - x)), y * (x * (1 - x)),
                  product_c64(y, product_c64(x, 1 - x)),
                  product_c128(y, product_c128(x, 1 - x)))
BINARY_COMPLEX_OP(tanh_grad, y * JK_ROUNDED(1 - JK_ROUNDED(x * x)), y * (1 - x * x),
                  product_c64(y, 1 - product_c64(x, x)),
                  product_c128(y, 1 - product_c128(x, x)))
