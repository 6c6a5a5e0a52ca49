"""Plain text of comments and docstrings, as Markdown. SPDX-License-Identifier: Apache-2.0"""

import itertools
import re
import textwrap


def is_column(line):
    """Lines that are set in further have columns; so do definitions, whose second column is aligned by spaces."""
    return line.startswith("  ") or re.search(r"\S {3,}\S", line) is not None


def markdown(text):
    """Paragraphs become paragraphs, what is set in columns stays so."""
    blocks = []
    for paragraph in re.split(r"\n\s*\n", text.strip("\n")):
        lines = [line for line in paragraph.split("\n") if "SPDX-License-Identifier" not in line]
        for column, group in itertools.groupby(lines, is_column):
            joined = "\n".join(group)
            escaped = re.sub(r"([\\`*_<>\[\]#|~$])", r"\\\1", joined)
            blocks.append(f"```text\n{textwrap.dedent(joined)}\n```" if column else re.sub(r"^(\d+)\.", r"\1\\.", escaped))
    return "\n\n".join(blocks) + "\n"
