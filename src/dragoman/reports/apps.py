from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "dragoman.reports"
    label = "reports"
