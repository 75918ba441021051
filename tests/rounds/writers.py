"""Processes that record into a ledger, to be killed, doubled or starved: run as a program by the crash tests.

    python writers.py kill LEDGER ROUNDS SEED     kill -9 a writer at some moment, ROUNDS times
    python writers.py two LEDGER COUNT            two writers, COUNT entries each
    python writers.py limit LEDGER BYTES          record until a file may grow no more

Each prints one JSON object: what had been acknowledged.
"""

import json
import os
import random
import resource
import signal
import sys

from titration.service.rounds.asked import NewReading
from titration.service.rounds.demo import DEMO_MINUTE, NURSE
from titration.service.rounds.opening import open_desk
from titration.service.rounds.told import Refused

MOST = 5000


def _entry(number: int) -> NewReading:
    value = 40 + number % 200
    return NewReading("W01", DEMO_MINUTE - number % 1000, value, f"{value / 10:.1f}", "mmol/L", "random")


def _write(path: str, count: int, say: int) -> None:
    """Record ``count`` pairs of entries, saying each pair's numbers on a pipe once they are acknowledged."""
    desk = open_desk(path, read_only=False)
    for number in range(count):
        receipt = desk.record(NURSE, [_entry(number), _entry(number + 1)], minute=DEMO_MINUTE)
        os.write(say, f"{receipt.seqs[0]} {receipt.seqs[1]}\n".encode())
    desk.close()


def _child(path: str, count: int) -> tuple[int, int]:
    """Process number of a writer, and the end of the pipe on which it says what was acknowledged."""
    hear, say = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(hear)
        try:
            _write(path, count, say)
        finally:
            os._exit(0)
    os.close(say)
    return child, hear


def _said(hear: int) -> list[int]:
    data = b""
    while part := os.read(hear, 65536):
        data += part
    os.close(hear)
    # A line cut off in the middle was not acknowledged to anyone.
    return [int(n) for line in data.decode().split("\n")[:-1] for n in line.split()]


def kill(path: str, rounds: int, seed: int) -> dict[str, list[list[int]]]:
    draw = random.Random(seed)
    heard: list[list[int]] = []
    for _ in range(rounds):
        child, hear = _child(path, MOST)
        data = b""
        for _ in range(draw.randrange(1, 8)):
            data += os.read(hear, 64)
        for _ in range(draw.randrange(200_000)):
            pass
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        heard.append([int(n) for line in data.decode().split("\n")[:-1] for n in line.split()] + _rest(hear, data))
    return {"heard": heard}


def _rest(hear: int, before: bytes) -> list[int]:
    """What was said between the last look and the kill, the line that straddles it included."""
    cut = before.rpartition(b"\n")[2]
    data = cut
    while part := os.read(hear, 65536):
        data += part
    os.close(hear)
    return [int(n) for line in data.decode().split("\n")[:-1] for n in line.split()]


def two(path: str, count: int) -> dict[str, list[list[int]]]:
    writers = [_child(path, count) for _ in range(2)]
    heard = [_said(hear) for _, hear in writers]
    for child, _ in writers:
        os.waitpid(child, 0)
    return {"heard": heard}


def limit(path: str, size: int) -> dict[str, object]:
    # Python ignores the signal that goes with the limit, so that the write fails as on a full disk.
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    desk = open_desk(path, read_only=False)
    heard: list[int] = []
    for number in range(MOST):
        try:
            heard += desk.record(NURSE, [_entry(number), _entry(number + 1)], minute=DEMO_MINUTE).seqs
        except Refused as refused:
            return {"heard": heard, "code": refused.code, "message": str(refused)}
    return {"heard": heard}


def main(what: str, path: str, *numbers: str) -> None:
    run = {"kill": kill, "two": two, "limit": limit}[what]
    sys.stdout.write(json.dumps(run(path, *(int(number) for number in numbers))))


if __name__ == "__main__":
    main(*sys.argv[1:])
