from django.apps import AppConfig


class StatementsConfig(AppConfig):
    name = "dragoman.statements"
    label = "statements"
