# fails: test_attention_backward
# says: differences: some digits, and nothing derived
# kind: numerical
from solution import *


def attention_backward(g, q, k, v):
    loss = lambda q, k, v: np.sum(g * (softmax(q @ k.T) @ v))
    gradients = []
    for n in range(3):
        args = [q.copy(), k.copy(), v.copy()]
        by = np.zeros_like(args[n])
        for at in np.ndindex(by.shape):
            was = args[n][at]
            args[n][at] = was + 1e-5
            high = loss(*args)
            args[n][at] = was - 1e-5
            by[at] = (high - loss(*args)) / 2e-5
            args[n][at] = was
        gradients.append(by)
    return tuple(gradients)
