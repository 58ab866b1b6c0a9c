from django.apps import AppConfig


class InboxConfig(AppConfig):
    name = "dragoman.inbox"
    label = "inbox"

    def ready(self) -> None:
        # models exist only once the apps are loaded
        from dragoman.base import menu  # noqa: PLC0415
        from dragoman.base import overdue as register  # noqa: PLC0415
        from dragoman.channels import wakers  # noqa: PLC0415
        from dragoman.inbox.queries import (  # noqa: PLC0415
            answers_overdue,
            board,
            help_calls,
            misunderstandings,
            overdue,
        )

        register.register("arrivals", overdue.oldest_arrival)
        register.register("messages", overdue.oldest_unread)
        register.register("calls for help", overdue.oldest_help)
        register.register("forgetting", overdue.oldest_to_forget)
        register.register("answers to publish", answers_overdue.oldest_unpublished)
        register.register("answers to send", answers_overdue.oldest_send)
        register.register("replies to settle", answers_overdue.oldest_unsettled)
        menu.count("help", help_calls.waiting_count)
        menu.count("questions", board.waiting_count)
        menu.count("misunderstandings", misunderstandings.waiting_count)
        wakers.register("inbox.take_in")
