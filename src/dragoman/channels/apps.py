from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    name = "dragoman.channels"
    label = "channels"

    def ready(self) -> None:
        # models exist only once the apps are loaded
        from dragoman.base import menu, overdue  # noqa: PLC0415
        from dragoman.channels import queries, staging  # noqa: PLC0415
        from dragoman.channels.queries import actors, recipients  # noqa: PLC0415

        overdue.register("deliveries", queries.oldest_due)
        overdue.register("arming", queries.oldest_arming)
        overdue.register("circuits", queries.oldest_circuit)
        overdue.register("takedowns", queries.oldest_takedown)
        overdue.register("staged media", staging.oldest_due)
        overdue.register("sign-ins", queries.oldest_renewal)
        overdue.register("answers", queries.oldest_reading)
        overdue.register("looking back", queries.oldest_looking_back)
        overdue.register("copies", recipients.oldest_mailing)
        overdue.register("activities", actors.oldest_activity)
        overdue.register("letters", recipients.oldest_letter)
        menu.count("channels", queries.waiting_for_a_person)
