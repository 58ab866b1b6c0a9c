from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    name = "dragoman.channels"
    label = "channels"
