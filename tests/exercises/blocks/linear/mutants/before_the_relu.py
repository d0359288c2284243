# fails: test_weights_from_data
# says: the mean square before the relu
from solution import *


def weights_from_data(x, Us):
    scaled = []
    for U in Us:
        U = U / np.sqrt(np.mean((x @ U) ** 2))
        scaled.append(U)
        x = np.maximum(0, x @ U)
    return scaled
