from django.apps import AppConfig


class PublicConfig(AppConfig):
    name = "dragoman.public"
    label = "public"

    def ready(self) -> None:
        # models exist only once Django is ready
        from dragoman.base import overdue  # noqa: PLC0415
        from dragoman.public import said_queries, talks_queries  # noqa: PLC0415

        overdue.register("public.announce", talks_queries.oldest_begun)
        overdue.register("public.index_said", said_queries.oldest_unsaid)
