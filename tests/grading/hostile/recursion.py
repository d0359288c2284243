# tier: process
# says: `double` raised RecursionError
def double(x):
    return double(x)
