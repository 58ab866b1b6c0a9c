from django.apps import AppConfig


class NegotiationsConfig(AppConfig):
    name = "dragoman.negotiations"
    label = "negotiations"
