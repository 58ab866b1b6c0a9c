from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "dragoman.accounts"
    label = "accounts"

    def ready(self) -> None:
        # models exist only once the apps are loaded
        from dragoman.accounts import queries  # noqa: PLC0415
        from dragoman.base import menu, overdue  # noqa: PLC0415

        overdue.register("account register", queries.oldest_version)
        overdue.register("account notices", queries.oldest_notice)
        overdue.register("account checks", queries.oldest_check)
        menu.count("accounts", queries.waiting_for_a_person)
