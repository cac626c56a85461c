// The elementwise family; see jk.h, which includes this.
#pragma once

// Arithmetic of two inputs. Loops that can fail give 1: for a division by zero, or a negative
// integer exponent.
JK_DECLARE_LOOP(add)
JK_DECLARE_LOOP(sub)
JK_DECLARE_LOOP(mul)
JK_DECLARE_LOOP(div)
JK_DECLARE_LOOP(squared_difference)
JK_DECLARE_LOOP(maximum)
JK_DECLARE_LOOP(minimum)
JK_DECLARE_LOOP(floor_div)
JK_DECLARE_LOOP(truncate_div)
JK_DECLARE_LOOP(floor_mod)
JK_DECLARE_LOOP(truncate_mod)
JK_DECLARE_LOOP(pow)
JK_DECLARE_LOOP(div_no_nan)
JK_DECLARE_LOOP(mul_no_nan)
JK_DECLARE_LOOP(xdivy)
JK_DECLARE_LOOP(xlogy)
JK_DECLARE_LOOP(xlog1py)
JK_DECLARE_LOOP(atan2)
JK_DECLARE_LOOP(next_after)
JK_DECLARE_LOOP(bitwise_and)
JK_DECLARE_LOOP(bitwise_or)
JK_DECLARE_LOOP(bitwise_xor)
JK_DECLARE_LOOP(left_shift)
JK_DECLARE_LOOP(right_shift)
JK_DECLARE_LOOP(complex)

// The sum of `inputs` arrays of `count` elements of `size` bytes; pointers: the inputs, then the
// output.
void jk_add_n(int dtype, int inputs, int64_t count, int64_t size,
              void *_Nonnull const *_Nonnull pointers);

// Functions of one input.
JK_DECLARE_LOOP(neg)
JK_DECLARE_LOOP(abs)
JK_DECLARE_LOOP(sign)
JK_DECLARE_LOOP(square)
JK_DECLARE_LOOP(sqrt)
JK_DECLARE_LOOP(rsqrt)
JK_DECLARE_LOOP(reciprocal)
JK_DECLARE_LOOP(exp)
JK_DECLARE_LOOP(expm1)
JK_DECLARE_LOOP(log)
JK_DECLARE_LOOP(log1p)
JK_DECLARE_LOOP(sin)
JK_DECLARE_LOOP(cos)
JK_DECLARE_LOOP(tan)
JK_DECLARE_LOOP(asin)
JK_DECLARE_LOOP(acos)
JK_DECLARE_LOOP(atan)
JK_DECLARE_LOOP(sinh)
JK_DECLARE_LOOP(cosh)
JK_DECLARE_LOOP(tanh)
JK_DECLARE_LOOP(asinh)
JK_DECLARE_LOOP(acosh)
JK_DECLARE_LOOP(atanh)
JK_DECLARE_LOOP(sigmoid)
JK_DECLARE_LOOP(erf)
JK_DECLARE_LOOP(erfc)
JK_DECLARE_LOOP(floor)
JK_DECLARE_LOOP(ceil)
JK_DECLARE_LOOP(round)
JK_DECLARE_LOOP(is_nan)
JK_DECLARE_LOOP(is_inf)
JK_DECLARE_LOOP(is_finite)
JK_DECLARE_LOOP(invert)
JK_DECLARE_LOOP(population_count)
JK_DECLARE_LOOP(logical_not)
JK_DECLARE_LOOP(conj)
JK_DECLARE_LOOP(real)
JK_DECLARE_LOOP(imag)
JK_DECLARE_LOOP(angle)
JK_DECLARE_LOOP(complex_abs)

// Activations; params is a float, the slope, for the leaky ones.
JK_DECLARE_LOOP(relu)
JK_DECLARE_LOOP(relu6)
JK_DECLARE_LOOP(elu)
JK_DECLARE_LOOP(selu)
JK_DECLARE_LOOP(leaky_relu)
JK_DECLARE_LOOP(softplus)
JK_DECLARE_LOOP(softsign)
JK_DECLARE_LOOP(relu_grad)
JK_DECLARE_LOOP(relu6_grad)
JK_DECLARE_LOOP(elu_grad)
JK_DECLARE_LOOP(selu_grad)
JK_DECLARE_LOOP(leaky_relu_grad)
JK_DECLARE_LOOP(softplus_grad)
JK_DECLARE_LOOP(softsign_grad)
JK_DECLARE_LOOP(sqrt_grad)
JK_DECLARE_LOOP(rsqrt_grad)
JK_DECLARE_LOOP(reciprocal_grad)
JK_DECLARE_LOOP(sigmoid_grad)
JK_DECLARE_LOOP(tanh_grad)

// Comparisons give bool; params is a float, the tolerance, for the approximate one.
JK_DECLARE_LOOP(equal)
JK_DECLARE_LOOP(not_equal)
JK_DECLARE_LOOP(less)
JK_DECLARE_LOOP(less_equal)
JK_DECLARE_LOOP(greater)
JK_DECLARE_LOOP(greater_equal)
JK_DECLARE_LOOP(approximate_equal)
JK_DECLARE_LOOP(logical_and)
JK_DECLARE_LOOP(logical_or)

// condition, t, e -> output, by the size of the elements in bytes.
jk_loop jk_select(int size);
// value, low, high -> output.
JK_DECLARE_LOOP(clip)
// From one dtype to another.
jk_loop jk_cast(int from, int to);
// Keeps of a number's mantissa what the narrower dtype holds, without rounding: float64 or float32
// to float32, half, bfloat16.
jk_loop jk_cast_truncating(int from, int to);
// From floating point to 8 or 16 bits, held at the ends of the dtype; null for others.
jk_loop jk_cast_held(int from, int to);

// Special functions.
JK_DECLARE_LOOP(lgamma)
JK_DECLARE_LOOP(digamma)
JK_DECLARE_LOOP(erfinv)
JK_DECLARE_LOOP(ndtri)
JK_DECLARE_LOOP(bessel_i0)
JK_DECLARE_LOOP(bessel_i0e)
JK_DECLARE_LOOP(bessel_i1)
JK_DECLARE_LOOP(bessel_i1e)
JK_DECLARE_LOOP(bessel_j0)
JK_DECLARE_LOOP(bessel_j1)
JK_DECLARE_LOOP(bessel_k0)
JK_DECLARE_LOOP(bessel_k0e)
JK_DECLARE_LOOP(bessel_k1)
JK_DECLARE_LOOP(bessel_k1e)
JK_DECLARE_LOOP(bessel_y0)
JK_DECLARE_LOOP(bessel_y1)
JK_DECLARE_LOOP(dawsn)
JK_DECLARE_LOOP(expint)
JK_DECLARE_LOOP(fresnel_cos)
JK_DECLARE_LOOP(fresnel_sin)
JK_DECLARE_LOOP(spence)
JK_DECLARE_LOOP(igamma)
JK_DECLARE_LOOP(igammac)
JK_DECLARE_LOOP(igamma_grad_a)
JK_DECLARE_LOOP(zeta)
JK_DECLARE_LOOP(polygamma)
// a, b, x -> the incomplete beta function.
JK_DECLARE_LOOP(betainc)
