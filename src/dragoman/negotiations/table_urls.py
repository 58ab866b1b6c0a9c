"""The table's pages, below /table/."""

from django.urls import path

from dragoman.negotiations.table.views import answering, entering, keeping, reading

app_name = "table"

TALKS = "talks/<slug:ref>/"
ROUND = f"{TALKS}rounds/<int:number>/"

urlpatterns = [
    path("", entering.home, name="home"),
    path("alive", entering.alive, name="alive"),
    path("enrol/<str:code>/", entering.enrol, name="enrol"),
    path("sign-in/passkey", entering.passkey_in, name="passkey_in"),
    path("sign-in/challenge", entering.challenge, name="challenge"),
    path("sign-in/key", entering.key_in, name="key_in"),
    path("sign-out", entering.sign_out, name="sign_out"),
    path("freeze/", entering.freeze, name="freeze"),
    path(TALKS, reading.talks, name="talks"),
    path(f"{TALKS}protocol/", reading.protocol, name="protocol"),
    path(f"{TALKS}receipts/", reading.receipts, name="receipts"),
    path(f"{TALKS}receipts/all.txt", reading.all_receipts, name="all_receipts"),
    path(f"{TALKS}receipts/<int:number>.txt", reading.receipt, name="receipt"),
    path(f"{TALKS}keys/", keeping.keys, name="keys"),
    path(f"{TALKS}corrections/", keeping.corrections, name="corrections"),
    path(f"{TALKS}pulse", answering.pulse, name="pulse"),
    path(f"{TALKS}leave/", keeping.leave, name="leave"),
    path(ROUND, reading.round_page, name="round"),
    path(f"{ROUND}round.json", reading.round_file, name="round_file"),
    path(f"{ROUND}body.txt", reading.body, name="body"),
    path(f"{ROUND}text/<str:lang>", reading.text, name="text"),
    path(f"{ROUND}consent", answering.consent, name="consent"),
    path(f"{ROUND}decline/", answering.decline, name="decline"),
    path(f"{ROUND}object", answering.object_to, name="object"),
    path(f"{ROUND}withdraw", answering.withdraw, name="withdraw"),
]
