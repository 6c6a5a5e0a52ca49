"""The Python reference: a page from the docstrings, read and not imported. SPDX-License-Identifier: Apache-2.0"""

import ast
import pathlib

from prose import markdown

MODULES = ["kinit", "kinit.torch", "kinit.torch.init", "kinit.jax", "kinit.jax.initializers", "kinit.keras"]


def file_of(source, module):
    """The file of a module below `source`, or None."""
    path = source.joinpath(*module.split("."))
    return next((file for file in (path / "__init__.py", path.with_suffix(".py")) if file.exists()), None)


def definition(source, module, name):
    """The class or function that a module calls by this name: its own, or what it imports from the package."""
    file = file_of(source, module)
    tree = ast.parse(file.read_text()) if file else ast.Module([], [])
    package = module if file and file.name == "__init__.py" else module.rpartition(".")[0]
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name == name:
            return node
        if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module:
            for alias in node.names:
                if name in (alias.asname, alias.name):
                    return definition(source, f"{package}.{node.module}", alias.name)
    return None


def exported(tree):
    """The names in __all__."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            return [element.value for element in ast.walk(node.value) if isinstance(element, ast.Constant)]
    return []


def entry(module, name, node):
    if node is None or not ast.get_docstring(node):
        return f"### `{module}.{name}`\n"
    call = f"({ast.unparse(node.args)})" if isinstance(node, ast.FunctionDef) else ""
    return f"### `{module}.{name}`\n\n```python\n{name}{call}\n```\n\n{markdown(ast.get_docstring(node))}"


def python_reference(source: pathlib.Path):
    """Every public name of every public module, in the order of __all__."""
    pages = ["# Python reference\n", "From the docstrings; [the guide](python.md) shows them at work.\n"]
    for module in MODULES:
        file = file_of(source, module)
        if file is None:
            raise FileNotFoundError(f"no module {module} below {source}")
        tree = ast.parse(file.read_text())
        pages += [f"## {module}\n", markdown(ast.get_docstring(tree) or "")]
        pages += [entry(module, name, definition(source, module, name)) for name in exported(tree)]
    return "\n".join(pages)
