"""Where the command `edugen` begins: beside the package, so that Ctrl-C is no traceback even while the package is imported."""
import os
import signal
import sys


def main() -> None:
    """Run the command line."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:                # otherwise whoever started us wants it ignored
        signal.signal(signal.SIGINT, _stop)
    from edugen.course.cli import main

    signal.signal(signal.SIGINT, before)
    main()


def _stop(*_: object) -> None:
    """End at once: NumPy turns an exception in the middle of its import into another."""
    print("\nAborted!", file=sys.stderr, flush=True)
    os._exit(130)
