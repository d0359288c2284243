# tier: process
# says: `double` raised MemoryError
def double(x):
    kept = []
    while True:
        kept.append(bytearray(1 << 24))
