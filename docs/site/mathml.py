"""Formulas as MathML, which browsers draw themselves: no page loads a script from elsewhere. SPDX-License-Identifier: Apache-2.0"""

import re

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml


def mathml(tex, as_block=False):
    return tex2mathml(tex.replace(r"\dots", r"\ldots"), as_block=as_block)


def inline(writer, node):
    writer.body.append(mathml(node.astext()))
    raise nodes.SkipNode


def block(writer, node):
    """The number of a formula, its tag, stands at the right edge."""
    tex, tag = re.fullmatch(r"(.*?)(?:\\tag\{(.*)\})?\s*", node.astext(), re.S).groups()
    number = f'<span class="tag">({tag})</span>' if tag else ""
    writer.body.append(f'<div class="formula">{number}{mathml(tex, as_block=True)}</div>')
    raise nodes.SkipNode


def setup(app):
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
