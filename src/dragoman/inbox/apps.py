from django.apps import AppConfig


class InboxConfig(AppConfig):
    name = "dragoman.inbox"
    label = "inbox"
