// Special functions, computed in double precision for every dtype.
#include "elementwise.h"
#include "special.h"

#define SPECIAL_LOOPS(name, expr)                                              \
  JK_UNARY_LOOP(name##_f32, f32, f32, GET_id, SET_id, (float)expr)             \
  JK_UNARY_LOOP(name##_f64, f64, f64, GET_id, SET_id, expr)                    \
  JK_UNARY_LOOP(name##_f16, f16, f16, GET_f16, SET_f16, expr)                  \
  JK_UNARY_LOOP(name##_bf16, bf16, bf16, GET_bf16, SET_bf16, (float)expr)
#define SPECIAL(name, expr) SPECIAL_LOOPS(name, expr) JK_TABLE(name, FLOAT_CASES(name))

SPECIAL(lgamma, special_lgamma(x))
SPECIAL(digamma, special_digamma(x))
SPECIAL(erfinv, special_erfinv(x))
SPECIAL(ndtri, special_ndtri(x))
SPECIAL(bessel_i0, special_i0(x))
SPECIAL(bessel_i0e, special_i0e(x))
SPECIAL(bessel_i1, special_i1(x))
SPECIAL(bessel_i1e, special_i1e(x))
SPECIAL(bessel_j0, special_j0(x))
SPECIAL(bessel_j1, special_j1(x))
SPECIAL(bessel_k0, special_k0(x))
SPECIAL(bessel_k0e, special_k0e(x))
SPECIAL(bessel_k1, special_k1(x))
SPECIAL(bessel_k1e, special_k1e(x))
SPECIAL(bessel_y0, special_y0(x))
SPECIAL(bessel_y1, special_y1(x))
SPECIAL(dawsn, special_dawsn(x))
SPECIAL(expint, special_expint(x))
SPECIAL(fresnel_cos, special_fresnel_cos(x, sizeof(*a) < 8))
SPECIAL(fresnel_sin, special_fresnel_sin(x, sizeof(*a) < 8))
SPECIAL(spence, special_spence(x))

#define SPECIAL_BINARY(name, function)                                              \
  JK_BINARY_LOOP(name##_f32, f32, f32, GET_id, SET_id, (float)function(x, y))       \
  JK_BINARY_LOOP(name##_f64, f64, f64, GET_id, SET_id, function(x, y))              \
  JK_TABLE(name, case JK_F32: return name##_f32; case JK_F64: return name##_f64;)
SPECIAL_BINARY(igamma, special_igamma)
SPECIAL_BINARY(igammac, special_igammac)
SPECIAL_BINARY(igamma_grad_a, special_igamma_grad_a)
SPECIAL_BINARY(zeta, special_zeta)
SPECIAL_BINARY(polygamma, special_polygamma)

#define BETAINC(fn, T)                                                                      \
  static int fn(const void *const *in, void *out, size_t n, const int *scalar,              \
                const void *params) {                                                       \
    const T *a = in[0], *b = in[1], *x = in[2];                                             \
    T *o = out;                                                                             \
    (void)params;                                                                           \
    size_t r = !scalar[0], s = !scalar[1], t = !scalar[2];                                  \
    for (size_t i = 0; i < n; i++) o[i] = (T)special_betainc(a[i * r], b[i * s], x[i * t]); \
    return 0;                                                                               \
  }
BETAINC(betainc_f32, f32)
BETAINC(betainc_f64, f64)
JK_TABLE(betainc, case JK_F32: return betainc_f32; case JK_F64: return betainc_f64;)
