#!/usr/bin/env python3
"""Writes Sources/CKernels/sobol.bin from what TensorFlow's SobolSample gives: sobol_table.py FILE

The point of index 2^k is the sum of the direction numbers k and k - 1, so that 30 points tell all
of them. The polynomials of the dimensions are the primitive ones in their order; each is checked
against the numbers. Sources/CKernels/sobol.c says how the file is laid out.
"""

import sys

import numpy as np
import tensorflow as tf

DIMENSIONS = 21200
BITS = 30


def directions() -> np.ndarray:
    """The numbers of all dimensions as fractions of 2^32, one row a bit."""
    rows = []
    for bit in range(BITS):
        point = tf.raw_ops.SobolSample(
            dim=DIMENSIONS, num_results=1, skip=(1 << bit) - 1, dtype=tf.float64).numpy()[0]
        number = (point * 2.0**32).astype(np.uint64)
        rows.append(number ^ rows[-1] if rows else number)
    return np.array(rows)


def primitive_polynomials(degree: int) -> list[int]:
    order, factors, rest, p = (1 << degree) - 1, [], (1 << degree) - 1, 2
    while p * p <= rest:
        if rest % p == 0:
            factors.append(p)
            while rest % p == 0:
                rest //= p
        p += 1
    factors += [rest] if rest > 1 else []

    def power(exponent: int, polynomial: int) -> int:
        def product(a: int, b: int) -> int:
            result = 0
            while b:
                result ^= a * (b & 1)
                a, b = a << 1, b >> 1
                a ^= polynomial * (a >> degree & 1)
            return result

        result, base = 1, 2 if degree > 1 else 1
        while exponent:
            if exponent & 1:
                result = product(result, base)
            base, exponent = product(base, base), exponent >> 1
        return result

    candidates = ((1 << degree) | (middle << 1) | 1 for middle in range(1 << (degree - 1)))
    return [
        c for c in candidates
        if degree == 1 or power(order, c) == 1 and all(power(order // f, c) != 1 for f in factors)
    ]


def check(numbers: np.ndarray, degree: int, polynomial: int) -> None:
    for k in range(degree, BITS):
        expected = int(numbers[k - degree]) ^ int(numbers[k - degree]) >> degree
        for i in range(1, degree):
            if polynomial >> (degree - i) & 1:
                expected ^= int(numbers[k - i])
        assert expected == int(numbers[k]), (degree, polynomial)


def main() -> None:
    numbers, bits = directions(), []

    def put(value: int, count: int) -> None:
        bits.extend(value >> i & 1 for i in range(count))

    dimension, degree = 1, 1
    while dimension < DIMENSIONS:
        for polynomial in primitive_polynomials(degree)[: DIMENSIONS - dimension]:
            own = numbers[:, dimension]
            check(own, degree, polynomial)
            put(polynomial >> 1, degree - 1)
            for i in range(1, degree + 1):
                put(int(own[i - 1]) >> (32 - i) >> 1, i - 1)
            dimension += 1
        degree += 1
    with open(sys.argv[1], "wb") as file:
        file.write(np.packbits(np.array(bits, np.uint8), bitorder="little").tobytes())


if __name__ == "__main__":
    main()
