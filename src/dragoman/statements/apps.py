from django.apps import AppConfig


class StatementsConfig(AppConfig):
    name = "dragoman.statements"
    label = "statements"

    def ready(self) -> None:
        # models exist only once the apps are loaded
        from dragoman.base import menu  # noqa: PLC0415
        from dragoman.base import overdue as register  # noqa: PLC0415
        from dragoman.statements.queries import overdue, pages  # noqa: PLC0415

        register.register("releases", overdue.oldest_release)
        register.register("withdrawals", overdue.oldest_withdrawal)
        menu.count("statements", pages.waiting_count)
        menu.count("releases", pages.release_count)
