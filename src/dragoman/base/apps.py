from django.apps import AppConfig


class BaseConfig(AppConfig):
    name = "dragoman.base"
    label = "base"
