"""TeX as MathML, which a browser draws by itself: no script, no address, and a screen reader reads it."""
from __future__ import annotations

import re
from functools import cache
from html import escape

from math_core import LatexError, LatexToMathML

__all__ = ["mathml"]

MACROS = {"substack": r"\begin{subarray}{c}#1\end{subarray}"}
TAG = re.compile(r"\\tag\{([^{}]*)\}")


@cache
def _converter() -> LatexToMathML:
    return LatexToMathML(macros=MACROS, annotation=True, fancy_error=False, allow_unreliable_rendering=True)


def mathml(tex: str, display: bool) -> str:
    r"""A formula as MathML; a displayed one with `\tag{2.30}` gets its number at the margin, and is the page's `#2.30`.

    Raises
    ------
    ValueError
        What the converter does not know; the message names it and shows the formula.

    Examples
    --------
    >>> mathml("x", display=False)
    '<math><semantics><mi>x</mi><annotation encoding="application/x-tex">x</annotation></semantics></math>'
    >>> print(mathml(r"x \tag{2.30}", display=True))
    <div class="equation" id="2.30"><math display="block">...</math><a href="#2.30">(2.30)</a></div>
    """
    source = tex.strip().replace("{split}", "{aligned}")
    labels = TAG.findall(source)
    alone = len(labels) == 1 and not re.search(r"\\begin\{(align|gather|equation|multline)\*?\}", source)
    try:
        drawn = _converter().convert_with_local_state(TAG.sub("", source) if alone else source, displaystyle=display)
    except LatexError as error:
        raise ValueError(f"{str(error).strip()} In: {tex.strip()}") from None
    if ">(??)<" in drawn:
        raise ValueError(f"a reference to what is labeled in another formula; write its number, as (2.30). In: {tex.strip()}")
    drawn = re.sub(r"<mo>([′″‴⁗])</mo>", r'<mo class="prime">\1</mo>', drawn)
    # Chromium shrinks \bigr) where a superscript stands at it, unless there is something beside it to stretch to.
    drawn = re.sub(r"(<msu[bp]\w*>)(<mo [^>]*minsize=[^>]*>[^<]*</mo>)", r"\1<mrow>\2<mi></mi></mrow>", drawn)
    if not alone:
        return drawn
    label = escape(labels[0])
    return f'<div class="equation" id="{label}">{drawn}<a href="#{label}">({label})</a></div>'
