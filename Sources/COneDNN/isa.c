#include <oneapi/dnnl/dnnl.h>
#include <pthread.h>
#include <stdlib.h>
#include <strings.h>

#include "include/jk_dnnl.h"
#include "jk.h"

// Whether the user's own limit is at or below the level.
static int is_below(int level) {
  static const char *const variables[] = {"ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA"};
  static const char *const names[] = {"sse41", "avx", "avx2"};
  // The first that is set counts, as for oneDNN.
  const char *own = getenv(variables[0]);
  if (!own) own = getenv(variables[1]);
  if (!own) return 0;
  for (int i = 0; i < (level == JK_CPU_AVX2 ? 3 : 1); i++)
    if (!strcasecmp(own, names[i])) return 1;
  return 0;
}

static dnnl_status_t status;
static pthread_once_t once = PTHREAD_ONCE_INIT;

// oneDNN has no kernels for less than SSE 4.1.
static void limit(void) {
  int level = jk_cpu_level();
  if (jk_cpu_is_lowered() && !is_below(level))
    status = dnnl_set_max_cpu_isa(level == JK_CPU_AVX2 ? dnnl_cpu_isa_avx2 : dnnl_cpu_isa_sse41);
}

int jk_dnnl_limit(void) {
  pthread_once(&once, limit);
  return (int)status;
}
