"""What editors show, from the stubs, is what ``help`` shows."""

import ast
import inspect
from pathlib import Path

import lime_pow
from lime_pow import _lime_pow


def documented(parent, body):
    """Each class and function of a stub that has a text, with that text and the thing itself."""
    for node in body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            thing = inspect.getattr_static(parent, node.name)
            if text := ast.get_docstring(node):
                yield node.name, text, thing
            if isinstance(node, ast.ClassDef):
                yield from documented(thing, node.body)


def test_stubs_and_help_say_the_same():
    stub = Path(lime_pow.__file__).with_name("_lime_pow.pyi").read_text()
    items = list(documented(_lime_pow, ast.parse(stub).body))
    assert len(items) > 30
    for name, text, thing in items:
        if name != "__new__":  # Python shows the class's
            assert inspect.getdoc(thing) == text, name


def test_all_that_is_public_has_a_text():
    for name in lime_pow.__all__:
        thing = getattr(lime_pow, name)
        if inspect.isclass(thing):
            for member, value in vars(thing).items():
                assert member.startswith("_") or inspect.getdoc(value), f"{name}.{member}"
        assert name == "__version__" or inspect.getdoc(thing), name
