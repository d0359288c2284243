# fails: test_attention_backward
# says: the softmax's sum to one is forgotten: the mean is not subtracted
from solution import *


def attention_backward(g, q, k, v):
    alpha = softmax(q @ k.T)
    by_s = alpha * (g @ v.T)
    return by_s @ k, by_s.T @ q, alpha.T @ g
