// The pooling loops for one dtype: T is stored, A is computed in; GET and SET convert; LOWEST is
// the least finite A.

// The range of input positions of a window along dimension d.
#ifndef JK_WINDOW_RANGE
#define JK_WINDOW_RANGE
JK_INLINE void range(const jk_window *s, int d, int64_t o, int64_t *from, int64_t *to) {
  int64_t a = o * s->stride[d] - s->pad_before[d], b = a + s->kernel[d];
  *from = a < 0 ? 0 : a;
  *to = b > s->in[d] ? s->in[d] : b;
}
// How many positions the ranges of a window have, one at least.
JK_INLINE int64_t covered(int64_t f0, int64_t t0, int64_t f1, int64_t t1, int64_t f2, int64_t t2) {
  return t0 > f0 && t1 > f1 && t2 > f2 ? (t0 - f0) * (t1 - f1) * (t2 - f2) : 1;
}

// A window: its image, its place in the output, and the input positions that it covers.
typedef struct { int64_t n, o0, o1, o2, f0, t0, f1, t1, f2, t2; } place;
JK_INLINE place window_at(const jk_window *s, int64_t at) {
  place w;
  w.o2 = at % s->out[2], at /= s->out[2];
  w.o1 = at % s->out[1], at /= s->out[1];
  w.o0 = at % s->out[0], w.n = at / s->out[0];
  range(s, 0, w.o0, &w.f0, &w.t0);
  range(s, 1, w.o1, &w.f1, &w.t1);
  range(s, 2, w.o2, &w.f2, &w.t2);
  return w;
}
JK_INLINE int64_t covered_by(const place *w) {
  return covered(w->f0, w->t0, w->f1, w->t1, w->f2, w->t2);
}
#endif

PART(F(max_pool)) {
  const pool_job *job = context;
  const jk_window *s = job->window;
  const T *x = job->a;
  T *y = job->out;
  int64_t channels = s->in_channels, in_pixels = s->in[0] * s->in[1] * s->in[2];
  int64_t left = JK_PACE;
  for (size_t at = begin; at < end; at++) {
    place w = window_at(s, (int64_t)at);
    if (jk_stopped_after(covered_by(&w) * channels, &left)) return;
    const T *image = x + w.n * in_pixels * channels;
    T *out = y + (int64_t)at * channels;
    for (int64_t from = 0; from < channels; from += LANES) {
      int64_t lanes = channels - from < LANES ? channels - from : LANES;
      A best[LANES];
      for (int64_t c = 0; c < lanes; c++) best[c] = LOWEST;
      for (int64_t i0 = w.f0; i0 < w.t0; i0++)
        for (int64_t i1 = w.f1; i1 < w.t1; i1++)
          for (int64_t i2 = w.f2; i2 < w.t2; i2++) {
            const T *in = image + ((i0 * s->in[1] + i1) * s->in[2] + i2) * channels + from;
            for (int64_t c = 0; c < lanes; c++) {
              A value = GET(in[c]);
              best[c] = value > best[c] ? value : best[c];
            }
          }
      for (int64_t c = 0; c < lanes; c++) out[from + c] = SET(FLUSHED(best[c]));
    }
  }
}

