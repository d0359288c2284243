"""A file from the network, once: verified, kept in a cache folder, and said what to do where there is no network."""
from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Sequence
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
    sha256 : what its content must hash to; None where nobody has published it: then the first copy is trusted, and its hash
        written beside it, so that any change is noticed later
    """

    name: str
    urls: Sequence[str]
    sha256: str | None = None


def cache_folder() -> Path:
    """Where data is kept: the environment's EDUGEN_DATA, or the user's cache folder."""
    if "EDUGEN_DATA" in os.environ:
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
        No mirror gave it: no network, not found, cut short, another content. Nothing is left behind.
    ValueError
        The file in the cache is not the one it should be.
    ImportError
        pooch is missing.
    """
    pooch = _pooch()
    path = cache_folder() / remote.name
    record = path.with_name(path.name + ".sha256")
    expected = remote.sha256 or (record.read_text(encoding="ascii").split()[0] if record.exists() else None)
    if path.exists():
        if expected and (found := sha256(path)) != expected:
            raise ValueError(f"{path} is damaged, or another file: its SHA-256 is {found}, expected {expected}. Delete it "
                             "and call again")
    else:
        reasons = []
        for url in remote.urls:
            try:
                log = pooch.get_logger()
                level, log.level = log.level, logging.ERROR             # we tell it ourselves
                try:
                    pooch.retrieve(url, f"sha256:{expected}" if expected else None, path.name, path.parent,
                                   downloader=_Download(path.name, progress, expected))
                finally:
                    log.level = level
                break
            except Exception as error:
                reasons.append(f"  {url}: {_why(error)}")
        else:
            raise DownloadFailed(
                f"cannot download {path.name}:\n" + "\n".join(reasons) + f"\nBy hand: download it where there is a network, and "
                f"put it at\n  {path}\n" + (f"Its SHA-256 must be {expected}." if expected else "Its SHA-256 is not known; the "
                "first copy is trusted.") + " EDUGEN_DATA names another folder than the cache.")
    if remote.sha256 is None and not record.exists():
        part = record.with_name(record.name + ".part")
        part.write_text(f"{sha256(path)}  {path.name}\n", encoding="ascii")     # as sha256sum writes and checks it
        part.replace(record)
    return path


def sha256(path: Path) -> str:
    """The hash of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _Download:
    """What pooch calls to fill a file: with our bar, and with a look at the length that the server promised."""

    def __init__(self, name, progress, expected):
        self.name, self.progress, self.expected = name, progress, expected

    def __call__(self, url, output_file, pooch):
        import requests

        with requests.get(url, stream=True, timeout=TIMEOUT, headers={"Accept-Encoding": "identity"}) as response:
            response.raise_for_status()
            total = int(response.headers["Content-Length"]) if "Content-Length" in response.headers else None
            size, digest = 0, hashlib.sha256()
            with open(output_file, "wb") as file, bar(self.progress, total, unit="B", unit_scale=True, desc=self.name) as tell:
                for chunk in response.iter_content(1 << 16):
                    file.write(chunk)
                    digest.update(chunk)
                    size += len(chunk)
                    tell(len(chunk))
        if total is not None and size < total:
            raise OSError(f"cut short, {size:,} of {total:,} bytes came")
        if self.expected and digest.hexdigest() != self.expected:
            raise OSError(f"its content is another: SHA-256 {digest.hexdigest()}, expected {self.expected}")


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
