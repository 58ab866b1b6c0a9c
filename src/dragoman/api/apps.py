from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "dragoman.api"
    label = "api"
