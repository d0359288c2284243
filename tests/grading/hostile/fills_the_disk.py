# tier: process
# says: it wrote more than 16 MiB to files
def double(x):
    for i in range(99):
        with open(f"{i}", "wb") as stream:
            stream.write(b"x" * (8 << 20))
    while True:
        pass
