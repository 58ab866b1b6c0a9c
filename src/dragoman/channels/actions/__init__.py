"""The deeds of the channels, by noun."""

from dragoman.channels.actions.accounts import (
    change_channel,
    change_credentials,
    check_channel,
    create_channel,
    pause_channel,
    resume_channel,
    rotate_vault_key,
)
from dragoman.channels.actions.arming import Ready, look_ahead, prepare_delivery, warm_up
from dragoman.channels.actions.arrivals import (
    answer_challenge,
    fetch_arrivals,
    listen,
    sweep_arrivals,
    take_call,
)
from dragoman.channels.actions.circuits import close_circuit
from dragoman.channels.actions.deciding import decide_unsure, mark_taken_down, retry_delivery
from dragoman.channels.actions.keeping import erase_arrivals, mark_taken
from dragoman.channels.actions.looking_back import look_back
from dragoman.channels.actions.planning import cancel_deliveries, plan_delivery, start_deliveries
from dragoman.channels.actions.sending import book_answers, deliver, put_out
from dragoman.channels.actions.settling import expire_delivery, settle, sweep, take_over
from dragoman.channels.actions.signing_in import (
    Returned,
    begin_sign_in,
    finish_sign_in,
    renew_sign_in,
    sweep_sign_ins,
)
from dragoman.channels.actions.takedowns import take_down, withdraw_deliveries

__all__ = [
    "Ready",
    "Returned",
    "answer_challenge",
    "begin_sign_in",
    "book_answers",
    "cancel_deliveries",
    "change_channel",
    "change_credentials",
    "check_channel",
    "close_circuit",
    "create_channel",
    "decide_unsure",
    "deliver",
    "erase_arrivals",
    "expire_delivery",
    "fetch_arrivals",
    "finish_sign_in",
    "listen",
    "look_ahead",
    "look_back",
    "mark_taken",
    "mark_taken_down",
    "pause_channel",
    "plan_delivery",
    "prepare_delivery",
    "put_out",
    "renew_sign_in",
    "resume_channel",
    "retry_delivery",
    "rotate_vault_key",
    "settle",
    "start_deliveries",
    "sweep",
    "sweep_arrivals",
    "sweep_sign_ins",
    "take_call",
    "take_down",
    "take_over",
    "warm_up",
    "withdraw_deliveries",
]
