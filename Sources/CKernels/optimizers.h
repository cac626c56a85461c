// The optimizers for one type; optimizers.c includes this once per type. Slots and hyperparameters
// come in the order of the inputs of TensorFlow's ops.

STEP(sgd, C lr = H(0), S(0, L(0) - g * lr))

STEP(adadelta, C lr = H(0); C rho = H(1); C epsilon = H(2), {
  C accum = L(1) * rho + g * g * (1 - rho);
  C update = SQRT(L(2) + epsilon) / SQRT(accum + epsilon) * g;
  S(1, accum);
  S(0, L(0) - update * lr);
  S(2, L(2) * rho + update * update * (1 - rho));
})

STEP(adagrad, C lr = H(0), {
  C accum = L(1);
  if (flag) {
    accum += g * g;
    S(1, accum);
  }
  S(0, L(0) - g * lr / SQRT(accum));
})

STEP(adagrad_v2, C lr = H(0); C epsilon = H(1), {
  C accum = L(1);
  if (flag) {
    accum += g * g;
    S(1, accum);
  }
  S(0, L(0) - g * lr / (SQRT(accum) + epsilon));
})

STEP(momentum, C lr = H(0); C momentum = H(1), {
  C accum = L(1) * momentum + g;
  S(1, accum);
  S(0, L(0) - (flag ? g * lr + accum * momentum * lr : accum * lr));
})

STEP(keras_momentum, C lr = H(0); C momentum = H(1), {
  C accum = L(1) * momentum - g * lr;
  S(1, accum);
  S(0, L(0) + (flag ? accum * momentum - g * lr : accum));
})

STEP(adam, C b1 = H(3); C b2 = H(4); C epsilon = H(5);
     C alpha = H(2) * SQRT(1 - H(1)) / (1 - H(0)), {
       C m = L(1) + (g - L(1)) * (1 - b1);
       C v = L(2) + (g * g - L(2)) * (1 - b2);
       S(1, m);
       S(2, v);
       S(0, L(0) - (flag ? g * (1 - b1) + b1 * m : m) * alpha / (SQRT(v) + epsilon));
     })

STEP(rmsprop, C lr = H(0); C rho = H(1); C momentum = H(2); C epsilon = H(3), {
  C ms = L(1) + (g * g - L(1)) * (1 - rho);
  C mom = L(2) * momentum + g * lr / SQRT(ms + epsilon);
  S(1, ms);
  S(2, mom);
  S(0, L(0) - mom);
})

STEP(centered_rmsprop, C lr = H(0); C rho = H(1); C momentum = H(2); C epsilon = H(3), {
  C ms = L(2) + (g * g - L(2)) * (1 - rho);
  C mg = L(1) + (g - L(1)) * (1 - rho);
  C mom = L(3) * momentum + g * lr / SQRT(ms - mg * mg + epsilon);
  S(2, ms);
  S(1, mg);
  S(3, mom);
  S(0, L(0) - mom);
})

#if REAL

#define SIGN(x) ((C)(((x) > 0) - ((x) < 0)))
// Moves towards zero by `l1`, and not past it.
#define SHRINK(x, l1) (SIGN(x) * (ABS(x) > (l1) ? ABS(x) - (l1) : 0))

STEP(adam_amsgrad, C b1 = H(3); C b2 = H(4); C epsilon = H(5);
     C alpha = H(2) * SQRT(1 - H(1)) / (1 - H(0)), {
       C m = L(1) + (g - L(1)) * (1 - b1);
       C v = L(2) + (g * g - L(2)) * (1 - b2);
       C top = L(3) > v ? L(3) : v;
       S(1, m);
       S(2, v);
       S(3, top);
       S(0, L(0) - m * alpha / (SQRT(top) + epsilon));
     })

STEP(adamax, C b1 = H(2); C b2 = H(3); C epsilon = H(4); C alpha = H(1) / (1 - H(0)), {
  C m = L(1) + (g - L(1)) * (1 - b1);
  C decayed = b2 * L(2);
  C size = ABS(g);
  C v = decayed > size ? decayed : size;
  S(1, m);
  S(2, v);
  S(0, L(0) - alpha * (m / (v + epsilon)));
})

STEP(proximal_sgd, C lr = H(0); C l1 = H(1); C l2 = H(2), {
  C x = L(0) - g * lr;
  S(0, (l1 > 0 ? SHRINK(x, lr * l1) : x) / (1 + l2 * lr));
})

STEP(proximal_adagrad, C lr = H(0); C l1 = H(1); C l2 = H(2), {
  C accum = L(1) + g * g;
  C rate = lr / SQRT(accum);
  C x = L(0) - g * rate;
  S(1, accum);
  S(0, (l1 > 0 ? SHRINK(x, rate * l1) : x) / (1 + l2 * rate));
})

STEP(adagrad_da, C lr = H(0); C l1 = H(1); C l2 = H(2); C step = H(3), {
  C sum = L(1) + g;
  C squares = L(2) + g * g;
  C shrunk = l1 > 0 ? SHRINK(sum, l1 * step) : sum;
  S(1, sum);
  S(2, squares);
  S(0, -lr * shrunk / (l2 * lr * step + SQRT(squares)));
})

#define FTRL(shrinkage)                                                     \
  C accum = L(1);                                                           \
  C sum = accum + g * g;                                                    \
  C used = g + 2 * (shrinkage)*L(0);                                        \
  C now = power == (C)-0.5 ? SQRT(sum) : POW(sum, -power);                  \
  C before = power == (C)-0.5 ? SQRT(accum) : POW(accum, -power);           \
  C linear = L(2);                                                          \
  C bound = l1;                                                             \
  C curvature;                                                              \
  if (flag) {                                                               \
    linear += used * lr - (now - before) * L(0);                            \
    bound = l1 * lr;                                                        \
    curvature = now + 2 * l2 * lr;                                          \
  } else {                                                                  \
    linear += used - (now - before) / lr * L(0);                            \
    curvature = now / lr + 2 * l2;                                          \
  }                                                                         \
  S(1, sum);                                                                \
  S(2, linear);                                                             \
  S(0, ABS(linear) > bound ? (SIGN(linear) * bound - linear) / curvature : 0)

STEP(ftrl, C lr = H(0); C l1 = H(1); C l2 = H(2); C power = H(3), { FTRL(0); })
STEP(ftrl_v2, C lr = H(0); C l1 = H(1); C l2 = H(2); C shrinkage = H(3);
     C power = H(4), { FTRL(shrinkage); })
#undef FTRL

STEP(add_sign, C lr = H(0); C alpha = H(1); C decay = H(2); C beta = H(3), {
  C m = L(1) * beta + g * (1 - beta);
  S(1, m);
  S(0, L(0) - lr * (alpha + decay * SIGN(g) * SIGN(m)) * g);
})

STEP(power_sign, C lr = H(0); C base = H(1); C decay = H(2); C beta = H(3), {
  C m = L(1) * beta + g * (1 - beta);
  S(1, m);
  S(0, L(0) - lr * EXP(base * decay * SIGN(g) * SIGN(m)) * g);
})

#undef SIGN
#undef SHRINK
#endif
