// The loops over [outer, channels, inner] for one dtype: T is stored, A is computed in; GET and SET
// convert.

PART(F(bias)) {
  const norm_job *job = context;
  const T *bias = job->b;
  int64_t channels = job->channels, inner = job->inner;
  if (inner == 1) {
    for (size_t at = begin; at < end; at++) {
      const T *x = (const T *)job->a + (int64_t)at * channels;
      T *y = (T *)job->out + (int64_t)at * channels;
      for (int64_t c = 0; c < channels; c++) y[c] = SET(GET(x[c]) + GET(bias[c]));
    }
    return;
  }
  for (size_t at = begin; at < end; at++)
    for (int64_t c = 0; c < channels; c++) {
      const T *x = (const T *)job->a + ((int64_t)at * channels + c) * inner;
      T *y = (T *)job->out + ((int64_t)at * channels + c) * inner;
      for (int64_t i = 0; i < inner; i++) y[i] = SET(GET(x[i]) + GET(bias[c]));
    }
}

// Units are blocks of channels.
PART(F(bias_gradient)) {
  const norm_job *job = context;
  const T *x = job->a;
  T *out = job->out;
  int64_t channels = job->channels, inner = job->inner;
  int64_t to = (int64_t)end * BLOCK < channels ? (int64_t)end * BLOCK : channels;
  for (int64_t from = (int64_t)begin * BLOCK; from < to; from += BLOCK) {
    int64_t lanes = to - from < BLOCK ? to - from : BLOCK;
    S sum[BLOCK];
    for (int64_t c = 0; c < lanes; c++) sum[c] = 0;
    for (int64_t n = 0; n < job->outer; n++) {
      const T *row = x + (n * channels + from) * inner;
      if (inner == 1) {
        for (int64_t c = 0; c < lanes; c++) sum[c] += GET(row[c]);
      } else {
        for (int64_t c = 0; c < lanes; c++)
          for (int64_t i = 0; i < inner; i++) sum[c] += GET(row[c * inner + i]);
      }
    }
    for (int64_t c = 0; c < lanes; c++) out[from + c] = SET((A)sum[c]);
  }
}

#undef T
#undef A
#undef S
#undef GET
#undef SET
#undef F
