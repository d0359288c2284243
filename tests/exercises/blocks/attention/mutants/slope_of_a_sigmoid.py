# fails: test_attention_backward
# says: alpha (1 - alpha), as if each weight had a product of its own alone
from solution import *


def attention_backward(g, q, k, v):
    alpha = softmax(q @ k.T)
    by_s = alpha * (1 - alpha) * (g @ v.T)
    return by_s @ k, by_s.T @ q, alpha.T @ g
