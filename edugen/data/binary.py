"""Binary data sets that density estimators are compared on, with their usual splits; downloaded on first use.

The first two come from Lowd & Davis (2010), mushrooms from Larochelle & Murray (2011). Nobody has published the SHA-256 of
these files: the first copy is trusted, its hash recorded, and its shape compared with the one in the literature.
"""
from __future__ import annotations

from pathlib import Path

import numpy as np

from edugen.data.dataset import Split
from edugen.data.download import Remote, fetch

__all__ = ["dna", "mushrooms", "nltcs"]

MIRRORS = ("https://raw.githubusercontent.com/UCLA-StarAI/Density-Estimation-Datasets/v1.0.1/datasets/",    # a release stays
           "https://raw.githubusercontent.com/arranger1044/DEBD/master/datasets/")


def nltcs(progress: bool = True) -> Split[np.ndarray]:
    """National Long Term Care Survey: 16 disabilities of elderly people in daily life, 16,181 / 2,157 / 3,236 of them.

    Parameters
    ----------
    progress : bool
        Whether to show a bar while downloading.

    Returns
    -------
    Split of uint8 arrays (N, 16), zeros and ones

    Raises
    ------
    DownloadFailed
        No mirror gave a file; the message says where to put it by hand.
    ValueError
        A file is not the data set that the literature describes.
    """
    return _load("nltcs", 16, (16181, 2157, 3236), progress)


def dna(progress: bool = True) -> Split[np.ndarray]:
    """Splice junctions: 60 nucleotides of DNA as 180 bits, 1,600 / 400 / 1,186 sequences.

    Parameters
    ----------
    progress : bool
        Whether to show a bar while downloading.

    Returns
    -------
    Split of uint8 arrays (N, 180), zeros and ones

    Raises
    ------
    DownloadFailed, ValueError
        As `nltcs`.
    """
    return _load("dna", 180, (1600, 400, 1186), progress)


def mushrooms(progress: bool = True) -> Split[np.ndarray]:
    """Mushrooms: what they look like, in 112 bits, 2,000 / 500 / 5,624 of them.

    Parameters
    ----------
    progress : bool
        Whether to show a bar while downloading.

    Returns
    -------
    Split of uint8 arrays (N, 112), zeros and ones

    Raises
    ------
    DownloadFailed, ValueError
        As `nltcs`.
    """
    return _load("mushrooms", 112, (2000, 500, 5624), progress)


def read_bits(path: Path, columns: int) -> np.ndarray:
    """The zeros and ones in a text file, between commas or spaces, a row a line, as uint8 (N, columns)."""
    characters = np.frombuffer(path.read_bytes(), np.uint8)
    bits = characters[(characters == ord("0")) | (characters == ord("1"))] - ord("0")
    others = np.isin(characters, np.frombuffer(b"01, \t\r\n", np.uint8), invert=True)
    if np.any(others) or not bits.size or bits.size % columns:
        raise ValueError(f"{path} must hold rows of {columns} zeros and ones, got {bits.size} of them"
                         f"{' among other characters' * bool(np.any(others))}. Delete it and call again")
    return bits.reshape(-1, columns)


def _load(name: str, columns: int, rows: tuple[int, int, int], progress: bool) -> Split[np.ndarray]:
    parts = []
    for part, n in zip(("train", "valid", "test"), rows, strict=True):
        file = f"{name}/{name}.{part}.data"
        path = fetch(Remote(file, [mirror + file for mirror in MIRRORS]), progress)
        parts.append(read_bits(path, columns))
        if len(parts[-1]) != n:
            raise ValueError(f"{path} has {len(parts[-1])} rows, and {name}'s {part} set {n}: it is another file. Delete it and "
                             "its .sha256, and call again")
    return Split(*parts)
