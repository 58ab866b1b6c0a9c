"""The verbs of staff, by noun."""

from dragoman.staff.actions.missions import change_mission, create_mission, remove_membership, set_membership
from dragoman.staff.actions.officers import (
    NewOfficer,
    activate_officer,
    change_officer,
    choose_password,
    create_officer,
    deactivate_officer,
    end_own_sessions,
    end_sessions,
    forget_sessions,
    keep_password,
    remove_factors,
    reset_password,
)
from dragoman.staff.actions.sign_in import note_sign_in
from dragoman.staff.actions.tokens import make_token, mark_token_used, revoke_token

__all__ = [
    "NewOfficer",
    "activate_officer",
    "change_mission",
    "change_officer",
    "choose_password",
    "create_mission",
    "create_officer",
    "deactivate_officer",
    "end_own_sessions",
    "end_sessions",
    "forget_sessions",
    "keep_password",
    "make_token",
    "mark_token_used",
    "note_sign_in",
    "remove_factors",
    "remove_membership",
    "reset_password",
    "revoke_token",
    "set_membership",
]
