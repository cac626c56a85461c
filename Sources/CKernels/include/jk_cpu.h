// Which of the processor's instructions kernels use.
#pragma once

// What a level lets kernels use: the instructions of x86-64 itself, of x86-64-v3 and of x86-64-v4.
// Other architectures have the first only.
enum { JK_CPU_BASELINE, JK_CPU_AVX2, JK_CPU_AVX512 };

// The level of this process: the processor's own, or the lower one that JANUS_CPU named when the
// process began.
int jk_cpu_level(void);

// Whether that is lower than the processor's own.
int jk_cpu_is_lowered(void);

// The value of JANUS_CPU where it names no level, or NULL.
const char *_Nullable jk_cpu_unknown(void);
