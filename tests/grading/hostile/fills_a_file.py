# tier: process
# says: `double` raised OSError: .*File too large
def double(x):
    with open("big", "wb") as stream:
        while True:
            stream.write(b"x" * (1 << 20))
