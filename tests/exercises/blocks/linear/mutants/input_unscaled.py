# fails: test_weights_from_data
# says: the next layer gets what the old weights give
from solution import *


def weights_from_data(x, Us):
    scaled = []
    for U in Us:
        scaled.append(U / np.sqrt(np.mean(np.maximum(0, x @ U) ** 2)))
        x = np.maximum(0, x @ U) * 2
    return scaled
