// The C loops of Janus. Everything here works on raw memory that Swift has checked.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang diagnostic ignored "-Wnullability-completeness"

// TensorFlow's DataType numbers.
enum {
  JK_F32 = 1,
  JK_F64 = 2,
  JK_I32 = 3,
  JK_U8 = 4,
  JK_I16 = 5,
  JK_I8 = 6,
  JK_C64 = 8,
  JK_I64 = 9,
  JK_BOOL = 10,
  JK_QI8 = 11,
  JK_QU8 = 12,
  JK_QI32 = 13,
  JK_BF16 = 14,
  JK_QI16 = 15,
  JK_QU16 = 16,
  JK_U16 = 17,
  JK_C128 = 18,
  JK_F16 = 19,
  JK_U32 = 22,
  JK_U64 = 23
};

// --- the ops ---

// Makes the families of ops. The module Ops defines it, which knows them all: whatever asks for the
// registry links that module.
void janus_define_ops(void);

// --- the pool ---

// The number of threads that work may be split over; 1 switches the pool off.
void jk_set_threads(int count);
int jk_threads(void);

// Calls body(context, begin, end) over parts of 0..<count, on several threads when count is over
// grain and the pool is free; on this thread otherwise. Returns when all is done, or when the run
// is told to end: see jk_stopped.
void jk_parallel_for(size_t count, size_t grain,
                     void (*body)(void *context, size_t begin, size_t end), void *context);

// The same with the most that is done at once before looking whether to leave off.
void jk_parallel_chunks(size_t count, size_t grain, size_t chunk,
                        void (*body)(void *context, size_t begin, size_t end), void *context);

// The same for loops that must not leave off before they are done, because others rely on what they
// wrote: those that change state, and those whose results a kernel uses as positions.
void jk_parallel_all(size_t count, size_t grain,
                     void (*body)(void *context, size_t begin, size_t end), void *context);

// Takes the pool for a library that runs on it, such as oneDNN. Returns the threads granted: 1 when
// the pool is off or someone else has it, and then the caller works on its own thread alone. To be
// given back with jk_pool_leave.
int jk_pool_enter(void);
void jk_pool_leave(int granted);

// Tells the pool how long a parallel piece of work took beside what was expected of it: its threads
// wait in another way while other processes hold them up.
void jk_pool_took(int64_t nanoseconds, int64_t expected);

// Memory of at least `bytes`, aligned to 64, and given back with the same number; NULL when there
// is none.
void *_Nullable jk_block_take(size_t bytes);
void jk_block_give_back(void *_Nonnull block, size_t bytes);

// Memory of this thread's own for a loop to work in, aligned to 64, until the thread asks again;
// NULL when there is none. Loops have little on the stack: calls nest as deep as it goes.
void *_Nullable jk_scratch(size_t bytes);

// A clock in nanoseconds that only goes forward.
int64_t jk_now(void);

// One pointer of this thread's own, and what is to be called with it when the thread ends.
void **jk_thread_slot(void);

// A number that no other call gives, in any thread.
uint64_t jk_new_identity(void);
void jk_thread_slot_release(void (*release)(void *value));

// The system's number of this thread.
int64_t jk_thread_id(void);

// A place for a pointer of this thread's: what it is releasing.
void **jk_release_slot(void);

// How many bytes this thread's stack may still grow.
size_t jk_stack_left(void);

// Puts value where place points and gives what was there, as one step that other threads see whole.
void *jk_swap(void **place, void *value);

// --- ending early ---

// The wish that a run ends: made by its owner, looked at by the loops of all its threads.
typedef struct {
  int cancelled;
  // Whether a loop left off because of it: what it wrote is of no use, so that the run has to fail.
  int noticed;
  // When the run must be over, by jk_now; 0 for never.
  int64_t deadline;
} jk_stop;

void jk_stop_cancel(jk_stop *_Nonnull stop);
bool jk_stop_cancelled(const jk_stop *_Nonnull stop);
// Whether the time is over.
bool jk_stop_late(const jk_stop *_Nonnull stop);
static inline bool jk_stop_noticed(const jk_stop *_Nonnull stop) {
  return __atomic_load_n(&stop->noticed, __ATOMIC_RELAXED) != 0;
}

// Sets what the loops of this thread look at, and of the threads that work for it; gives what it
// was before.
jk_stop *_Nullable jk_stop_enter(jk_stop *_Nullable stop);
jk_stop *_Nullable jk_stop_current(void);

