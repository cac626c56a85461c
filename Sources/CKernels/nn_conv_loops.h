// The convolution loops for one dtype: T is stored, A is computed in; GET and SET convert; F names
// the functions.

PART(F(forward)) {
  const conv_job *job = context;
  const jk_window *s = job->window;
  const T *x = job->a, *w = job->b;
  T *y = job->out;
  int64_t icg = s->in_channels / s->groups, ocg = s->out_channels / s->groups, oc = s->out_channels;
  int64_t in_pixels = s->in[0] * s->in[1] * s->in[2],
          out_pixels = s->out[0] * s->out[1] * s->out[2];
  int64_t xc = s->channels_first ? in_pixels : 1, xp = s->channels_first ? 1 : s->in_channels;
  int64_t yc = s->channels_first ? out_pixels : 1, yp = s->channels_first ? 1 : oc;
  // One channel each: groups side by side are one run of channels.
  int depthwise = icg == 1 && ocg == 1;
  int64_t groups = depthwise ? 1 : s->groups, width = depthwise ? oc : ocg;
  int64_t work = s->kernel[0] * s->kernel[1] * s->kernel[2] * icg * oc, left = JK_PACE;
  for (size_t at = begin; at < end; at++) {
    if (jk_stopped_after(work, &left)) return;
    int64_t n = (int64_t)at / out_pixels, pixel = (int64_t)at % out_pixels;
    int64_t o2 = pixel % s->out[2], o1 = pixel / s->out[2] % s->out[1],
            o0 = pixel / s->out[2] / s->out[1];
    const T *image = x + n * in_pixels * s->in_channels;
    T *row = y + n * out_pixels * oc + pixel * yp;
    for (int64_t g = 0; g < groups; g++)
      for (int64_t from = 0; from < width; from += LANES) {
        int64_t lanes = width - from < LANES ? width - from : LANES;
        A sum[LANES];
        for (int64_t o = 0; o < lanes; o++) sum[o] = 0;
        for (int64_t k0 = 0; k0 < s->kernel[0]; k0++) {
          int64_t i0 = o0 * s->stride[0] - s->pad_before[0] + k0 * s->dilation[0];
          if (i0 < 0 || i0 >= s->in[0]) continue;
          for (int64_t k1 = 0; k1 < s->kernel[1]; k1++) {
            int64_t i1 = o1 * s->stride[1] - s->pad_before[1] + k1 * s->dilation[1];
            if (i1 < 0 || i1 >= s->in[1]) continue;
            for (int64_t k2 = 0; k2 < s->kernel[2]; k2++) {
              int64_t i2 = o2 * s->stride[2] - s->pad_before[2] + k2 * s->dilation[2];
              if (i2 < 0 || i2 >= s->in[2]) continue;
              int64_t tap = (k0 * s->kernel[1] + k1) * s->kernel[2] + k2;
              const T *in = image + ((i0 * s->in[1] + i1) * s->in[2] + i2) * xp;
              const T *weights = w + tap * icg * oc + g * ocg + from;
              if (depthwise) {
                for (int64_t o = 0; o < lanes; o++)
                  sum[o] += GET(in[(from + o) * xc]) * GET(weights[o]);
                continue;
              }
              in += g * icg * xc;
              for (int64_t c = 0; c < icg; c++, weights += oc) {
                A value = GET(in[c * xc]);
                for (int64_t o = 0; o < lanes; o++) sum[o] += value * GET(weights[o]);
              }
            }
          }
        }
        T *to = row + (g * ocg + from) * yc;
        for (int64_t o = 0; o < lanes; o++) to[o * yc] = SET(sum[o]);
      }
  }
}

