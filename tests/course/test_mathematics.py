"""TeX as MathML: what the notebooks use, drawn right; what is not known, refused by name."""
from xml.etree import ElementTree

import pytest

from edugen.course.mathematics import mathml


def drawn(tex, display=True):
    """The formula's tree without its annotation: (tag, text, children)."""
    root = ElementTree.fromstring(mathml(tex, display).replace("&ApplyFunction;", ""))
    math = next(root.iter("math"))
    for semantics in math.iter("semantics"):
        semantics.remove(semantics.find("annotation"))
    return math


def text(tree):
    return "".join(tree.itertext())


def test_a_label_stands_at_the_margin_and_can_be_linked_to():
    page = mathml(r"a = b \tag{2.30}", True)
    root = ElementTree.fromstring(page)
    assert root.get("class") == "equation" and root.get("id") == "2.30"
    assert root.find("a").attrib == {"href": "#2.30"} and root.find("a").text == "(2.30)"
    assert text(drawn(r"a = b \tag{2.30}")) == "a=b", "the tag is no part of the formula"
    assert "V-24" in mathml(r"a \tag{V-24}", True)
    both = text(drawn(r"\begin{align} a &= b \tag{4.30} \\ c &= d \tag{4.31} \end{align}"))
    assert "(4.30)" in both and "(4.31)" in both
    assert mathml("a", True).startswith('<math display="block">') and mathml("a", False).startswith("<math>")


@pytest.mark.parametrize("tex, tag, number", [
    (r"\begin{aligned} a &= b \\ &= c \end{aligned}", "mtr", 2),
    (r"\begin{split} a &= b \\ &= c \end{split}", "mtr", 2),
    (r"\begin{cases} 1, & \text{if } a \\ 0, & \text{otherwise} \end{cases}", "mtd", 4),
    (r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}", "mtd", 4),
    (r"\frac{\partial e}{\partial b_y}", "mfrac", 1),
    (r"\sum_{i=1}^d x_i", "munderover", 1),
    (r"\sum_{\substack{i < j \\ j < k}} x", "mtr", 2),
    (r"\underbrace{a + b}_{\text{(a)}}", "munder", 2),
    (r"\hat y + \bar x + \tilde z + \widetilde{xy}", "mover", 4),
    (r"\sqrt{x}", "msqrt", 1),
])
def test_structures(tex, tag, number):
    assert len(list(drawn(tex).iter(tag))) == number


@pytest.mark.parametrize("tex, character", [
    (r"\mathbb{E}", "𝔼"), (r"\mathbb{R}^d", "ℝ"), (r"\mathbb{1}(a)", "𝟙"), (r"\mathcal{N}", "𝒩"), (r"\mathbf{x}", "𝐱"),
    (r"\boldsymbol{\theta}", "𝜽"), (r"\bm{x}", "𝒙"), (r"\lVert x \rVert", "‖"), (r"\odot", "⊙"), (r"\nabla_\theta L", "∇"),
    (r"\arg\min_y e", "arg min"), (r"\operatorname{tr} A", "tr"), (r"\operatorname*{arg\,max}_y", "max"), (r"x^\top", "⊤"),
    (r"\text{ for all }", "for all"), (r"a \mid b", "∣"), (r"\iff", "⟺"), (r"\varnothing", "∅"), (r"f''", "″"),
    (r"\newcommand{\KL}{\mathrm{KL}} \KL(q \,\|\, p)", "KL"), (r"a < b \; \& \; c > d", "<"),
])
def test_signs(tex, character):
    shown = "".join(text(drawn(tex)).split())                              # spaces of any width
    assert character.replace(" ", "") in shown, shown


@pytest.mark.parametrize("script", ["^2", "_2", "^\\top_2"])
def test_a_large_parenthesis_with_a_script_keeps_its_size(script):
    """Chromium shrinks a stretchy operator that is all there is in the base of a script."""
    tree = drawn(rf"\bigl(a\bigr){script}")
    base = next(tree.iter({"^": "msup", "_": "msub"}[script[0]] if len(script) == 2 else "msubsup"))[0]
    assert base.tag == "mrow" and [part.tag for part in base] == ["mo", "mi"] and text(base) == ")"
    assert float(base[0].get("minsize").removesuffix("em")) > 1


def test_the_source_can_be_copied():
    note = ElementTree.fromstring(mathml(r"a < \frac12", False)).find("semantics/annotation")
    assert note.text == r"a < \frac12" and note.get("encoding") == "application/x-tex"


@pytest.mark.parametrize("tex, message", [
    (r"a + \foo", r"foo.* In: a \+ \\foo"),
    (r"\begin{unknown} a \end{unknown}", "unknown"),
    (r"\frac{1}{2", "In: "),
    (r"a & b", "In: "),
    (r"\eqref{2.30}", r"labeled in another formula; write its number"),
])
def test_what_is_not_known_is_named(tex, message):
    with pytest.raises(ValueError, match=message) as error:
        mathml(tex, True)
    assert "\x1b" not in str(error.value)
