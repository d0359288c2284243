"""What a loader returns: inputs with their labels, and three such sets for training, tuning and a last look."""
from typing import Generic, NamedTuple, TypeVar

import numpy as np

__all__ = ["Dataset", "Split"]

Part = TypeVar("Part")


class Dataset(NamedTuple):
    """N observations of inputs and outputs.  Cho (2.4).

    Parameters
    ----------
    x : array (N, D)
    y : array (N,), integers for classes, floats for regression

    Examples
    --------
    >>> x, y = Dataset(np.zeros((3, 2)), np.array([0, 1, 1]))
    >>> x.shape, y.shape
    ((3, 2), (3,))
    """

    x: np.ndarray
    y: np.ndarray

    def join(self, other: "Dataset") -> "Dataset":
        """These observations, and then the other ones: training and validation data for a last fit.

        Examples
        --------
        >>> one = Dataset(np.zeros((3, 2)), np.array([0, 1, 1]))
        >>> one.join(one).x.shape
        (6, 2)
        """
        return Dataset(np.concatenate([self.x, other.x]), np.concatenate([self.y, other.y]))


class Split(NamedTuple, Generic[Part]):
    """Disjoint sets: one to learn from, one to choose by, and one to look at once.

    Parameters
    ----------
    train, validation, test : Dataset, or arrays (N, D) where there are no labels
    """

    train: Part
    validation: Part
    test: Part
