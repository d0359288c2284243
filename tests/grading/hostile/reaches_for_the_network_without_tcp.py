# tier: bubblewrap
# says: `double` raised OSError: .*Network is unreachable
import socket


def double(x):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.sendto(b"what is the answer?", ("192.0.2.1", 53))
    return 2 * x
