# tier: process
# says: `double` raised PermissionError|entries are wrong
def double(x):
    with open("/proc/self/mem", "r+b") as memory:
        memory.seek(x.ctypes.data)
        memory.write(bytes(8))
    return x
