"""Logistic regression in numpy, as a Flower app's task.py has it."""

from pathlib import Path

import numpy as np


def load_data(path: str, target: str):
    header, *lines = Path(path).read_text().splitlines()
    names, table = header.split(","), np.loadtxt(lines, delimiter=",", ndmin=2)
    at = names.index(target)
    x, y = np.delete(table, at, axis=1), table[:, at]
    return (x - x.mean(axis=0)) / x.std(axis=0), y


def probabilities(weights, bias, x):
    return 1 / (1 + np.exp(-(x @ weights + bias[0])))


def fit(weights, bias, x, y, epochs: int, lr: float):
    for _ in range(epochs):
        off = probabilities(weights, bias, x) - y
        weights, bias = weights - lr * x.T @ off / len(y), bias - lr * off.mean()
    return weights, bias


def losses(weights, bias, x, y):
    p = np.clip(probabilities(weights, bias, x), 1e-9, 1 - 1e-9)
    return float(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))), float(((p > 0.5) == y).mean())
