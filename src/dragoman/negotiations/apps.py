from django.apps import AppConfig


class NegotiationsConfig(AppConfig):
    name = "dragoman.negotiations"
    label = "negotiations"

    def ready(self) -> None:
        # models exist only once the apps are loaded
        from dragoman.base import menu  # noqa: PLC0415
        from dragoman.base import overdue as register  # noqa: PLC0415
        from dragoman.negotiations.actions import judged  # noqa: PLC0415
        from dragoman.negotiations.queries import desk_pages, overdue  # noqa: PLC0415
        from dragoman.statements import judges  # noqa: PLC0415

        register.register("rounds of talks", overdue.oldest_round)
        register.register("releases of talks", overdue.oldest_release)
        register.register("protocols of talks", overdue.oldest_protocol)
        register.register("lines of talks", overdue.oldest_line)
        judges.register(judged.judge_release)
        menu.count("talks", desk_pages.waiting_count)
