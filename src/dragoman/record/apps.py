from django.apps import AppConfig


class RecordConfig(AppConfig):
    name = "dragoman.record"
    label = "record"
