"""JupyterLab over a folder: begun in this process, or found where it runs already."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

__all__ = ["address_of", "serve"]


def serve(root: Path, notebook: Path | None, browser: bool, announce: Callable[[str], Any]) -> None:
    """Serve `root` by JupyterLab until Ctrl-C, and announce its address.

    In this process: a signal that ends it ends the server, and nothing is left behind.

    Parameters
    ----------
    root : folder that is served
    notebook : file below it to open, None for the file browser alone
    browser : whether to open one
    announce : called with the address once the server listens there
    """
    import zmq
    from jupyterlab.labapp import LabApp

    token = secrets.token_hex(24)           # ours, so that we, and not a page of log, say the address
    options = {
        "ServerApp.root_dir": root,
        "ServerApp.open_browser": browser,
        "ServerApp.answer_yes": True,                               # Ctrl-C means it
        "Application.log_level": "ERROR",
        "ServerApp.allow_root": hasattr(os, "geteuid") and os.geteuid() == 0,   # a container; loopback only
        "IdentityProvider.token": token,
        "LabApp.default_url": _page(root, notebook),
    }
    if zmq.has("curve"):
        options["KernelManager.transport_encryption"] = "auto"      # or each kernel warns of eavesdroppers on the loopback
    server = LabApp.initialize_server(argv=[f"--{name}={value}" for name, value in options.items()])

    def listening() -> None:
        announce(f"{server.connection_url.rstrip('/')}{_page(root, notebook)}?token={token}")

    server.io_loop.add_callback(listening)                          # after its own first callback, which binds the port
    server.start()


def address_of(notebook: Path) -> str | None:
    """The page of a notebook on a Jupyter server that runs already over a folder above it; None where there is none."""
    from jupyter_server.serverapp import list_running_servers

    for server in list_running_servers():
        root = Path(server["root_dir"])
        if notebook.is_relative_to(root):
            return f"{server['url'].rstrip('/')}{_page(root, notebook)}?token={server['token']}"
    return None


def _page(root: Path, notebook: Path | None) -> str:
    return f"/lab/tree/{quote(notebook.relative_to(root).as_posix())}" if notebook else "/lab"
