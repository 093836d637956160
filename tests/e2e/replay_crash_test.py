#!/usr/bin/env python3
"""Kills the server in the middle of a replay, several times at random moments, and restarts it. The
client's totals, the bills and the records must come out as if nothing had happened: byte for byte
those of a run that nobody disturbed.

OCS_SEED=n replays the moments of a run (as far as a machine's speed repeats them).
"""

import argparse
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

READY_SECONDS_MAX = 30
REPLAY_SECONDS_MAX = 100
ATTEMPTS_MAX = 4


def fail(message):
    sys.exit(f"replay_crash_test: {message}")


class Server:
    """ocsd on one folder and, from its first start on, one address."""

    def __init__(self, binary, folder):
        self.binary = binary
        self.folder = folder
        self.address = "127.0.0.1:0"
        self.process = None

    def start(self):
        ready = os.path.join(self.folder, "ready")
        if os.path.exists(ready):
            os.remove(ready)
        with open(os.path.join(self.folder, "ocsd.log"), "a") as log:
            self.process = subprocess.Popen(
                [self.binary, "--listen-address", self.address, "--metrics-address", "",
                 "--data-folder", os.path.join(self.folder, "store"), "--ready-file", ready],
                stdout=log, stderr=log)
        deadline = time.monotonic() + READY_SECONDS_MAX
        pause = threading.Event()
        while not os.path.exists(ready):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                with open(os.path.join(self.folder, "ocsd.log")) as log:
                    fail(f"the server does not start:\n{log.read()[-4000:]}")
            pause.wait(0.01)
        with open(ready) as lines:
            for line in lines:
                key, _, value = line.strip().partition(": ")
                if key == "listen_address":
                    self.address = value

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(READY_SECONDS_MAX)
        if code != 0:
            fail(f"SIGTERM: the server ended with {code}")


