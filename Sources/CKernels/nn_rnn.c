#include "loops.h"

// The parts of recurrent cells that are not matrix products, in float.

static float sigmoid(float x) { return 1 / (1 + expf(-x)); }

void jk_lstm_step(const jk_lstm *l, jk_lstm_inputs in, const float *gates, const float *bias,
                  jk_lstm_states s, float *h) {
  int64_t n = l->cells, forget_at = l->forget_second ? n : 2 * n,
          cell_at = l->forget_second ? 2 * n : n;
  for (int64_t row = 0; row < l->batch; row++, gates += 4 * n)
    for (int64_t k = 0; k < n; k++) {
      int64_t at = row * n + k;
      float before = in.cs_prev[at];
      float i = gates[k] + bias[k], c = gates[cell_at + k] + bias[cell_at + k];
      float f = gates[forget_at + k] + bias[forget_at + k] + l->forget_bias,
            o = gates[3 * n + k] + bias[3 * n + k];
      if (l->peephole) i += before * in.wci[k], f += before * in.wcf[k];
      i = sigmoid(i), f = sigmoid(f), c = tanhf(c);
      float cs = c * i + before * f;
      if (l->cell_clip > 0)
        cs = cs < -l->cell_clip ? -l->cell_clip : cs > l->cell_clip ? l->cell_clip : cs;
      if (l->peephole) o += cs * in.wco[k];
      o = sigmoid(o);
      float co = tanhf(cs);
      s.i[at] = i, s.cs[at] = cs, s.f[at] = f, s.o[at] = o, s.ci[at] = c, s.co[at] = co;
      h[at] = o * co;
    }
}

void jk_lstm_step_gradient(const jk_lstm *l, jk_lstm_inputs in, jk_lstm_states s,
                           const float *cs_grad, const float *h_grad, float *cs_prev_grad,
                           float *dgates, float *wci_grad, float *wcf_grad, float *wco_grad) {
  int64_t n = l->cells, forget_at = l->forget_second ? n : 2 * n,
          cell_at = l->forget_second ? 2 * n : n;
  for (int64_t row = 0; row < l->batch; row++, dgates += 4 * n)
    for (int64_t k = 0; k < n; k++) {
      int64_t at = row * n + k;
      float i = s.i[at], f = s.f[at], o = s.o[at], ci = s.ci[at], co = s.co[at], dh = h_grad[at];
      float output = o * (1 - o) * dh * co;
      float dcs = (1 - co * co) * dh * o + cs_grad[at];
      if (l->peephole) dcs += output * in.wco[k];
      float cell = (1 - ci * ci) * dcs * i;
      float forget = f * (1 - f) * dcs * in.cs_prev[at];
      float input = i * (1 - i) * dcs * ci;
      float before = dcs * f;
      if (l->peephole) {
        before += input * in.wci[k] + forget * in.wcf[k];
        wci_grad[k] += input * in.cs_prev[at];
        wcf_grad[k] += forget * in.cs_prev[at];
        wco_grad[k] += output * s.cs[at];
      }
      cs_prev_grad[at] = before;
      dgates[k] = input, dgates[cell_at + k] = cell, dgates[forget_at + k] = forget,
      dgates[3 * n + k] = output;
    }
}

void jk_join_rows(int64_t rows, int64_t a_width, int64_t b_width, const float *a, const float *b,
                  float *out) {
  for (int64_t row = 0; row < rows; row++, out += a_width + b_width) {
    memcpy(out, a + row * a_width, (size_t)a_width * sizeof(float));
    memcpy(out + a_width, b + row * b_width, (size_t)b_width * sizeof(float));
  }
}

void jk_split_rows(int64_t rows, int64_t a_width, int64_t b_width, const float *in, float *a,
                   float *b) {
  for (int64_t row = 0; row < rows; row++, in += a_width + b_width) {
    memcpy(a + row * a_width, in, (size_t)a_width * sizeof(float));
    memcpy(b + row * b_width, in + a_width, (size_t)b_width * sizeof(float));
  }
}

JK_PUBLIC_CLONES(void, jk_accumulate, (int64_t count, const float *x, float *y), (count, x, y)) {
  for (int64_t i = 0; i < count; i++) y[i] += x[i];
}

JK_PUBLIC_CLONES(void, jk_accumulate_rows, (int64_t rows, int64_t width, const float *x, float *y),
                 (rows, width, x, y)) {
  for (int64_t row = 0; row < rows; row++)
    for (int64_t k = 0; k < width; k++) y[k] += x[row * width + k];
}

void jk_gru_gates(int64_t batch, int64_t cells, const float *gates, const float *bias,
                  const float *h_prev, float *r, float *u, float *r_h) {
  for (int64_t row = 0; row < batch; row++, gates += 2 * cells)
    for (int64_t k = 0; k < cells; k++) {
      int64_t at = row * cells + k;
      r[at] = sigmoid(gates[k] + bias[k]);
      u[at] = sigmoid(gates[cells + k] + bias[cells + k]);
      r_h[at] = r[at] * h_prev[at];
    }
}

void jk_gru_state(int64_t batch, int64_t cells, const float *candidate, const float *bias,
                  const float *u, const float *h_prev, float *c, float *h) {
  for (int64_t at = 0; at < batch * cells; at++) {
    c[at] = tanhf(candidate[at] + bias[at % cells]);
    h[at] = u[at] * (h_prev[at] - c[at]) + c[at];
  }
}

void jk_gru_candidate_gradient(int64_t batch, int64_t cells, const float *dh, const float *u,
                               const float *c, const float *h_prev, float *dcandidate,
                               float *dgates) {
  for (int64_t row = 0; row < batch; row++)
    for (int64_t k = 0; k < cells; k++) {
      int64_t at = row * cells + k;
      dcandidate[at] = dh[at] * (1 - u[at]) * (1 - c[at] * c[at]);
      dgates[row * 2 * cells + cells + k] = dh[at] * (h_prev[at] - c[at]) * u[at] * (1 - u[at]);
    }
}

void jk_gru_reset_gradient(int64_t batch, int64_t cells, const float *d_rh, const float *dh,
                           const float *r, const float *u, const float *h_prev, float *dgates,
                           float *dh_prev) {
  for (int64_t row = 0; row < batch; row++)
    for (int64_t k = 0; k < cells; k++) {
      int64_t at = row * cells + k;
      dgates[row * 2 * cells + k] = d_rh[at] * h_prev[at] * r[at] * (1 - r[at]);
      dh_prev[at] = d_rh[at] * r[at] + dh[at] * u[at];
    }
}
