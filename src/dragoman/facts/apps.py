from django.apps import AppConfig


class FactsConfig(AppConfig):
    name = "dragoman.facts"
    label = "facts"
