# tier: process
# says: it used more than 256 MiB of memory|raised ValueError: not allowed to raise maximum limit
import resource


def double(x):
    resource.setrlimit(resource.RLIMIT_DATA, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    kept = []
    while True:
        kept.append(b"x" * (1 << 24))
