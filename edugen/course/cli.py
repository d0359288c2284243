"""The command `edugen`. Its commands live in commands, which needs the packages of the extra `course`."""

import os
import sys

__all__ = ["main"]

EXTRA = {"click", "rich", "nbclient", "nbconvert", "nbformat", "jinja2", "jupyter_client", "jupyterlab", "ipykernel", "pytest",
         "math_core", "psutil", "watchfiles", "pooch"}


def main(arguments: list[str] | None = None) -> None:
    """Run the command line, and end the process with its exit code: 0 done, 1 checks failed, 2 wrong usage, 130 Ctrl-C."""
    os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")           # for the kernels and workers that we start
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")                    # a pipe on Windows may not know a dash
    try:
        from .commands import edugen

        edugen.main(args=arguments, prog_name="edugen")
    except KeyboardInterrupt:                                       # while commands were imported; click sees later ones
        print("\nAborted!", file=sys.stderr)
        sys.exit(130)
    except OSError as error:                                        # a full disk, a file that is somebody else's
        from .commands.group import reason

        print(f"edugen: {reason(error)}", file=sys.stderr)
        sys.exit(2)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in EXTRA:
            raise
        sys.exit(f'edugen: this needs {package}, which is not installed. pip install "edugen[course]"')
