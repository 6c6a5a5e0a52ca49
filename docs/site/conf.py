"""The site's build. scripts/docs lays the pages of the tree beside the guides of this folder. SPDX-License-Identifier: Apache-2.0"""

import pathlib
import re
import sys

TREE = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(pathlib.Path(__file__).parent))

from header import reference
from signatures import python_reference

project = "kinit"
copyright = "the kinit authors"
extensions = ["myst_parser", "mathml"]
html_math_renderer = "mathml"
html_theme = "furo"
html_title = "kinit"
html_static_path = ["_static"]
html_css_files = ["site.css"]
myst_heading_anchors = 3
myst_enable_extensions = ["dollarmath"]

# Pages of the tree, and what they are called here; other files of the tree are named, not linked.
PAGES = {
    "docs/": "", "CONTRIBUTING.md": "contributing.md", "SECURITY.md": "security.md", "CHANGELOG.md": "changelog.md",
    "python/README.md": "python.md", "examples/plans/README.md": "plans.md", "findings/README.md": "findings.md",
    "README.md": "index.md",
}


def link_of(path):
    """Where a link to a file of the tree leads on the site, or None."""
    for prefix, page in PAGES.items():
        if path.startswith(prefix) and (page or path.endswith((".md", ".svg"))):
            return page + path[len(prefix):]
    return None


def relink(app, name, source):
    """Links between pages of the tree become links of the site."""
    folder = {"contributing": "", "security": "", "changelog": "", "python": "python/", "plans": "examples/plans/",
              "findings": "findings/"}.get(name, "docs/")

    def replace(match):
        text, target = match.groups()
        if "://" in target or target.startswith("#") or (app.srcdir / target.split("#")[0]).exists():
            return match.group(0)
        path = pathlib.PurePosixPath("/", folder, target)
        parts = []
        for part in path.parts[1:]:
            if part == "..":
                parts.pop()
            else:
                parts.append(part)
        page = link_of("/".join(parts))
        return f"[{text}]({page})" if page else text

    source[0] = re.sub(r"(?<!!)\[([^\]\n]*)\]\(([^)\s]+)\)", replace, source[0])


def setup(app):
    (pathlib.Path(app.srcdir) / "c-reference.md").write_text(reference((TREE / "include/kinit/kinit.h").read_text()))
    (pathlib.Path(app.srcdir) / "python-reference.md").write_text(python_reference(TREE / "python/src"))
    app.connect("source-read", relink)
