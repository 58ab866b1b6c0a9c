"""State graphs are sound, used, and swept where the clock must move them."""

from __future__ import annotations

import importlib

from django.apps import apps
from tests.house import code

from dragoman.base import overdue
from dragoman.base.stateful import Stateful
from dragoman.lib.graph import Graph


def graphs() -> dict[str, Graph]:
    """Importing checks each of them."""
    found = {}
    for path in sorted(code.PACKAGE.glob("*/states.py")):
        module = importlib.import_module(f"dragoman.{path.parent.name}.states")
        for name, value in vars(module).items():
            if isinstance(value, Graph):
                found[f"{path.parent.name}.{name}"] = value
    return found


def stateful() -> list[type[Stateful]]:
    return [model for model in apps.get_models() if issubclass(model, Stateful)]


def test_every_graph_is_sound_and_some_model_walks_it() -> None:
    walked = {id(model.GRAPH) for model in stateful()}
    unused = [name for name, graph in graphs().items() if id(graph) not in walked]
    assert graphs()
    assert not unused, unused


def test_every_model_with_a_state_has_a_graph_of_its_app() -> None:
    known = {id(graph): name for name, graph in graphs().items()}
    for model in stateful():
        assert known.get(id(model.GRAPH), "").startswith(f"{model._meta.app_label}."), model.__name__


def test_every_state_fits_its_field() -> None:
    for model in stateful():
        limit = model._meta.get_field("state").max_length or 0
        assert all(len(state) <= limit for state in model.GRAPH.states), model.__name__


def test_apps_with_automatic_states_register_what_is_overdue() -> None:
    automatic = {name.split(".")[0] for name, graph in graphs().items() if graph.automatic}
    registered = {finder.__module__.split(".")[1] for finder in overdue._finders.values()}
    assert automatic <= registered, automatic - registered
