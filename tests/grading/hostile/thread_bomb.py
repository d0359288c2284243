# tier: process
# says: it started more than 32 threads
import threading
import time

threading.stack_size(1 << 16)


def double(x):
    for _ in range(5000):
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    time.sleep(60)
