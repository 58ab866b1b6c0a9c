"""`dragoman consent` as a party runs it: in a folder of its own, without desk, network or Django."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from tests.negotiations.rules import cast

from dragoman.cli import main
from dragoman.lib.tlog.note import COSIGNATURE, SignerKey
from dragoman.negotiations.rules import judging, orders, roundfile, signing, timing, vkeys
from dragoman.negotiations.rules.keyring import PartyKey
from dragoman.negotiations.rules.orders import Order
from dragoman.negotiations.rules.roundfile import RoundFile, sums_of

FILE = RoundFile(
    cast.BODY,
    cast.TEXTS,
    str(cast.RING),
    {"en": b"# Meeting at Riverton\n\nThe parties met on Monday.\n"},
    "2026-12-01T09:00:00Z",
    {"northland": "Northland", "eastmark": "Eastmark"},
)
Screen = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_key("north.key", cast.NORTH)
    write_key("east.key", cast.EAST)
    Path("round.json").write_bytes(roundfile.dump(FILE))
    return tmp_path


def write_key(name: str, key: SignerKey) -> None:
    path = Path(name)
    path.write_text(key.secret)
    path.chmod(0o600)


def run(words: str, *more: str) -> int:
    return main.run(["consent", *words.split(), *more])


def put(**changes: object) -> None:
    """Another file of the round, whose body fits its texts."""
    read = replace(FILE, **changes)  # type: ignore[arg-type]  # as given
    body = replace(read.body, texts=sums_of(read.texts))
    Path("round.json").write_bytes(roundfile.dump(replace(read, body=body)))


def test_a_key_is_made_for_its_owner_alone_and_never_written_over(capsys: Screen) -> None:
    assert run("key northland.riverton --out new.key") == 0
    vkey = capsys.readouterr().out.strip()
    assert vkeys.names_of(vkey) == ("northland", "riverton")
    assert Path("new.key").stat().st_mode & 0o777 == 0o600
    assert str(SignerKey.parse(Path("new.key").read_text()).verifier) == vkey
    kept = Path("new.key").read_bytes()
    assert run("key northland.riverton --out new.key") == 1
    assert "never written over" in capsys.readouterr().err
    assert Path("new.key").read_bytes() == kept


def test_a_key_has_the_name_of_a_party_and_its_talks(capsys: Screen) -> None:
    assert run("key northland --out new.key") == 1
    assert "<party>.<process>" in capsys.readouterr().err
    assert not Path("new.key").exists()


def test_everything_that_is_signed_is_shown(capsys: Screen) -> None:
    assert run("show round.json") == 0
    shown = capsys.readouterr().out
    for words in (
        "Round 3 of riverton, in record.example.int/statements",
        "released as 2026-4f7kq2, revision 1, not before 2026-11-30T09:00:00Z",
        "the round closes at 2026-12-01T09:00:00Z",
        "judged by the keyring of entry 5: all of northland, eastmark",
        "eastmark (Eastmark): passkey",
        f"sha256 {cast.BODY.texts[0].sha256}",
        "The parties met today.",
        "Les parties se sont réunies aujourd’hui.",
        "[-on Monday-]{+today+}",
        "New: it was not in what the host says",
        FILE.digest,
        *cast.DATA.decode().splitlines(),
    ):
        assert words in shown


def test_what_changed_is_told_against_the_partys_own_file(capsys: Screen) -> None:
    Path("old.json").write_bytes(Path("round.json").read_bytes())
    put(
        texts={**cast.TEXTS, "fr": cast.TEXTS["fr"].replace(b"aujourd", b"hier aujourd")}, previous=cast.TEXTS
    )
    assert run("show round.json --since old.json") == 0
    shown = capsys.readouterr().out
    assert "Nothing changed since your own file of the round before." in shown
    assert "{+hier +}" in shown


def test_a_language_that_went_is_told(capsys: Screen) -> None:
    put(texts={"en": cast.TEXTS["en"]}, previous=cast.TEXTS)
    assert run("show round.json") == 0
    assert "GONE: fr (French) was in the round before" in capsys.readouterr().out


def test_what_cannot_be_seen_is_spelled_out_and_never_signed_unasked(capsys: Screen) -> None:
    put(texts={**cast.TEXTS, "en": "# Met\n\nThey did\u200b \u202enot\u202c ag\u0440ee.\x1b[2J\n".encode()})
    assert run("show round.json") == 0
    shown = capsys.readouterr().out
    assert "did[U+200B ZERO WIDTH SPACE] [U+202E RIGHT-TO-LEFT OVERRIDE]not" in shown
    assert "[U+001B ESCAPE][2J" in shown
    assert "\x1b" not in shown
    assert "WARNING  en (English), line 3: U+200B ZERO WIDTH SPACE" in shown
    assert "mixes letters of two scripts" in shown
    assert run("sign round.json --key north.key --yes") == 1
    assert "cannot be seen" in capsys.readouterr().err


def test_names_from_the_file_cannot_move_the_cursor_either(capsys: Screen) -> None:
    put(titles={"northland": "North\x1b[1A\u202eland"})
    assert run("show round.json") == 0
    shown = capsys.readouterr().out
    assert "North[U+001B ESCAPE][1A[U+202E" in shown
    assert "\x1b" not in shown


def test_a_signed_note_is_what_the_desk_takes(capsys: Screen) -> None:
    assert run("sign round.json --key north.key --yes --out north.note") == 0
    assert "The parties met today." in capsys.readouterr().err  # it was shown first
    judged = judging.judge(Path("north.note").read_bytes(), cast.RING, cast.BODY)
    assert judged.parties == ("northland",)
    assert run("sign round.json --key east.key --yes") == 0
    assert judging.judge(capsys.readouterr().out.encode(), cast.RING, cast.BODY).parties == ("eastmark",)


def test_nothing_is_signed_when_nobody_is_there_to_be_asked(capsys: Screen) -> None:
    assert run("sign round.json --key north.key --out north.note") == 1
    assert "Nobody is there to be asked" in capsys.readouterr().err
    assert not Path("north.note").exists()


@pytest.mark.parametrize(("answer", "code"), [(True, 0), (False, 1)])
def test_a_person_is_asked(answer: bool, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def ask(question: str, **_: object) -> bool:
        asked.append(question)
        return answer

    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr(typer, "confirm", ask)
    assert run("sign round.json --key north.key --out north.note") == code
    assert asked == ["Sign this text for northland?"]
    assert Path("north.note").exists() == answer


def test_a_key_that_counts_for_nothing_is_not_used(capsys: Screen) -> None:
    write_key("old.key", cast.OLD)
    assert run("sign round.json --key old.key --yes") == 1
    assert "not in the keyring that judges this round" in capsys.readouterr().err


def test_a_file_whose_text_is_not_what_would_be_signed_is_refused(capsys: Screen) -> None:
    data = Path("round.json").read_bytes().replace(b"met today", b"met again")
    Path("round.json").write_bytes(data)
    for words in ("show round.json", "sign round.json --key north.key --yes", "text round.json"):
        assert run(words) == 1
        said = capsys.readouterr()
        assert "not the one whose digest would be signed" in said.err
        assert "Do not sign" in said.err
        assert not said.out


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")
def test_a_key_that_others_can_read_is_refused(capsys: Screen) -> None:
    Path("north.key").chmod(0o640)
    assert run("sign round.json --key north.key --yes") == 1
    assert "chmod 600" in capsys.readouterr().err


def test_another_kind_of_key_and_damaged_files_are_refused_without_their_secret(capsys: Screen) -> None:
    write_key("witness.key", SignerKey("northland.riverton", b"\x11" * 32, COSIGNATURE))
    secret = cast.NORTH.secret[-20:]
    Path("broken.key").write_text(cast.NORTH.secret[:-3])
    Path("broken.key").chmod(0o600)
    for name in ("witness.key", "broken.key"):
        assert run(f"sign round.json --key {name} --yes") == 1
        said = capsys.readouterr()
        assert secret not in said.out + said.err
    assert run("show nothing-here.json") == 2
    assert "COULD NOT READ" in capsys.readouterr().err


def test_a_no_and_a_taking_back_name_the_round_and_its_digest(capsys: Screen) -> None:
    assert run("decline round.json --key north.key", "--words", "Not “today”.\nTomorrow.") == 0
    note = capsys.readouterr().out
    order = orders.read(note)
    assert (order.kind, order.round, order.digest) == ("decline", 3, FILE.digest)
    assert order.words == "Not “today”.\nTomorrow."
    assert orders.check(note, cast.RING, replace(order, words="")).party == "northland"
    assert run("withdraw round.json --key east.key --out back.note") == 0
    back = orders.read(Path("back.note").read_bytes())
    assert (back.kind, back.party, back.words) == ("withdraw", "eastmark", "")


def test_a_party_freezes_itself_with_its_offline_key(capsys: Screen) -> None:
    assert run(f"freeze --process riverton --origin {cast.ORIGIN} --key north.key") == 0
    note = capsys.readouterr().out
    wanted = Order("freeze", cast.ORIGIN, cast.PROCESS, "northland", "")
    assert orders.check(note, cast.RING, wanted).kind == "ed25519"
    assert run(f"freeze --process otherton --origin {cast.ORIGIN} --key north.key") == 1
    assert "northland in riverton" in capsys.readouterr().err


def test_leaving_is_asked_or_said(capsys: Screen) -> None:
    words = f"leave --process riverton --origin {cast.ORIGIN} --key north.key"
    assert run(words) == 1
    assert "Nobody is there" in capsys.readouterr().err
    assert run(f"{words} --yes") == 0
    assert orders.read(capsys.readouterr().out).kind == "leave"


def challenge(**changes: object) -> Order:
    order = Order("sign-in", cast.ORIGIN, cast.PROCESS, "northland", "2026-11-30T09:00:00Z", nonce="q83v")
    return replace(order, **changes)  # type: ignore[arg-type]  # as given


def test_a_challenge_is_signed_even_if_an_editor_wrote_its_line_ends(capsys: Screen) -> None:
    Path("challenge").write_bytes(orders.dump(challenge()).replace(b"\n", b"\r\n").rstrip())
    assert run("sign-in challenge --key north.key") == 0
    assert orders.check(capsys.readouterr().out, cast.RING, challenge()).party == "northland"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (cast.DATA, "not an order of a party"),
        (orders.dump(challenge(kind="freeze")), "signing it would mean to freeze"),
        (orders.dump(challenge(kind="leave")), "signing it would mean to leave"),
        (orders.dump(challenge(party="eastmark")), "about eastmark in riverton"),
        (orders.dump(challenge(process="otherton")), "about northland in otherton"),
        (b"record.example.int/statements\n7\nAAAA\n", "not an order of a party"),
    ],
)
def test_nothing_but_the_partys_own_challenge_is_signed_by_sign_in(
    data: bytes, words: str, capsys: Screen
) -> None:
    """A page that was taken over could ask to sign a consent, or a head of the record, as a challenge."""
    Path("challenge").write_bytes(data)
    assert run("sign-in challenge --key north.key") == 1
    said = capsys.readouterr()
    assert words in said.err
    assert not said.out


def test_a_note_is_checked_against_its_round(capsys: Screen) -> None:
    lines = cast.signed(cast.BODY, cast.NORTH, cast.EAST)
    Path("all.note").write_bytes(judging.assemble(cast.BODY, lines))
    assert run("check round.json all.note") == 0
    shown = capsys.readouterr().out
    assert "agreed   northland (Northland) (own key)" in shown
    assert "AGREED  all of northland, eastmark" in shown
    Path("one.line").write_text(lines[0])
    assert run("check round.json one.line") == 3
    shown = capsys.readouterr().out
    assert "missing  eastmark" in shown
    assert "NOT YET AGREED" in shown


def test_a_note_of_another_round_or_with_a_changed_byte_is_refused(capsys: Screen) -> None:
    other = cast.other(round=4)
    Path("note").write_bytes(judging.assemble(other, cast.signed(other, cast.NORTH)))
    assert run("check round.json note") == 1
    assert "for another round: 4, wanted 3" in capsys.readouterr().err
    whole = judging.assemble(cast.BODY, cast.signed(cast.BODY, cast.NORTH))
    Path("note").write_bytes(whole.replace(b"2026-11-30", b"2026-11-29"))
    assert run("check round.json note") == 1
    Path("note").write_bytes(cast.signed(other, cast.NORTH)[0].encode())
    assert run("check round.json note") == 1
    assert "over another text" in capsys.readouterr().err


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here")
def test_a_note_taken_apart_is_checked_by_other_peoples_tools(capsys: Screen, tmp_path: Path) -> None:
    passkey = cast.PASSKEY.line(cast.PASSKEY.vkey("eastmark"), cast.DATA)
    Path("note").write_bytes(judging.assemble(cast.BODY, [*cast.signed(cast.BODY, cast.NORTH), passkey]))
    Path("keyring").write_text(str(cast.RING))
    assert run("unpack note --keyring keyring --to parts") == 0
    commands = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("#")]
    assert len(commands) == 2
    for command in commands:
        assert command.startswith("openssl ")
        done = subprocess.run(command, shell=True, cwd="parts", capture_output=True, check=False)  # noqa: S602  # our own words
        assert done.returncode == 0, done.stderr
    own = next(command for command in commands if "pkeyutl" in command)
    Path("parts/text").write_bytes(cast.DATA + b"x")
    done = subprocess.run(own, shell=True, cwd="parts", capture_output=True, check=False)  # noqa: S602  # our own words
    assert done.returncode != 0


def test_it_needs_no_django_and_opens_no_socket() -> None:
    words = (
        "import sys, socket\n"
        "socket.socket = None\n"
        "from dragoman.cli import main\n"
        "code = main.run(['consent', 'sign', 'round.json', '--key', 'north.key', '--yes', '--out', 'note'])\n"
        "loaded = {name.partition('.')[0] for name in sys.modules}\n"
        "sys.exit(code or bool(loaded & {'django', 'psycopg', 'procrastinate', 'httpx'}))\n"
    )
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert Path("note").exists()


def test_an_ssh_signature_is_made_over_the_bytes_that_text_writes() -> None:
    assert run("text round.json --out body.txt") == 0
    assert Path("body.txt").read_bytes() == cast.DATA
    assert signing.NAMESPACE == "dragoman-consent"


def test_the_moment_of_an_order_is_now_in_whole_seconds(capsys: Screen) -> None:
    assert run("withdraw round.json --key north.key") == 0
    assert timing.stamp(timing.from_stamp(orders.read(capsys.readouterr().out).at))


def test_a_party_of_another_process_does_not_sign_orders_of_this_one(capsys: Screen) -> None:
    write_key("foreign.key", SignerKey("northland.otherton", b"\x11" * 32))
    assert run("withdraw round.json --key foreign.key") == 1
    assert "Take the key of these talks" in capsys.readouterr().err


def test_a_keyring_with_one_signer_as_two_is_not_even_shown(capsys: Screen) -> None:
    twin = SignerKey(f"eastmark.{cast.PROCESS}", cast.NORTH.seed)
    ring = cast.ring(cast.RING.keys[0], PartyKey("eastmark", str(twin.verifier)))
    data = Path("round.json").read_text(encoding="utf-8")
    text = data.replace(json.dumps(str(cast.RING)), json.dumps(str(ring)))
    Path("round.json").write_text(text, encoding="utf-8")
    assert run("show round.json") == 1
    assert "one signer would count as two" in capsys.readouterr().err
