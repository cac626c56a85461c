"""Data that the programs train on: the digits beside them, and numbers made by arithmetic."""

import os

import numpy as np

DIGITS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "digits")


def digits(count):
    """The first images of Examples/digits, [count, 8, 8, 1], and the digits that they show."""
    with np.load(os.path.join(DIGITS, "train.npz")) as data:
        return data["images"][:count], data["labels"][:count].astype(np.int32)


class Numbers:
    """A linear congruential generator, which gives the same numbers in Python and in Swift."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state * 1664525 + 1013904223) % (1 << 32)
        return self.state >> 8

    def uniform(self, *shape):
        """Numbers of [0, 1)."""
        values = [self.next() / float(1 << 24) for _ in range(int(np.prod(shape)))]
        return np.array(values, np.float32).reshape(shape)

    def integers(self, bound, *shape):
        """Integers of [0, bound)."""
        values = [self.next() % bound for _ in range(int(np.prod(shape)))]
        return np.array(values, np.int32).reshape(shape)
