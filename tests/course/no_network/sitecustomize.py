"""On the path of a kernel under test, and of its children: no socket of Python's reaches beyond this machine.

An audit hook can't be taken off or imported around. ZeroMQ, by which the kernel talks to the runner, opens its sockets in C.
"""
import sys

LOOPBACK = ("localhost", "127.", "::1", "0.0.0.0")


def refuse(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        address = arguments
    else:
        return
    host = address[0] if isinstance(address, tuple) else None           # a string is the path of a local socket
    host = host.decode() if isinstance(host, bytes) else host
    if host and not host.startswith(LOOPBACK):
        raise RuntimeError(f"a notebook must run without a network, and this one calls {host}")


sys.addaudithook(refuse)
