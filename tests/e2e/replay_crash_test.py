#!/usr/bin/env python3
"""Kills the server in the middle of a replay, several times at random moments, and restarts it. The
client's totals, the bills and the records must come out as if nothing had happened: byte for byte
those of a run that nobody disturbed.

OCS_SEED=n replays the moments of a run (as far as a machine's speed repeats them).
"""

import argparse
import os
import random
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


def begin_replay(args, server, folder, base):
    command = [args.replay, "run", "--trace", args.trace, "--links", args.links, "--catalogue",
               args.catalogue, "--rows", str(args.rows), "--in-flight", "8",
               "--server", server.address, "--base-unix-ms", str(base),
               "--summary", os.path.join(folder, "summary.json")]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def end_replay(process, timeout):
    try:
        _, errors = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        fail("the replay does not end")
    if process.returncode != 0:
        fail(f"the replay ended with {process.returncode}:\n{errors}")
    return errors


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
    server = Server(args.ocsd, folder)
    server.start()
    try:
        begin = time.monotonic()
        end_replay(begin_replay(args, server, folder, base), REPLAY_SECONDS_MAX)
        seconds = time.monotonic() - begin
        found = results(args, server, folder)
        server.stop()
    finally:
        server.kill()
    inspect(args, folder)
    return found, seconds


def disturbed(args, folder, base, moments):
    """The results, or None when the replay was over before the last kill."""
    server = Server(args.ocsd, folder)
    server.start()
    replay = begin_replay(args, server, folder, base)
    try:
        for moment in moments:
            try:
                replay.wait(moment)
                return None
            except subprocess.TimeoutExpired:
                pass
            server.kill()
            server.start()
        end_replay(replay, REPLAY_SECONDS_MAX)
        found = results(args, server, folder)
        # What survives must also be what a start in order finds.
        server.stop()
        server.start()
        if results(args, server, folder) != found:
            fail("another start in order changed the results")
        server.stop()
    finally:
        replay.kill()
        replay.communicate()
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
    parser.add_argument("--rows", type=int, default=1500)
    parser.add_argument("--kills", type=int, default=5)
    args = parser.parse_args()
    seed = int(os.environ.get("OCS_SEED") or random.SystemRandom().randrange(1 << 32))
    print(f"seed {seed}: OCS_SEED={seed} replays it", flush=True)
    dice = random.Random(seed)
    base = int(time.time() * 1000) + 60_000
    with tempfile.TemporaryDirectory(prefix="replay_crash_test.") as folder:
        calm = os.path.join(folder, "calm")
        os.mkdir(calm)
        expected, seconds = undisturbed(args, calm, base)
        print(f"undisturbed: {seconds:.2f} s", flush=True)
        longest = seconds / (args.kills + 1)
        for attempt in range(ATTEMPTS_MAX):
            rough = os.path.join(folder, f"rough-{attempt}")
            os.mkdir(rough)
            moments = [dice.uniform(longest / 10, longest) for _ in range(args.kills)]
            actual = disturbed(args, rough, base, moments)
            if actual is not None:
                break
            print("the replay was over before the last kill: once more, faster", flush=True)
            longest /= 2
        else:
            fail("the replay was always over before the last kill")
        print("killed after " + ", ".join(f"{m * 1000:.0f} ms" for m in moments) + " of running")
        for what, left, right in zip(("the client's totals", "the sums of all parties"),
                                     expected, actual):
            if left != right:
                fail(f"{what} differ (seed {seed}):\n{first_difference(left, right)}")
    print("the same to the byte:\n" + expected[1])


if __name__ == "__main__":
    main()
