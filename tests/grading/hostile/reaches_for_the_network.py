# tier: landlock
# says: `double` raised (PermissionError|OSError: .*Network is unreachable)
import socket


def double(x):
    with socket.create_connection(("192.0.2.1", 80), 0.5):              # an address that belongs to nobody
        return 2 * x
