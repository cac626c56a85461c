// The floating-point state in which kernels run: that of TensorFlow's threads, which flush denormal
// inputs and results to zero and round to nearest.
#pragma once
#include <stdint.h>

#if defined(__x86_64__)
// MXCSR: results are flushed (bit 15), inputs too (bit 6), no exception traps (bits 7 to 12). The
// lowest six bits note exceptions that happened.
enum { JK_FLOAT_STATE = 0x9fc0, JK_FLOAT_NOTES = 0x3f };
static inline uint64_t jk_float_get(void) { return __builtin_ia32_stmxcsr(); }
static inline void jk_float_set(uint64_t state) { __builtin_ia32_ldmxcsr((uint32_t)state); }
#elif defined(__aarch64__)
// FPCR: flush to zero.
enum { JK_FLOAT_STATE = 1 << 24, JK_FLOAT_NOTES = 0 };
static inline uint64_t jk_float_get(void) {
  uint64_t state;
  __asm__ volatile("mrs %0, fpcr" : "=r"(state));
  return state;
}
static inline void jk_float_set(uint64_t state) {
  __asm__ volatile("msr fpcr, %0" : : "r"(state) : "memory");
}
#else
enum { JK_FLOAT_STATE = 0, JK_FLOAT_NOTES = 0 };
static inline uint64_t jk_float_get(void) { return 0; }
static inline void jk_float_set(uint64_t state) { (void)state; }
#endif

// Puts this thread into the state for kernels; what comes back is for jk_float_leave.
static inline uint64_t jk_float_enter(void) {
  uint64_t before = jk_float_get();
  if ((before & ~(uint64_t)JK_FLOAT_NOTES) != JK_FLOAT_STATE) jk_float_set(JK_FLOAT_STATE);
  return before;
}

// Gives the thread the state back that it had before.
static inline void jk_float_leave(uint64_t before) {
  if ((before & ~(uint64_t)JK_FLOAT_NOTES) != JK_FLOAT_STATE) jk_float_set(before);
}
