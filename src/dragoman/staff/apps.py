from django.apps import AppConfig


class StaffConfig(AppConfig):
    name = "dragoman.staff"
    label = "staff"