// Whether this thread's run is to end. A loop asks every millisecond or so of work, and leaves off
// then; whoever runs the kernel finds out by jk_stop_noticed. It costs some 30 ns.
bool jk_stopped(void);

// The same for loops whose steps are small: left counts down by each step's work, in elements or
// multiplications, from JK_PACE.
enum { JK_PACE = 1 << 20 };
static inline bool jk_stopped_after(int64_t work, int64_t *_Nonnull left) {
  if ((*left -= work < JK_PACE ? work : JK_PACE) > 0) return false;
  *left = JK_PACE;
  return jk_stopped();
}

// Sets bytes to zero, by several threads where they are many.
void jk_clear(void *_Nonnull to, size_t bytes);

// --- the memory limit ---

// Counts n bytes, or with a negative n gives them back. Small amounts are gathered per thread
// before they reach the count of the process, which may so be off by 64 KiB a thread.
void jk_memory_count(int64_t n);
// The same for n > 0 bytes that are yet to be taken; counts nothing and gives false when they would
// pass the limit.
bool jk_memory_take(int64_t n);
int64_t jk_memory_used(void);
void jk_memory_set_limit(int64_t bytes);
int64_t jk_memory_limit(void);
// Whether what is counted passes the limit.
bool jk_memory_over(void);

// --- element-wise loops ---

// out[i] = f(in[0][i], in[1][i], …) for i < n. Where scalar[k] is not 0, input k is one element for
// all i. out may be one of the inputs that are not scalar, if the element sizes are equal. Returns
// 0, or a code that the op turns into an error (division by zero).
typedef int (*jk_loop)(const void *const *in, void *out, size_t n, const int *scalar,
                       const void *params);

// Each gives the loop for a dtype, or NULL.
#define JK_DECLARE_LOOP(name) jk_loop jk_##name(int dtype);

// A loop over inputs that broadcast: dims and, per input, strides in elements (0 where it
// broadcasts), outermost first, with adjacent dimensions already merged where they can be.
typedef struct {
  int rank, inputs;
  int64_t dims[8];
  int64_t strides[4][8];
  int64_t in_size[4];
  int64_t out_size;
  int64_t count;
  int64_t grain;
} jk_broadcast;

int jk_elementwise(jk_loop _Nonnull loop, const jk_broadcast *_Nonnull shape,
                   void *_Nonnull const *_Nonnull pointers, const void *_Nullable params);

// The same for a shape of rank 2 or more, rows begin..<end of the innermost dimension, on this
// thread.
int jk_elementwise_rows(jk_loop _Nonnull loop, const jk_broadcast *_Nonnull shape,
                        void *_Nonnull const *_Nonnull pointers, const void *_Nullable params,
                        size_t begin, size_t end);

// Fused element-wise steps over blocks that stay in the cache. Operand numbers: 0..<inputs are
// inputs, then one per step.
typedef struct {
  jk_loop loop;
  const void *params;
  int arity;
  int operands[4];
  int64_t out_size;
} jk_fused_step;

typedef struct {
  int inputs, steps;
  int64_t count;
  int64_t grain;
  const int *scalar;        // per input: one element for all
  const int64_t *in_size;   // per input, in bytes
  const jk_fused_step *step;
  int outputs;
  const int *output_step;   // which steps' results are written out
} jk_fused;

// The status of a step for which there was no memory.
#define JK_FUSED_NO_MEMORY 255
// Returns 0, or step << 8 | status for the first step of which a loop gave a status that is not 0.
int jk_run_fused(const jk_fused *_Nonnull plan, void *_Nonnull const *_Nonnull pointers);
// The same for elements begin..<end, on this thread.
int jk_run_fused_part(const jk_fused *_Nonnull plan, void *_Nonnull const *_Nonnull pointers,
                      size_t begin, size_t end);

#include "jk_cpu.h"
#include "jk_float.h"
#include "jk_elementwise.h"
#include "jk_reduction.h"
#include "jk_array.h"
#include "jk_linalg.h"
#include "jk_nn.h"
#include "jk_fft.h"
#include "jk_random.h"
#include "jk_image.h"
#include "jk_audio.h"
#include "jk_quant.h"
#include "jk_sparse.h"
#include "jk_csr.h"
#include "jk_state.h"
#include "jk_debug.h"
#include "jk_file.h"
#include "jk_strings.h"
