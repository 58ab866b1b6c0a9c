from django.apps import AppConfig


class RecordConfig(AppConfig):
    name = "dragoman.record"
    label = "record"

    def ready(self) -> None:
        # Models can be imported only once all apps are loaded.
        from dragoman.base import overdue  # noqa: PLC0415
        from dragoman.record.growing import oldest_unproved  # noqa: PLC0415

        overdue.register("record entries without proof", oldest_unproved)