class Replay:
    """ocs-replay at work. It opens the accounts first, then plays the calls."""

    def __init__(self, args, server, folder, base):
        self.opened = threading.Event()
        self.begin = time.monotonic()
        self.opening_seconds = 0.0
        self.errors = ""
        self.process = subprocess.Popen(
            [args.replay, "run", "--trace", args.trace, "--links", args.links,
             "--catalogue", args.catalogue, "--rows", str(args.rows), "--in-flight", "8",
             "--server", server.address, "--base-unix-ms", str(base),
             "--summary", os.path.join(folder, "summary.json")],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.readers = [threading.Thread(target=self.read_output),
                        threading.Thread(target=self.read_errors)]
        for reader in self.readers:
            reader.start()

    def read_output(self):
        for line in self.process.stdout:
            if "accounts are open" in line:
                self.opening_seconds = time.monotonic() - self.begin
                self.opened.set()
        self.opened.set()

    def read_errors(self):
        self.errors = self.process.stderr.read()

    def over_within(self, seconds):
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def end(self):
        """How often a request was sent again while the calls were played."""
        if not self.over_within(REPLAY_SECONDS_MAX):
            fail("the replay does not end")
        for reader in self.readers:
            reader.join()
        if self.process.returncode != 0:
            fail(f"the replay ended with {self.process.returncode}:\n{self.errors}")
        return int(re.search(r"([\d,]+) sent again", self.errors).group(1).replace(",", ""))

    def kill(self):
        self.process.kill()
        self.process.wait()
        for reader in self.readers:
            reader.join()


def results(args, server, folder):
    """What must be the same in every run: the client's summary, and what all parties add up to."""
    summary = os.path.join(folder, "summary.json")
    verify = subprocess.run(
        [args.replay, "verify", "--server", server.address, "--summary", summary],
        capture_output=True, text=True, timeout=REPLAY_SECONDS_MAX)
    if verify.returncode != 0:
        fail(f"verify ended with {verify.returncode}:\n{verify.stdout}{verify.stderr}")
    with open(summary) as file:
        return file.read(), verify.stdout


def inspect(args, folder):
    if not args.inspect:
        return
    shard = os.path.join(folder, "store")
    verdict = subprocess.run([args.inspect, shard], capture_output=True, text=True,
                             timeout=REPLAY_SECONDS_MAX)
    if verdict.returncode != 0:
        fail(f"the inspector ended with {verdict.returncode}:\n{verdict.stdout}{verdict.stderr}")


def undisturbed(args, folder, base):
    """The results, and how long opening and playing took."""
    server = Server(args.ocsd, folder)
    server.start()
    replay = Replay(args, server, folder, base)
    try:
        replay.end()
        seconds = time.monotonic() - replay.begin
        found = results(args, server, folder)
        server.stop()
    finally:
        replay.kill()
        server.kill()
    inspect(args, folder)
    return found, replay.opening_seconds, seconds - replay.opening_seconds


def disturbed(args, folder, base, moments):
    """The results, or None when the replay was over before the last kill. The first moment counts
    from the start of opening, the others from the start of playing and of the server."""
    server = Server(args.ocsd, folder)
    server.start()
    replay = Replay(args, server, folder, base)
    try:
        for number, moment in enumerate(moments):
            if number == 1:
                replay.opened.wait(REPLAY_SECONDS_MAX)
            if replay.over_within(moment):
                return None
            server.kill()
            server.start()
        repeats = replay.end()
        if repeats == 0:
            return None
        print(f"{repeats} requests were sent again", flush=True)
        found = results(args, server, folder)
        # What survives must also be what a start in order finds.
        server.stop()
        server.start()
        if results(args, server, folder) != found:
            fail("another start in order changed the results")
        server.stop()
    finally:
        replay.kill()
        server.kill()
    inspect(args, folder)
    return found


def first_difference(expected, actual):
    for left, right in zip(expected.splitlines(), actual.splitlines()):
        if left != right:
            return f"undisturbed: {left}\ndisturbed:   {right}"
    return "one has more lines"


def main():
    parser = argparse.ArgumentParser()
    for name in ("ocsd", "replay", "trace", "links", "catalogue"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--inspect", default="")
    parser.add_argument("--rows", type=int, default=3000)
    parser.add_argument("--kills", type=int, default=5)
    args = parser.parse_args()
    seed = int(os.environ.get("OCS_SEED") or random.SystemRandom().randrange(1 << 32))
    print(f"seed {seed}: OCS_SEED={seed} replays it", flush=True)
    dice = random.Random(seed)
    base = int(time.time() * 1000) + 60_000
    with tempfile.TemporaryDirectory(prefix="replay_crash_test.") as folder:
        calm = os.path.join(folder, "calm")
        os.mkdir(calm)
        expected, opening, playing = undisturbed(args, calm, base)
        print(f"undisturbed: {opening:.2f} s of opening, {playing:.2f} s of playing", flush=True)
        part = 1.0
        for attempt in range(ATTEMPTS_MAX):
            rough = os.path.join(folder, f"rough-{attempt}")
            os.mkdir(rough)
            longest = part * playing / args.kills
            moments = [dice.uniform(0, part * opening)]
            moments += [dice.uniform(longest / 10, longest) for _ in range(args.kills - 1)]
            actual = disturbed(args, rough, base, moments)
            if actual is not None:
                break
            print("no kill while calls were played: once more, sooner", flush=True)
            part /= 2
        else:
            fail("the replay was always over before the last kill, or no request was under way")
        print("killed after " + ", ".join(f"{m * 1000:.0f} ms" for m in moments) + " of running")
        for what, left, right in zip(("the client's totals", "the sums of all parties"),
                                     expected, actual):
            if left != right:
                fail(f"{what} differ (seed {seed}):\n{first_difference(left, right)}")
    print("the same to the byte:\n" + expected[1])


if __name__ == "__main__":
    main()
