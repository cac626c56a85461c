#include "jk.h"

static _Thread_local jk_stop *current;

void jk_stop_cancel(jk_stop *stop) { __atomic_store_n(&stop->cancelled, 1, __ATOMIC_RELAXED); }

bool jk_stop_cancelled(const jk_stop *stop) {
  return __atomic_load_n(&stop->cancelled, __ATOMIC_RELAXED) != 0;
}

bool jk_stop_late(const jk_stop *stop) { return stop->deadline != 0 && jk_now() > stop->deadline; }

jk_stop *jk_stop_enter(jk_stop *stop) {
  jk_stop *before = current;
  current = stop;
  return before;
}

jk_stop *jk_stop_current(void) { return current; }

bool jk_stopped(void) {
  jk_stop *stop = current;
  if (!stop) return false;
  if (jk_stop_noticed(stop)) return true;
  if (!jk_stop_cancelled(stop) && !jk_stop_late(stop)) return false;
  __atomic_store_n(&stop->noticed, 1, __ATOMIC_RELAXED);
  return true;
}
