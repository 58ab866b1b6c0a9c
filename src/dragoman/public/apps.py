from django.apps import AppConfig


class PublicConfig(AppConfig):
    name = "dragoman.public"
    label = "public"
