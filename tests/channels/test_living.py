"""A worker is called dead only when that can be proved."""

from __future__ import annotations

import os
import subprocess
import sys

from dragoman.channels import living


def test_a_process_that_lives_is_not_called_dead() -> None:
    assert not living.surely_dead(living.my_name())


def test_a_process_that_has_ended_is() -> None:
    code = "from dragoman.channels import living; print(living.my_name())"
    name = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()
    assert name != living.my_name()
    assert living.surely_dead(name)


def test_a_process_that_has_another_ones_number_is_another() -> None:
    host, pid, started, here = living.my_name().rsplit(":", 3)
    assert pid == str(os.getpid())
    assert living.surely_dead(f"{host}:{pid}:{int(started) - 1}:{here}")


def test_of_another_machine_or_an_old_name_nothing_is_said() -> None:
    host, pid, started, _ = living.my_name().rsplit(":", 3)
    for name in (f"{host}:{pid}:{started}:elsewhere", "gone", "", f"{host}:{pid}", f"{host}:x:y:z"):
        assert not living.surely_dead(name)
    assert not living.surely_dead(f"{host}:1:0:{living.my_name().rsplit(':', 1)[1]}")


def test_a_forked_child_has_a_name_of_its_own() -> None:
    living.my_name()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, living.my_name().encode())
        os._exit(0)
    os.waitpid(child, 0)
    name = os.read(reader, 200).decode()
    assert name != living.my_name()
    assert living.surely_dead(name)
