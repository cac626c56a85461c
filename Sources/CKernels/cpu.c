#include "loops.h"

#include <stdlib.h>

// Until the constructor below has run, kernels take what every processor has.
int jk_cpu = JK_CPU_BASELINE;
static int own_level;
static const char *unknown;

int jk_cpu_level(void) { return jk_cpu; }
int jk_cpu_is_lowered(void) { return jk_cpu < own_level; }
const char *jk_cpu_unknown(void) { return unknown; }

static int level_of_processor(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("x86-64-v4")) return JK_CPU_AVX512;
  if (__builtin_cpu_supports("x86-64-v3")) return JK_CPU_AVX2;
#endif
  return JK_CPU_BASELINE;
}

// OpenBLAS builds that choose their kernels at run time have these.
void gotoblas_dynamic_quit(void) __attribute__((weak));
void gotoblas_dynamic_init(void) __attribute__((weak));

// OpenBLAS has chosen its kernels when it was loaded. It chooses again under a name, which it takes
// from a variable alone; one that the user has set stays.
static void limit_openblas(void) {
  static const char variable[] = "OPENBLAS_CORETYPE";
  if (!gotoblas_dynamic_quit || !gotoblas_dynamic_init || getenv(variable)) return;
  if (setenv(variable, jk_cpu == JK_CPU_AVX2 ? "Haswell" : "Prescott", 1)) return;
  gotoblas_dynamic_quit();
  gotoblas_dynamic_init();
  unsetenv(variable);
}

// Here and not at first use: no other thread of the program is there yet that could read the
// environment.
__attribute__((constructor)) static void choose_level(void) {
  static const char *const names[] = {"baseline", "avx2", "avx512"};
  jk_cpu = own_level = level_of_processor();
  const char *asked = getenv("JANUS_CPU");
  if (!asked || !*asked) return;
  int level = JK_CPU_BASELINE;
  while (level <= JK_CPU_AVX512 && strcmp(asked, names[level])) level++;
  if (level > JK_CPU_AVX512) {
    unknown = strdup(asked);
    return;
  }
  if (level >= own_level) return;
  jk_cpu = level;
  limit_openblas();
}
