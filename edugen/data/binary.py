"""Binary data sets that density estimators are compared on, with their usual splits; downloaded on first use.

The first two come from Lowd & Davis (2010), mushrooms from Larochelle & Murray (2011).
"""
from __future__ import annotations

from pathlib import Path

import numpy as np

from edugen.data.dataset import Split
from edugen.data.download import Remote, fetch

__all__ = ["dna", "mushrooms", "nltcs"]

MIRRORS = ("https://raw.githubusercontent.com/UCLA-StarAI/Density-Estimation-Datasets/v1.0.1/datasets/",    # a release stays
           "https://raw.githubusercontent.com/arranger1044/DEBD/master/datasets/")
SHA256 = {                                                      # of the lines, as github.com/aciotinga/PeTeR records them
    "nltcs.train.data": "e547a7aedad1dd2f7177030881ab1b92c7e24ae5464c71a0f1f89daecaf52b30",
    "nltcs.valid.data": "93bbbf5c6febdc9bc6e5b5bfab636f4dc0685ab2896d24b23dd267794c3bfcf6",
    "nltcs.test.data": "f9ffa6b74b27dc03bee3203d157ee31079e80b13be40d0c0093d635c25aed523",
    "dna.train.data": "bb8de0ca4b6ad9b610036b7a302962ebecd4b504354b14c02c7d0bee48d207d9",
    "dna.valid.data": "4b0fc89cda5eaf5c75926e281afb6af99de194a546070d5b81b524ba251f4f3f",
    "dna.test.data": "fec3ae7b26804020a9c43c99828441c5e08bb76b23719368a74ad2b09af99100",
    "mushrooms.train.data": "465c712c066bbbee3ccceded24bbe42b4c379df67b524e28cce9bf3a8b83f27b",
    "mushrooms.valid.data": "5a067e6854df71623415e6adc8e913cbff766637a324788882ba800907aa5385",
    "mushrooms.test.data": "313c5f04b5d0a18bee2f2ffa264be265d09f5362aad6f714637acd9552f81aa0",
}


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
        No mirror gave a file; the message says where to put it by hand, and the hash it must have.
    ValueError
        A file in the cache is not the one it should be.
    """
    return _load("nltcs", 16, progress)


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
    return _load("dna", 180, progress)


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
    return _load("mushrooms", 112, progress)


def read_bits(path: Path, columns: int) -> np.ndarray:
    """The zeros and ones in a text file, between commas or spaces, a row a line, as uint8 (N, columns)."""
    characters = np.frombuffer(path.read_bytes(), np.uint8)
    bits = characters[(characters == ord("0")) | (characters == ord("1"))] - ord("0")
    others = np.isin(characters, np.frombuffer(b"01, \t\r\n", np.uint8), invert=True)
    if np.any(others) or not bits.size or bits.size % columns:
        raise ValueError(f"{path} must hold rows of {columns} zeros and ones, got {bits.size} of them"
                         f"{' among other characters' * bool(np.any(others))}. Delete it and call again")
    return bits.reshape(-1, columns)


def _load(name: str, columns: int, progress: bool) -> Split[np.ndarray]:
    parts = []
    for part in ("train", "valid", "test"):
        file = f"{name}.{part}.data"
        remote = Remote(f"{name}/{file}", [f"{mirror}{name}/{file}" for mirror in MIRRORS], SHA256[file], text=True)
        parts.append(read_bits(fetch(remote, progress), columns))
    return Split(*parts)