PART(F(input_gradient)) {
  const conv_job *job = context;
  const jk_window *s = job->window;
  const T *w = job->a, *dy = job->b;
  T *dx = job->out;
  int64_t icg = s->in_channels / s->groups, ocg = s->out_channels / s->groups, oc = s->out_channels;
  int64_t in_pixels = s->in[0] * s->in[1] * s->in[2],
          out_pixels = s->out[0] * s->out[1] * s->out[2];
  int64_t xc = s->channels_first ? in_pixels : 1, xp = s->channels_first ? 1 : s->in_channels;
  int64_t yc = s->channels_first ? out_pixels : 1, yp = s->channels_first ? 1 : oc;
  int64_t work = s->kernel[0] * s->kernel[1] * s->kernel[2] * icg * oc, left = JK_PACE;
  for (size_t at = begin; at < end; at++) {
    if (jk_stopped_after(work, &left)) return;
    int64_t n = (int64_t)at / in_pixels, pixel = (int64_t)at % in_pixels;
    int64_t i2 = pixel % s->in[2], i1 = pixel / s->in[2] % s->in[1],
            i0 = pixel / s->in[2] / s->in[1];
    const T *image = dy + n * out_pixels * oc;
    T *row = dx + n * in_pixels * s->in_channels + pixel * xp;
    for (int64_t g = 0; g < s->groups; g++)
      for (int64_t from = 0; from < icg; from += LANES) {
        int64_t lanes = icg - from < LANES ? icg - from : LANES;
        A sum[LANES];
        for (int64_t c = 0; c < lanes; c++) sum[c] = 0;
        for (int64_t k0 = 0; k0 < s->kernel[0]; k0++) {
          int64_t o0 = i0 + s->pad_before[0] - k0 * s->dilation[0];
          if (o0 < 0 || o0 % s->stride[0] || (o0 /= s->stride[0]) >= s->out[0]) continue;
          for (int64_t k1 = 0; k1 < s->kernel[1]; k1++) {
            int64_t o1 = i1 + s->pad_before[1] - k1 * s->dilation[1];
            if (o1 < 0 || o1 % s->stride[1] || (o1 /= s->stride[1]) >= s->out[1]) continue;
            for (int64_t k2 = 0; k2 < s->kernel[2]; k2++) {
              int64_t o2 = i2 + s->pad_before[2] - k2 * s->dilation[2];
              if (o2 < 0 || o2 % s->stride[2] || (o2 /= s->stride[2]) >= s->out[2]) continue;
              int64_t tap = (k0 * s->kernel[1] + k1) * s->kernel[2] + k2;
              const T *out = image + ((o0 * s->out[1] + o1) * s->out[2] + o2) * yp + g * ocg * yc;
              const T *weights = w + (tap * icg + from) * oc + g * ocg;
              for (int64_t c = 0; c < lanes; c++, weights += oc)
                for (int64_t o = 0; o < ocg; o++) sum[c] += GET(out[o * yc]) * GET(weights[o]);
            }
          }
        }
        T *to = row + (g * icg + from) * xc;
        for (int64_t c = 0; c < lanes; c++) to[c * xc] = SET(sum[c]);
      }
  }
}

PART(F(filter_gradient)) {
  const conv_job *job = context;
  const jk_window *s = job->window;
  const T *x = job->a, *dy = job->b;
  T *dw = job->out;
  int64_t icg = s->in_channels / s->groups, ocg = s->out_channels / s->groups, oc = s->out_channels;
  int64_t in_pixels = s->in[0] * s->in[1] * s->in[2],
          out_pixels = s->out[0] * s->out[1] * s->out[2];
  int64_t xc = s->channels_first ? in_pixels : 1, xp = s->channels_first ? 1 : s->in_channels;
  int64_t yc = s->channels_first ? out_pixels : 1, yp = s->channels_first ? 1 : oc;
  // One unit is a tap of one input channel: a row of ocg weights.
  int64_t left = JK_PACE;
  for (size_t at = begin; at < end; at++) {
    int64_t channel = (int64_t)at % s->in_channels, tap = (int64_t)at / s->in_channels;
    int64_t g = channel / icg, c = channel % icg;
    int64_t k2 = tap % s->kernel[2], k1 = tap / s->kernel[2] % s->kernel[1],
            k0 = tap / s->kernel[2] / s->kernel[1];
    for (int64_t from = 0; from < ocg; from += LANES) {
      int64_t lanes = ocg - from < LANES ? ocg - from : LANES;
      A sum[LANES];
      for (int64_t o = 0; o < lanes; o++) sum[o] = 0;
      for (int64_t n = 0; n < s->batch; n++) {
        if (jk_stopped_after(out_pixels * lanes, &left)) return;
        for (int64_t o0 = 0; o0 < s->out[0]; o0++) {
          int64_t i0 = o0 * s->stride[0] - s->pad_before[0] + k0 * s->dilation[0];
          if (i0 < 0 || i0 >= s->in[0]) continue;
          for (int64_t o1 = 0; o1 < s->out[1]; o1++) {
            int64_t i1 = o1 * s->stride[1] - s->pad_before[1] + k1 * s->dilation[1];
            if (i1 < 0 || i1 >= s->in[1]) continue;
            for (int64_t o2 = 0; o2 < s->out[2]; o2++) {
              int64_t i2 = o2 * s->stride[2] - s->pad_before[2] + k2 * s->dilation[2];
              if (i2 < 0 || i2 >= s->in[2]) continue;
              A value = GET(x[n * in_pixels * s->in_channels +
                              ((i0 * s->in[1] + i1) * s->in[2] + i2) * xp + channel * xc]);
              const T *out = dy + n * out_pixels * oc +
                             ((o0 * s->out[1] + o1) * s->out[2] + o2) * yp + (g * ocg + from) * yc;
              for (int64_t o = 0; o < lanes; o++) sum[o] += value * GET(out[o * yc]);
            }
          }
        }
      }
      T *to = dw + (tap * icg + c) * oc + g * ocg + from;
      for (int64_t o = 0; o < lanes; o++) to[o] = SET(sum[o]);
    }
  }
}

#undef T
#undef A
#undef GET
#undef SET
#undef F
