"""A progress bar for a person who watches: on a terminal and in a notebook; elsewhere there is none."""
from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["bar"]


@contextmanager
def bar(wanted: bool, total: int | None, done: int = 0, unit: str = "step", **options: Any) -> Iterator[Callable[..., None]]:
    """Gives `tell(steps, name="value", ...)`: so many steps more, and what the bar shows beside them.

    Parameters
    ----------
    wanted : whether to show it at all; TQDM_DISABLE in the environment says no for everyone
    total : steps to the end, None where nobody knows
    done : steps behind us already
    unit : what a step is called
    **options : tqdm's own

    Examples
    --------
    >>> with bar(True, total=2) as tell:
    ...     tell(1, loss="0.5")
    """
    shell = getattr(sys.modules.get("IPython"), "get_ipython", bool)()
    watched = hasattr(shell, "kernel") or getattr(sys.stderr, "isatty", bool)()
    if not (wanted and watched) or os.environ.get("TQDM_DISABLE"):          # tqdm's own bar for notebooks forgets to ask
        yield lambda steps, **values: None
        return
    from tqdm.auto import tqdm
    told: dict[str, str] = {}
    with tqdm(total=total, initial=done, unit=unit, **options) as shown:
        def tell(steps, **values):
            told.update(values)
            shown.set_postfix_str(", ".join(map(" ".join, told.items())), refresh=False)
            shown.update(steps)
        yield tell