// The maximum of each window in the order of its elements, those in the padding being the least
// finite number: one that is not a number gives way to what comes after it.
#ifdef AVERAGES
// One padded element stands for all that lie before or after the image along dimension d.
#define PAD(d, beyond, edge)                                    \
  if (w.o##d * s->stride[d] - s->pad_before[d] beyond edge)       \
    for (int64_t c = 0; c < lanes; c++) best[c] = LOWEST < best[c] ? best[c] : LOWEST;
PART(F(max_pool_in_order)) {
  const pool_job *job = context;
  const jk_window *s = job->window;
  int64_t channels = s->in_channels, in_pixels = s->in[0] * s->in[1] * s->in[2];
  for (size_t at = begin; at < end; at++) {
    place w = window_at(s, (int64_t)at);
    const T *image = (const T *)job->a + w.n * in_pixels * channels;
    T *out = (T *)job->out + (int64_t)at * channels;
    for (int64_t from = 0; from < channels; from += LANES) {
      int64_t lanes = channels - from < LANES ? channels - from : LANES;
      A best[LANES];
      for (int64_t c = 0; c < lanes; c++) best[c] = (A)-INFINITY;
      PAD(0, <, w.f0)
      for (int64_t i0 = w.f0; i0 < w.t0; i0++) {
        PAD(1, <, w.f1)
        for (int64_t i1 = w.f1; i1 < w.t1; i1++) {
          PAD(2, <, w.f2)
          for (int64_t i2 = w.f2; i2 < w.t2; i2++) {
            const T *in = image + ((i0 * s->in[1] + i1) * s->in[2] + i2) * channels + from;
            for (int64_t c = 0; c < lanes; c++) {
              A value = GET(in[c]);
              best[c] = value < best[c] ? best[c] : value;
            }
          }
          PAD(2, +s->kernel[2] >, w.t2)
        }
        PAD(1, +s->kernel[1] >, w.t1)
      }
      PAD(0, +s->kernel[0] >, w.t0)
      for (int64_t c = 0; c < lanes; c++) out[from + c] = SET(FLUSHED(best[c]));
    }
  }
}
#undef PAD
#endif

// For each window, `b` at its first element that equals the window's output, or 0 without one.
PART(F(gather_at_max)) {
  const pool_job *job = context;
  const jk_window *s = job->window;
  int64_t channels = s->in_channels, in_pixels = s->in[0] * s->in[1] * s->in[2];
  for (size_t at = begin; at < end; at++) {
    place w = window_at(s, (int64_t)at);
    const T *x = (const T *)job->a + w.n * in_pixels * channels;
    const T *gradient = (const T *)job->b + w.n * in_pixels * channels;
    const T *best = (const T *)job->c + (int64_t)at * channels;
    T *out = (T *)job->out + (int64_t)at * channels;
    for (int64_t c = 0; c < channels; c++) {
      out[c] = SET(0);
      for (int64_t i0 = w.f0; i0 < w.t0; i0++)
        for (int64_t i1 = w.f1; i1 < w.t1; i1++)
          for (int64_t i2 = w.f2; i2 < w.t2; i2++) {
            int64_t from = ((i0 * s->in[1] + i1) * s->in[2] + i2) * channels + c;
            if (GET(x[from]) == GET(best[c])) {
              out[c] = gradient[from];
              goto next;
            }
          }
    next:;
    }
  }
}

// Finds for each window where in its image its first maximum is, in pixels, and hands that on.
PART(F(arg_pool)) {
  const pool_job *job = context;
  const jk_window *s = job->window;
  const T *x = job->a;
  int64_t channels = s->in_channels, in_pixels = s->in[0] * s->in[1] * s->in[2];
  int64_t out_pixels = s->out[0] * s->out[1] * s->out[2];
  int64_t left = JK_PACE;
  for (size_t at = begin * (size_t)out_pixels; at < end * (size_t)out_pixels; at++) {
    place w = window_at(s, (int64_t)at);
    if (jk_stopped_after(covered_by(&w) * channels, &left)) return;
    const T *image = x + w.n * in_pixels * channels;
    for (int64_t from = 0; from < channels; from += LANES) {
      int64_t lanes = channels - from < LANES ? channels - from : LANES;
      A best[LANES];
      int64_t where[LANES];
      for (int64_t c = 0; c < lanes; c++) best[c] = LOWEST, where[c] = -1;
      for (int64_t i0 = w.f0; i0 < w.t0; i0++)
        for (int64_t i1 = w.f1; i1 < w.t1; i1++)
          for (int64_t i2 = w.f2; i2 < w.t2; i2++) {
            int64_t pixel = (i0 * s->in[1] + i1) * s->in[2] + i2;
            const T *in = image + pixel * channels + from;
            for (int64_t c = 0; c < lanes; c++) {
              A value = GET(in[c]);
              if (where[c] < 0 || value > best[c]) best[c] = value, where[c] = pixel;
            }
          }
      int64_t to = (int64_t)at * channels + from;
      for (int64_t c = 0; c < lanes; c++) {
        // A window that lies in the padding alone has no maximum.
        if (where[c] < 0) {
          if (job->use == ARGMAX)
            ((T *)job->out)[to + c] = SET(best[c]), store_index(job, to + c, 0);
          continue;
        }
        int64_t inside = where[c] * channels + from + c, flat = w.n * in_pixels * channels + inside;
        switch (job->use) {
          case ARGMAX:
            ((T *)job->out)[to + c] = SET(best[c]);
            store_index(job, to + c, job->include_batch ? flat : inside);
            break;
          case SCATTER: {
            T *d = (T *)job->out + flat;
            *d = SET(GET(*d) + GET(((const T *)job->b)[to + c]));
            break;
          }
        }
      }
    }
  }
}

PART(F(scatter_add)) {
  scatter_job *job = context;
  const T *dy = job->dy;
  T *dx = job->dx;
  for (size_t n = begin; n < end; n++)
    for (int64_t i = 0; i < job->per_image; i++) {
      int64_t at = (int64_t)n * job->per_image + i;
      int64_t to =
          job->wide ? ((const int64_t *)job->positions)[at] : ((const int32_t *)job->positions)[at];
      if (!job->include_batch) to += (int64_t)n * job->dx_per_image;
      // Positions stay in the image they belong to, so images can be done side by side.
      if (to < (int64_t)n * job->dx_per_image || to >= ((int64_t)n + 1) * job->dx_per_image) {
        atomic_store(&job->outside, 1);
        continue;
      }
      dx[to] = SET(GET(dx[to]) + GET(dy[at]));
    }
}

#ifdef AVERAGES
// Every element of a window that is within 1e-5 of its maximum gets the whole gradient.
PART(F(ties_gradient)) {
  const pool_job *job = context;
  const jk_window *s = job->window;
  const T *x = job->a, *dy = job->b, *y = job->c;
  T *dx = job->out;
  int64_t channels = s->in_channels, in_pixels = s->in[0] * s->in[1] * s->in[2];
  int64_t out_pixels = s->out[0] * s->out[1] * s->out[2];
  int64_t left = JK_PACE;
  for (size_t at = begin * (size_t)out_pixels; at < end * (size_t)out_pixels; at++) {
    place w = window_at(s, (int64_t)at);
    if (jk_stopped_after(covered_by(&w) * channels, &left)) return;
    const T *best = y + (int64_t)at * channels, *gradient = dy + (int64_t)at * channels;
    for (int64_t i0 = w.f0; i0 < w.t0; i0++)
      for (int64_t i1 = w.f1; i1 < w.t1; i1++)
        for (int64_t i2 = w.f2; i2 < w.t2; i2++) {
          int64_t from = (w.n * in_pixels + (i0 * s->in[1] + i1) * s->in[2] + i2) * channels;
          for (int64_t c = 0; c < channels; c++) {
            A off = GET(SET(GET(x[from + c]) - GET(best[c])));
            A share = (off < 0 ? -off : off) < GET(SET((A)1e-5)) ? 1 : 0;
            dx[from + c] = SET(GET(dx[from + c]) + share * GET(gradient[c]));
          }
        }
  }
}

// Sums are rounded to the dtype at each step, as TensorFlow's are.
PART(F(avg_pool)) {
  const pool_job *job = context;
  const jk_window *s = job->window;
  const T *x = job->a;
  T *y = job->out;
  int64_t channels = s->in_channels, in_pixels = s->in[0] * s->in[1] * s->in[2];
  int64_t left = JK_PACE;
  for (size_t at = begin; at < end; at++) {
    place w = window_at(s, (int64_t)at);
    if (jk_stopped_after(covered_by(&w) * channels, &left)) return;
    const T *image = x + w.n * in_pixels * channels;
    T *out = y + (int64_t)at * channels;
    bool is_empty = w.t0 <= w.f0 || w.t1 <= w.f1 || w.t2 <= w.f2;
    A count = (A)(is_empty ? 0 : covered_by(&w));
    for (int64_t from = 0; from < channels; from += LANES) {
      int64_t lanes = channels - from < LANES ? channels - from : LANES;
      A sum[LANES];
      for (int64_t c = 0; c < lanes; c++) sum[c] = 0;
      for (int64_t i0 = w.f0; i0 < w.t0; i0++)
        for (int64_t i1 = w.f1; i1 < w.t1; i1++)
          for (int64_t i2 = w.f2; i2 < w.t2; i2++) {
            const T *in = image + ((i0 * s->in[1] + i1) * s->in[2] + i2) * channels + from;
            for (int64_t c = 0; c < lanes; c++) sum[c] = GET(SET(sum[c] + GET(in[c])));
          }
      for (int64_t c = 0; c < lanes; c++) out[from + c] = SET(count > 0 ? sum[c] / count : 0);
    }
  }
}

// Each input pixel sums what the windows over it hand back.
PART(F(avg_gradient)) {
  const pool_job *job = context;
  const jk_window *s = job->window;
  const T *dy = job->a;
  T *dx = job->out;
  int64_t channels = s->in_channels, out_pixels = s->out[0] * s->out[1] * s->out[2];
  int64_t left = JK_PACE;
  for (size_t at = begin; at < end; at++) {
    int64_t rest = (int64_t)at, i[3], f[3], t[3];
    for (int d = 2; d >= 0; d--) {
      i[d] = rest % s->in[d], rest /= s->in[d];
      int64_t reach = i[d] + s->pad_before[d] - s->kernel[d] + 1,
              last = (i[d] + s->pad_before[d]) / s->stride[d];
      f[d] = reach <= 0 ? 0 : (reach + s->stride[d] - 1) / s->stride[d];
      t[d] = last >= s->out[d] ? s->out[d] : last + 1;
    }
    if (jk_stopped_after(covered(f[0], t[0], f[1], t[1], f[2], t[2]) * channels, &left)) return;
    const T *image = dy + rest * out_pixels * channels;
    T *out = dx + (int64_t)at * channels;
    for (int64_t from = 0; from < channels; from += LANES) {
      int64_t lanes = channels - from < LANES ? channels - from : LANES;
      A sum[LANES];
      for (int64_t c = 0; c < lanes; c++) sum[c] = 0;
      for (int64_t o0 = f[0]; o0 < t[0]; o0++)
        for (int64_t o1 = f[1]; o1 < t[1]; o1++)
          for (int64_t o2 = f[2]; o2 < t[2]; o2++) {
            int64_t f0, t0, f1, t1, f2, t2;
            range(s, 0, o0, &f0, &t0), range(s, 1, o1, &f1, &t1), range(s, 2, o2, &f2, &t2);
            A count = (A)((t0 - f0) * (t1 - f1) * (t2 - f2));
            const T *in = image + ((o0 * s->out[1] + o1) * s->out[2] + o2) * channels + from;
            for (int64_t c = 0; c < lanes; c++) sum[c] += GET(in[c]) / count;
          }
      for (int64_t c = 0; c < lanes; c++) out[from + c] = SET(sum[c]);
    }
  }
}
#endif

// One channel of one image at a time; cells may share edges.
PART(F(fractional)) {
  const fractional_job *job = context;
  const jk_fractional *f = job->f;
  const T *x = job->x, *dy = job->dy;
  T *out = job->out;
  int64_t left = JK_PACE;
  for (size_t unit = begin; unit < end; unit++) {
    int64_t n = (int64_t)unit / f->channels, c = (int64_t)unit % f->channels;
    const T *image = x ? x + n * f->height * f->width * f->channels + c : 0;
    for (int64_t r = 0; r < f->out_height; r++)
      for (int64_t k = 0; k < f->out_width; k++) {
        int64_t r0 = job->rows[r], r1 = job->rows[r + 1] + (f->overlapping ? 1 : 0);
        int64_t c0 = job->cols[k], c1 = job->cols[k + 1] + (f->overlapping ? 1 : 0);
        if (r1 > f->height) r1 = f->height;
        if (c1 > f->width) c1 = f->width;
        if (jk_stopped_after(covered(r0, r1, c0, c1, 0, 1), &left)) return;
        int64_t cell = ((n * f->out_height + r) * f->out_width + k) * f->channels + c;
        A count = (A)((r1 - r0) * (c1 - c0)), sum = 0, best = LOWEST;
        int64_t where = -1;
        if (job->gradient && job->average) {
          for (int64_t i = r0; i < r1; i++)
            for (int64_t j = c0; j < c1; j++) {
              T *d = out + ((n * f->height + i) * f->width + j) * f->channels + c;
              *d = SET(GET(*d) + GET(dy[cell]) / count);
            }
          continue;
        }
        for (int64_t i = r0; i < r1; i++)
          for (int64_t j = c0; j < c1; j++) {
            int64_t pixel = i * f->width + j;
            A value = GET(image[pixel * f->channels]);
            sum += value;
            if (value > best || (job->gradient && where < 0)) best = value, where = pixel;
          }
        if (job->gradient) {
          if (where < 0) continue;
          T *d = out + (n * f->height * f->width + where) * f->channels + c;
          *d = SET(GET(*d) + GET(dy[cell]));
        } else {
          out[cell] = SET(job->average ? (count > 0 ? sum / count : 0) : best);
        }
      }
  }
}

PART(F(dilation)) {
  const dilation_job *job = context;
  const jk_window *s = job->window;
  const T *x = job->x, *w = job->filter, *dy = job->dy;
  T *out = job->out;
  int64_t channels = s->in_channels, out_pixels = s->out[1] * s->out[2],
          in_pixels = s->in[1] * s->in[2];
  int64_t left = JK_PACE;
  for (size_t c = begin; c < end; c++)
    for (int64_t at = 0; at < s->batch * out_pixels; at++) {
      if (jk_stopped_after(s->kernel[1] * s->kernel[2], &left)) return;
      int64_t n = at / out_pixels, o2 = at % s->out[2], o1 = at / s->out[2] % s->out[1];
      A best = LOWEST;
      int64_t from = -1, by = 0;
      for (int64_t k1 = 0; k1 < s->kernel[1]; k1++) {
        int64_t i1 = o1 * s->stride[1] - s->pad_before[1] + k1 * s->dilation[1];
        if (i1 < 0 || i1 >= s->in[1]) continue;
        for (int64_t k2 = 0; k2 < s->kernel[2]; k2++) {
          int64_t i2 = o2 * s->stride[2] - s->pad_before[2] + k2 * s->dilation[2];
          if (i2 < 0 || i2 >= s->in[2]) continue;
          int64_t pixel = (n * in_pixels + i1 * s->in[2] + i2) * channels + (int64_t)c;
          int64_t tap = (k1 * s->kernel[2] + k2) * channels + (int64_t)c;
          A value = GET(SET(GET(x[pixel]) + GET(w[tap])));
          if (value > best) best = value, from = pixel, by = tap;
        }
      }
      if (job->use == ARGMAX) {
        out[at * channels + (int64_t)c] = SET(best);
        continue;
      }
      // Where nothing is greater than the least value, TensorFlow takes the first position.
      if (from < 0) {
        int64_t i1 = o1 * s->stride[1] - s->pad_before[1],
                i2 = o2 * s->stride[2] - s->pad_before[2];
        from = (n * in_pixels + (i1 < 0 ? 0 : i1) * s->in[2] + (i2 < 0 ? 0 : i2)) * channels +
               (int64_t)c;
        by = (int64_t)c;
      }
      T *d = out + (job->use == SCATTER ? from : by);
      *d = SET(GET(*d) + GET(dy[at * channels + (int64_t)c]));
    }
}

#undef T
#undef A
#undef GET
#undef SET
#undef F
#undef LOWEST
