"""A file from the network, once: verified, kept in a cache folder, and said what to do where there is no network."""
from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from edugen.progress import bar

__all__ = ["DownloadFailed", "Remote", "cache_folder", "fetch"]

TIMEOUT = 30                                                    # seconds without a byte


class DownloadFailed(OSError):
    """No mirror gave the file. The message says why, and where to put it by hand."""


@dataclass(frozen=True)
class Remote:
    """A file that is downloaded on first use.

    Parameters
    ----------
    name : path below the cache folder, with /
    urls : where it is to be had, the first choice first
    sha256 : what its content must hash to
    text : whether that is the hash of its lines, which end in "\\r\\n" in some copies: carriage returns don't count
    """

    name: str
    urls: Sequence[str]
    sha256: str
    text: bool = False

    def digest(self, chunks: Iterable[bytes]) -> str:
        """The hash of a content that comes in pieces."""
        digest = hashlib.sha256()
        for chunk in chunks:
            digest.update(chunk.replace(b"\r", b"") if self.text else chunk)
        return digest.hexdigest()


def cache_folder() -> Path:
    """Where data is kept: the environment's EDUGEN_DATA, or the user's cache folder."""
    if os.environ.get("EDUGEN_DATA"):
        return Path(os.environ["EDUGEN_DATA"]).expanduser()
    return Path(_pooch().os_cache("edugen")) / "data"


def fetch(remote: Remote, progress: bool = True) -> Path:
    """The path of a file, downloaded if it is not there yet; what is there is whole and verified.

    Parameters
    ----------
    remote : Remote
    progress : whether to show a bar, where someone watches

    Raises
    ------
    DownloadFailed
        No mirror gave it: no network, not found, cut short, another content; or there is no folder to put it in. Nothing is left
        behind.
    ValueError
        The file in the cache is not the one it should be.
    ImportError
        pooch is missing.
    """
    pooch = _pooch()
    path = cache_folder() / remote.name
    if path.exists():
        if (found := remote.digest(_pieces(path))) != remote.sha256:
            raise ValueError(f"{path} is damaged, or another file: its SHA-256 is {found}, expected {remote.sha256}. Delete it "
                             "and call again")
    else:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DownloadFailed(f"cannot download {path.name} to {path.parent}: {error.strerror or error}. EDUGEN_DATA names "
                                 "another folder") from None
        reasons = []
        for url in remote.urls:
            try:
                log = pooch.get_logger()
                level, log.level = log.level, logging.ERROR             # we tell it ourselves
                try:
                    known = None if remote.text else f"sha256:{remote.sha256}"
                    pooch.retrieve(url, known, path.name, path.parent, downloader=_Download(remote, progress))
                finally:
                    log.level = level
                break
            except Exception as error:
                reasons.append(f"  {url}: {_why(error)}")
        else:
            raise DownloadFailed(
                f"cannot download {path.name}:\n" + "\n".join(reasons) + f"\nBy hand: download it where there is a network, and "
                f"put it at\n  {path}\nIts SHA-256 must be {remote.sha256}{', without carriage returns' * remote.text}. "
                "EDUGEN_DATA names another folder than the cache.")
    return path


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(1 << 16):
            yield piece


class _Download:
    """What pooch calls to fill a file: with our bar, and with a look at the length that the server promised."""

    def __init__(self, remote, progress):
        self.remote, self.progress = remote, progress

    def __call__(self, url, output_file, pooch):
        import requests

        with requests.get(url, stream=True, timeout=TIMEOUT, headers={"Accept-Encoding": "identity"}) as response:
            response.raise_for_status()
            total = int(response.headers["Content-Length"]) if "Content-Length" in response.headers else None
            name, size = self.remote.name.rpartition("/")[2], 0

            def kept():
                nonlocal size
                with open(output_file, "wb") as file, bar(self.progress, total, unit="B", unit_scale=True, desc=name) as tell:
                    for chunk in response.iter_content(1 << 16):
                        file.write(chunk)
                        size += len(chunk)
                        tell(len(chunk))
                        yield chunk
            found = self.remote.digest(kept())
        if total is not None and size < total:
            raise OSError(f"cut short, {size:,} of {total:,} bytes came")
        if found != self.remote.sha256:
            raise OSError(f"its content is another: SHA-256 {found}, expected {self.remote.sha256}")


def _why(error):
    """A line for a person: requests' own are a nest of objects."""
    import requests

    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"{error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.Timeout):
        return f"no answer within {TIMEOUT} s"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "cut short: the connection ended before the file did"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    return str(error) or type(error).__name__


def _pooch():
    try:
        import pooch
    except ImportError:
        raise ImportError('this data set is downloaded with pooch, which is missing: pip install "edugen[course]"') from None
    return pooch
