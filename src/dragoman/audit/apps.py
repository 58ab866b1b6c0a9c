from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "dragoman.audit"
    label = "audit"
