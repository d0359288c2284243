"""MNIST, Fashion-MNIST, and binarized MNIST: gray and binary images of 28 x 28 pixels, downloaded on first use."""
from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np

from edugen.data.binary import read_bits
from edugen.data.dataset import Dataset, Split
from edugen.data.download import Remote, fetch

__all__ = ["binarized_mnist", "fashion_mnist", "mnist"]

MNIST = ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/")
MNIST_SHA256 = {                                                # also those of tensorflow-datasets
    "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}
FASHION = ("https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
           "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/")
FASHION_SHA256 = {
    "train-images-idx3-ubyte.gz": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    "train-labels-idx1-ubyte.gz": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    "t10k-images-idx3-ubyte.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    "t10k-labels-idx1-ubyte.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
}
BINARIZED = ("http://www.cs.toronto.edu/~larocheh/public/datasets/binarized_mnist/",)
BINARIZED_SHA256 = {                                            # of tensorflow-datasets
    "binarized_mnist_train.amat": "ad693b29f94c14277b095f5238ddefbbdaaae0939789dd2f4f0205278cee3e4d",
    "binarized_mnist_valid.amat": "1de3d397c40fe8eeb33dafd4099a1f665ec01e96d9be234aaeeac8a34930e2e2",
    "binarized_mnist_test.amat": "e6687bfea3f820c174f33b7865140b2a2dd2930ef786f35d45795fc193b5ab2c",
}
HELD_OUT = 10_000                                               # images at the end of the training file


def mnist(progress: bool = True) -> Split[Dataset]:
    """Handwritten digits: 50,000 images to learn from, 10,000 to choose by, 10,000 to test.  LeCun, Cortes & Burges (1998).

    The validation set is the last 10,000 images of the training file. About 12 MB are downloaded once; `EDUGEN_DATA` in the
    environment says where to.

    Parameters
    ----------
    progress : bool
        Whether to show a bar while downloading.

    Returns
    -------
    Split of Datasets
        x float32 (N, 784) in [0, 1], an image a row, its pixels row by row, ink is 1; y int64 (N,), 0 to 9.

    Raises
    ------
    DownloadFailed
        No mirror gave a file; the message says where to put it by hand, and the hash it must have.
    """
    return _images("mnist", MNIST, MNIST_SHA256, progress)


def fashion_mnist(progress: bool = True) -> Split[Dataset]:
    """Clothes, in the shape of MNIST and harder.  Xiao, Rasul & Vollgraf (2017), MIT license.

    The labels: 0 T-shirt, 1 trouser, 2 pullover, 3 dress, 4 coat, 5 sandal, 6 shirt, 7 sneaker, 8 bag, 9 ankle boot.
    About 31 MB are downloaded once.

    Parameters
    ----------
    progress : bool
        Whether to show a bar while downloading.

    Returns
    -------
    Split of Datasets, as `mnist`

    Raises
    ------
    DownloadFailed
        As `mnist`.
    """
    return _images("fashion_mnist", FASHION, FASHION_SHA256, progress)


def binarized_mnist(progress: bool = True) -> Split[np.ndarray]:
    """MNIST with each pixel drawn once, ink as its probability: the standard for likelihoods.  Salakhutdinov & Murray (2008).

    The split is the usual one, 50,000 / 10,000 / 10,000. About 110 MB are downloaded once.

    Parameters
    ----------
    progress : bool
        Whether to show a bar while downloading.

    Returns
    -------
    Split of uint8 arrays (N, 784), zeros and ones; there are no labels

    Raises
    ------
    DownloadFailed
        As `mnist`.
    """
    return Split(*(read_bits(path, 784) for path in _files("binarized_mnist", BINARIZED, BINARIZED_SHA256, progress)))


def _files(folder: str, mirrors: tuple[str, ...], hashes: dict[str, str], progress: bool) -> list[Path]:
    return [fetch(Remote(f"{folder}/{name}", [mirror + name for mirror in mirrors], sha256), progress)
            for name, sha256 in hashes.items()]


def _images(folder: str, mirrors: tuple[str, ...], hashes: dict[str, str], progress: bool) -> Split[Dataset]:
    x, y, x_test, y_test = (_idx(path) for path in _files(folder, mirrors, hashes, progress))
    x, x_test = (images.reshape(len(images), -1).astype(np.float32) / 255 for images in (x, x_test))
    y, y_test = y.astype(np.int64), y_test.astype(np.int64)
    return Split(Dataset(x[:-HELD_OUT], y[:-HELD_OUT]), Dataset(x[-HELD_OUT:], y[-HELD_OUT:]), Dataset(x_test, y_test))


def _idx(path: Path) -> np.ndarray:
    """The bytes of an IDX file: two zeros, 8 for bytes, the number of axes, their lengths as big-endian integers, the entries."""
    with gzip.open(path) as file:
        content = file.read()
    axes = content[3]
    shape = np.frombuffer(content, ">u4", axes, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(shape)
