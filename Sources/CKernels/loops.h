// How the element-wise families are written: one macro use per op and dtype.
#pragma once
#include "include/jk.h"
#include <math.h>
#include <string.h>

#define JK_INLINE static inline __attribute__((always_inline))

// The level of jk_cpu.h, to be read only.
extern int jk_cpu __attribute__((visibility("hidden")));

// JK_CLONES(result, name, (parameters), (arguments)) { body } defines a static function that is
// compiled for each level; the one of the process's level is called. JK_PUBLIC_CLONES defines one
// that is not static. Not the compiler's `target_clones`: these are chosen while the program is
// loaded, before there is an environment to read, and before sanitizers have begun.
#if defined(__x86_64__)
// Tuned for no processor in particular: tuning for x86-64-v4 takes vectors apart into halves.
#define JK_TARGET_AVX2 (target("arch=x86-64-v3,tune=x86-64"))
#define JK_TARGET_AVX512 (target("arch=x86-64-v4,tune=x86-64"))
#define JK_VERSION(target, result, name, params, args) \
  __attribute__(target) static result name params { return args; }
#define JK_CLONES_OF(storage, result, name, params, args)                                      \
  JK_INLINE result name##_any params;                                                          \
  JK_VERSION(JK_TARGET_AVX512, result, name##_v4, params, name##_any args)                     \
  JK_VERSION(JK_TARGET_AVX2, result, name##_v3, params, name##_any args)                       \
  JK_VERSION((noinline), result, name##_v1, params, name##_any args)                           \
  storage result name params {                                                                 \
    return jk_cpu == JK_CPU_AVX2     ? name##_v3 args                                          \
           : jk_cpu == JK_CPU_AVX512 ? name##_v4 args                                          \
                                     : name##_v1 args;                                         \
  }                                                                                            \
  JK_INLINE result name##_any params
#else
#define JK_CLONES_OF(storage, result, name, params, args) storage result name params
#endif
// The same without a version for AVX-512, where the one for AVX2 is as good: less to compile.
#if defined(__x86_64__)
#define JK_FEW_CLONES_OF(result, name, params, args)                            \
  JK_INLINE result name##_any params;                                           \
  JK_VERSION(JK_TARGET_AVX2, result, name##_v3, params, name##_any args)        \
  JK_VERSION((noinline), result, name##_v1, params, name##_any args)            \
  static result name params {                                                   \
    return jk_cpu == JK_CPU_BASELINE ? name##_v1 args : name##_v3 args;         \
  }                                                                             \
  JK_INLINE result name##_any params
#else
#define JK_FEW_CLONES_OF(result, name, params, args) static result name params
#endif
#define JK_FEW_CLONES(result, name, params, args) JK_FEW_CLONES_OF(result, name, params, args)
// One version for all levels, for what vectors of AVX2 do not make faster.
#define JK_ONE(result, name, params, args) static result name params
#define JK_CLONES(result, name, params, args) JK_CLONES_OF(static, result, name, params, args)
#define JK_PUBLIC_CLONES(result, name, params, args) JK_CLONES_OF(, result, name, params, args)

// By the type that is read: single precision alone has a version for AVX-512.
#define JK_CLONES_BY(T, ...) JK_CLONES_BY_##T(__VA_ARGS__)
#define JK_CLONES_BY_f32 JK_CLONES
#define JK_CLONES_BY_f64 JK_FEW_CLONES
#define JK_CLONES_BY_f16 JK_FEW_CLONES
#define JK_CLONES_BY_bf16 JK_FEW_CLONES
#define JK_CLONES_BY_c64 JK_FEW_CLONES
#define JK_CLONES_BY_c128 JK_FEW_CLONES
#define JK_CLONES_BY_i8 JK_FEW_CLONES
#define JK_CLONES_BY_i16 JK_FEW_CLONES
#define JK_CLONES_BY_i32 JK_FEW_CLONES
#define JK_CLONES_BY_i64 JK_FEW_CLONES
#define JK_CLONES_BY_u8 JK_FEW_CLONES
#define JK_CLONES_BY_u16 JK_FEW_CLONES
#define JK_CLONES_BY_u32 JK_FEW_CLONES
#define JK_CLONES_BY_u64 JK_FEW_CLONES

// The same for a part of a parallel loop.
#define JK_PART(name) \
  JK_CLONES(void, name, (void *context, size_t begin, size_t end), (context, begin, end))

typedef float f32;
typedef double f64;
typedef int8_t i8;
typedef int16_t i16;
typedef int32_t i32;
typedef int64_t i64;
typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef _Float16 f16;
typedef struct { uint16_t bits; } bf16;
typedef float _Complex c64;
typedef double _Complex c128;

JK_INLINE float bf16_get(bf16 x) {
  union { u32 i; float f; } u = {(u32)x.bits << 16};
  return u.f;
}
JK_INLINE bf16 bf16_set(float x) {
  union { float f; u32 i; } u = {x};
  u32 rounded = (u.i + 0x7fff + ((u.i >> 16) & 1)) >> 16;
  u32 nan = (u.i >> 16) | 0x40;
  return (bf16){(u16)((u.i & 0x7fffffff) > 0x7f800000 ? nan : rounded)};
}

// x, or the zero of its sign where x is denormal and the thread flushes such numbers: for functions
// of the C library that look at the bits of x, and for results that no arithmetic made.
JK_INLINE double flushed(double x) { return x + __builtin_copysign(0.0, x); }
JK_INLINE float flushedf(float x) { return x + __builtin_copysignf(0.0f, x); }
// The same for values of any type.
#define FLUSHED(x) _Generic((x), float: flushedf(x), double: flushed(x), default: (x))

// Storage type -> the type it is computed in, and back.
#define GET_id(x) (x)
#define SET_id(x) (x)
#define GET_f16(x) ((float)(x))
#define SET_f16(x) ((f16)(x))
#define GET_bf16(x) bf16_get(x)
#define SET_bf16(x) bf16_set(x)

// Each element is read before its place may be written, so no overlap needs to be checked.
#define JK_VECTOR _Pragma("clang loop vectorize(assume_safety)")
#pragma clang diagnostic ignored "-Wpass-failed"

// The value rounded to the storage type of the first input, for steps inside an expression.
#define JK_ROUNDED(v) \
  _Generic(a[0], f16: (float)(f16)(v), bf16: bf16_get(bf16_set((float)(v))), default: (v))

#define JK_LOOP(T, fn)                                                                     \
  JK_CLONES_BY(T, int, fn, (const void *const *in, void *out, size_t n, const int *scalar, \
                            const void *params),                                           \
               (in, out, n, scalar, params))

// out[i] = expr of x, for one pair of storage types; GET and SET convert. `setup` may declare
// constants.
#define JK_UNARY_LOOP_WITH(fn, TI, TO, GET, SET, setup, expr) \
  JK_LOOP(TI, fn) {                                           \
    const TI *a = in[0];                                      \
    TO *o = out;                                              \
    (void)scalar, (void)params;                               \
    setup JK_VECTOR for (size_t i = 0; i < n; i++) {          \
      __auto_type x = GET(a[i]);                              \
      o[i] = SET(expr);                                       \
    }                                                         \
    return 0;                                                 \
  }
#define JK_UNARY_LOOP(fn, TI, TO, GET, SET, expr) JK_UNARY_LOOP_WITH(fn, TI, TO, GET, SET, , expr)

// out[i] = expr of x and y, either of which may be one element for all.
#define JK_BINARY_LOOP_WITH(fn, TI, TO, GET, SET, setup, expr) \
  JK_LOOP(TI, fn) {                                            \
    const TI *a = in[0], *b = in[1];                           \
    TO *o = out;                                               \
    (void)params;                                              \
    setup if (scalar[1] && !scalar[0]) {                       \
      __auto_type y = GET(b[0]);                               \
      JK_VECTOR for (size_t i = 0; i < n; i++) {               \
        __auto_type x = GET(a[i]);                             \
        o[i] = SET(expr);                                      \
      }                                                        \
    }                                                          \
    else if (scalar[0] && !scalar[1]) {                        \
      __auto_type x = GET(a[0]);                               \
      JK_VECTOR for (size_t i = 0; i < n; i++) {               \
        __auto_type y = GET(b[i]);                             \
        o[i] = SET(expr);                                      \
      }                                                        \
    }                                                          \
    else {                                                     \
      if (scalar[0] && n) n = 1;                               \
      JK_VECTOR for (size_t i = 0; i < n; i++) {               \
        __auto_type x = GET(a[i]);                             \
        __auto_type y = GET(b[i]);                             \
        o[i] = SET(expr);                                      \
      }                                                        \
    }                                                          \
    return 0;                                                  \
  }
#define JK_BINARY_LOOP(fn, TI, TO, GET, SET, expr) JK_BINARY_LOOP_WITH(fn, TI, TO, GET, SET, , expr)
