# tier: process
# says: MemoryError: Unable to allocate
def double(x):
    return ["x" * 1_000_000] + [""] * 2_000         # 3 MB on the wire; as an array, the longest for each: 8 GB
