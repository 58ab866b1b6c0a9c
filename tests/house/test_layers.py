"""Apps look down: a foreign key by text is no import, so the keys are walked too."""

from __future__ import annotations

from django.apps import apps
from tests.house import code


def test_foreign_keys_point_down_or_stay_at_home() -> None:
    wrong = []
    for model in apps.get_models(include_auto_created=True):
        if not model.__module__.startswith("dragoman."):
            continue
        own = model._meta.app_label
        for field in model._meta.get_fields():
            other = getattr(field, "related_model", None)
            if not getattr(field, "concrete", False) or other is None or isinstance(other, str):
                continue
            label = other._meta.app_label
            if not other.__module__.startswith("dragoman.") or label == own:
                continue
            if code.step(label) >= code.step(own):
                wrong.append(f"{model.__name__}.{field.name}: {own} -> {label}")
    assert not wrong, wrong


def test_every_app_stands_somewhere_in_the_house() -> None:
    for app in apps.get_app_configs():
        if app.name.startswith("dragoman."):
            code.step(app.label)


def test_every_app_says_in_one_paragraph_what_it_is_for() -> None:
    import ast

    for app in apps.get_app_configs():
        if not app.name.startswith("dragoman."):
            continue
        module = code.tree(code.PACKAGE / app.label / "__init__.py")
        assert ast.get_docstring(module), f"{app.label}/__init__.py has no paragraph"
        assert len(module.body) == 1, f"{app.label}/__init__.py holds code"


def test_no_app_uses_signals_or_the_admin() -> None:
    import ast

    wrong = []
    for path in code.ours("src"):
        for node in ast.walk(code.tree(path)):
            names = []
            if isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            for found in names:
                if found.startswith(("django.dispatch", "django.db.models.signals", "django.contrib.admin")):
                    wrong.append(f"{code.name(path)}:{node.lineno} {found}")
    assert not wrong, wrong
