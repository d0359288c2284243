# fails: test_attention_backward
# says: the gradients of queries and keys have changed places
from solution import *


def attention_backward(g, q, k, v):
    alpha = softmax(q @ k.T)
    by_alpha = g @ v.T
    by_s = alpha * (by_alpha - np.sum(alpha * by_alpha, axis=1, keepdims=True))
    return by_s.T @ q, by_s @ k, alpha.T @ g
