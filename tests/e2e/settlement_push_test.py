#!/usr/bin/env python3
"""Records leave the server by both ways, pushed to a receiver and exported into files, while the
server, the receiver and the export are killed again and again at random moments. In the end the
receiver has each record once, in order, and says of each what the server's own stream says; and
each is in exactly one record of exactly one file.

  settlement_push_test.py OCSD OCSCTL OCS-REPLAY OCS-SETTLEMENT-RECEIVER TRACE LINKS CATALOGUE

OCS_SEED=n replays the moments of a run (as far as a machine's speed repeats them).
"""

import datetime
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

WAIT_SECONDS = 60
KILLS = 6
ROWS = 1500


def fail(message):
    sys.exit(f"settlement_push_test: {message}")


class Program:
    """A process that tells its addresses, on the same ports from its first start on."""

    def __init__(self, command, log):
        self.command = command
        self.log = log
        self.process = None

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Receiver(Program):
    def __init__(self, program, folder, log):
        super().__init__([program, "--folder", folder, "--listen-address"], log)
        self.address = "127.0.0.1:0"

    def start(self):
        self.process = subprocess.Popen(self.command + [self.address], stdout=subprocess.PIPE,
                                        stderr=self.log, text=True)
        words = self.process.stdout.readline().split()
        if words[:2] != ["listening", "on"]:
            fail(f"the receiver does not start: {words}")
        self.address = words[2]


class Server(Program):
    def __init__(self, program, folder, settlement, log, *more):
        self.ready = os.path.join(folder, "ready")
        super().__init__([program, "--data-folder", os.path.join(folder, "data"), "--ready-file",
                          self.ready, "--settlement-address", settlement, "--settlement-sender",
                          "ocs01", *more], log)
        self.address = self.metrics = "127.0.0.1:0"

    def start(self):
        if os.path.exists(self.ready):
            os.remove(self.ready)
        self.process = subprocess.Popen(
            self.command + ["--listen-address", self.address, "--metrics-address", self.metrics],
            stdout=self.log, stderr=self.log)
        deadline = time.monotonic() + WAIT_SECONDS
        pause = threading.Event()
        while not os.path.exists(self.ready):
            if self.process.poll() is not None or time.monotonic() > deadline:
                fail("the server does not start")
            pause.wait(0.01)
        with open(self.ready, encoding="utf-8") as lines:
            found = dict(line.strip().split(": ", 1) for line in lines)
        self.address, self.metrics = found["listen_address"], found["metrics_address"]

    def metric(self, name, label=""):
        with urllib.request.urlopen(f"http://{self.metrics}/metrics", timeout=10) as page:
            for line in page.read().decode().splitlines():
                if line.startswith(name + "{") and label in line:
                    return int(float(line.rsplit(" ", 1)[1]))
        return None

    def stop(self):
        self.process.terminate()
        if self.process.wait(WAIT_SECONDS) != 0:
            fail("SIGTERM: the server did not end in order")


class Exports(threading.Thread):
    """Exports into a folder of small files until it is told to stop; most of them are killed."""

    def __init__(self, command, dice, log):
        super().__init__()
        self.command = command
        self.dice = dice
        self.log = log
        self.over = threading.Event()
        self.begun = self.killed = 0

    def run(self):
        while not self.over.is_set():
            self.begun += 1
            export = subprocess.Popen(self.command, stdout=self.log, stderr=self.log)
            try:
                export.wait(self.dice.uniform(0.005, 0.3))
            except subprocess.TimeoutExpired:
                export.kill()
                export.wait()
                self.killed += 1

    def finish(self):
        """What was not exported yet, undisturbed."""
        self.over.set()
        self.join()
        subprocess.run(self.command, stdout=self.log, stderr=self.log, timeout=WAIT_SECONDS,
                       check=True)


def exported(ocsctl, folder):
    """The ids of the records of all files, in order of files; the folder must prove itself."""
    verdict = subprocess.run([ocsctl, "cdr", "verify", folder], capture_output=True, text=True,
                             timeout=WAIT_SECONDS, check=False)
    if verdict.returncode != 0:
        fail(f"cdr verify: {verdict.stdout}{verdict.stderr}")
    ids = []
    files = [name for name in sorted(os.listdir(folder)) if name.endswith(".ber")]
    for name in files:
        printed = subprocess.run([ocsctl, "cdr", "print", os.path.join(folder, name), "--format",
                                  "jsonl"], capture_output=True, text=True, timeout=WAIT_SECONDS,
                                 check=True).stdout
        ids += [json.loads(line)["record_id"] for line in printed.splitlines()]
    return ids, len(files)


def await_caught_up(server):
    deadline = time.monotonic() + WAIT_SECONDS
    pause = threading.Event()
    while time.monotonic() < deadline:
        if (server.metric("ocs_consumer_lag_seconds", "settlement") == 0
                and server.metric("ocs_settlement_failing") == 0):
            return
        pause.wait(0.05)
    fail("the receiver does not catch up")


def bill_and_send(ocsctl, server, receiver, folder, dice):
    """Bills of everything so far, handed over by a command that is killed some times, as is the
    receiver. Gives the documents."""
    bills = os.path.join(folder, "bills")
    os.mkdir(bills)
    until = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    subprocess.run([ocsctl, "--server", server.address, "bill", "run", "--cycle", "all", "--from",
                    "2020-01-01", "--until", until, "--settle-seconds", "0", "--folder", bills,
                    "--final"], capture_output=True, timeout=WAIT_SECONDS, check=True)
    send = [ocsctl, "--server", receiver.address, "settlement", "send", "--folder", bills,
            "--cycle", "all", "--sender", "ocs01"]
    for _ in range(KILLS):
        sender = subprocess.Popen(send, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            sender.wait(dice.uniform(0.005, 0.1))
        except subprocess.TimeoutExpired:
            sender.kill()
            sender.wait()
        receiver.kill()
        receiver.start()
    for _ in range(2):
        last = subprocess.run(send, capture_output=True, text=True, timeout=WAIT_SECONDS,
                              check=True).stdout
    if not last.startswith("0 bills sent"):
        fail(f"sent twice: {last}")
    with open(os.path.join(bills, "all", "bills.jsonl"), encoding="utf-8") as file:
        made = [json.loads(line)["document"] for line in file]
    return made


def first_difference(ours, theirs):
    for number, (left, right) in enumerate(zip(ours, theirs), 1):
        if left != right:
            return f"record {number}: {left} is sent, {right} is kept"
    return f"{len(ours)} records are there, {len(theirs)} are kept"


def of_one_tenant(ocsd, ocsctl, receiver_program, catalogue, dice):
    """Only one tenant's records are pushed, each once, though both ends are killed meanwhile."""
    with tempfile.TemporaryDirectory(prefix="settlement_push_test.") as folder:
        kept = os.path.join(folder, "kept")
        os.mkdir(kept)
        with open(os.path.join(folder, "log"), "w", encoding="utf-8") as log:
            receiver = Receiver(receiver_program, kept, log)
            receiver.start()
            server = Server(ocsd, folder, receiver.address, log, "--settlement-tenant", "acme")
            server.start()

            def ctl(*words):
                for _ in range(20):
                    done = subprocess.run([ocsctl, "--server", server.address, "--json", *words],
                                          capture_output=True, text=True, timeout=WAIT_SECONDS,
                                          check=False)
                    if done.returncode == 0:
                        return done.stdout
                    if done.returncode != 3:  # Not reached: it has just been started.
                        break
                return fail(f"ocsctl {' '.join(words)}: {done.stderr}")

            try:
                ctl("catalogue", "publish", catalogue, "--key", "publish")
                ids = {}
                for tenant in ("acme", "globex", ""):
                    name = f"customer:of-{tenant}"
                    ids[tenant] = json.loads(ctl("account", "create", "--currency", "CNY",
                                                 "--identity", name, "--key",
                                                 "create-" + tenant))["account_id"]
                    if tenant:
                        ctl("account", "profile", name, "--tenant", tenant, "--key",
                            "profile-" + tenant)
                    ctl("account", "topup", name, "100", "--key", "pay-" + tenant)
                    ctl("account", "buy", name, "ct-personal-light", "--key", "buy-" + tenant)
                for i in range(18):
                    tenant = ("acme", "globex", "")[i % 3]
                    ctl("charge", "debit", f"customer:of-{tenant}", "--model", "deepseek-v3.2",
                        "--input", str(i + 1), "--session", f"debit-{i}")
                    if i % 6 == 3:
                        for victim in dice.choice(([server], [receiver], [server, receiver])):
                            victim.kill()
                            victim.start()
                await_caught_up(server)  # Also behind the last, which is none of acme's.
                ours = [json.loads(line) for line in ctl("cdr", "stream").splitlines()]
                server.stop()
            finally:
                server.kill()
                receiver.kill()
        with open(os.path.join(kept, "ocs01.acme.0.jsonl"), encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        theirs = [line for line in lines if line["local_record_sequence_number"] != "0"]
        wanted = [record for record in ours if record["account_id"] == ids["acme"]]
        if theirs != wanted or len(wanted) != 7:
            fail(f"of acme: {first_difference(wanted, theirs)}, {len(wanted)} records")
        if os.listdir(kept) != ["ocs01.acme.0.jsonl"]:
            fail(f"the receiver keeps {os.listdir(kept)}")
        print(f"of one tenant {len(theirs)} of {len(ours)} records, each once")


def main():
    ocsd, ocsctl, replay, receiver_program, trace, links, catalogue = sys.argv[1:]
    seed = int(os.environ.get("OCS_SEED") or random.SystemRandom().randrange(1 << 32))
    print(f"seed {seed}: OCS_SEED={seed} replays it", flush=True)
    dice = random.Random(seed)
    of_one_tenant(ocsd, ocsctl, receiver_program, catalogue, dice)
    with tempfile.TemporaryDirectory(prefix="settlement_push_test.") as folder:
        kept = os.path.join(folder, "kept")
        os.mkdir(kept)
        with open(os.path.join(folder, "log"), "w", encoding="utf-8") as log:
            receiver = Receiver(receiver_program, kept, log)
            receiver.start()
            server = Server(ocsd, folder, receiver.address, log)
            server.start()
            player = subprocess.Popen(
                [replay, "run", "--trace", trace, "--links", links, "--catalogue", catalogue,
                 "--rows", str(ROWS), "--in-flight", "8", "--server", server.address,
                 "--base-unix-ms", str(int(time.time() * 1000) + 60_000),
                 "--summary", os.path.join(folder, "summary.json")], stdout=log, stderr=log)
            files = os.path.join(folder, "files")
            os.mkdir(files)
            exports = Exports([ocsctl, "--server", server.address, "cdr", "export", "--consumer",
                               "files", "--folder", files, "--format", "ber", "--node", "ocs01",
                               "--records-max", "40"], random.Random(dice.random()), log)
            exports.start()
            try:
                for _ in range(KILLS):
                    try:
                        player.wait(dice.uniform(0.05, 0.6))
                    except subprocess.TimeoutExpired:
                        pass
                    # Either of them, or both at once.
                    for victim in dice.choice(([server], [receiver], [server, receiver])):
                        victim.kill()
                        victim.start()
                if player.wait(WAIT_SECONDS) != 0:
                    fail("the replay failed")
                exports.finish()
                await_caught_up(server)
                made = bill_and_send(ocsctl, server, receiver, folder, dice)
                pushed = server.metric("ocs_settlement_records_total")
                stream = subprocess.run(
                    [ocsctl, "--server", server.address, "--json", "cdr", "stream"],
                    capture_output=True, text=True, timeout=WAIT_SECONDS, check=True)
                consumers = subprocess.run(
                    [ocsctl, "--server", server.address, "cdr", "consumers"],
                    capture_output=True, text=True, timeout=WAIT_SECONDS, check=True).stdout
                server.stop()
            finally:
                exports.over.set()
                exports.join()
                player.kill()
                player.wait()
                server.kill()
                receiver.kill()
        # What ocsctl prints and what the receiver keeps are both the schema's JSON.
        ours = [json.loads(line) for line in stream.stdout.splitlines()]
        with open(os.path.join(kept, "ocs01.0.jsonl"), encoding="utf-8") as file:
            theirs = [json.loads(line) for line in file]
        if ours != theirs:
            fail(f"{first_difference(ours, theirs)} (seed {seed})")
        numbers = [int(record["local_record_sequence_number"]) for record in ours]
        if numbers != list(range(1, len(ours) + 1)) or len(ours) < ROWS / 2:
            fail(f"{len(ours)} records, or their numbers have gaps")
        with open(os.path.join(kept, "ocs01.bills.jsonl"), encoding="utf-8") as file:
            taken = [json.loads(line)["document"] for line in file]
        if taken != made or not made:
            fail(f"{len(made)} bills were made, the receiver has {len(taken)}")
        ids, file_count = exported(ocsctl, files)
        if ids != [record["record_id"] for record in ours]:
            fail(f"the files have {len(ids)} records, not those that were written (seed {seed})")
        if exports.killed == 0:
            fail("no export was killed")
        if "settlement" not in consumers:
            fail(f"the consumer is not shown: {consumers}")
        print(f"{len(ours)} records kept once each and in order; "
              f"{pushed} of them pushed since the last start of the server\n"
              f"the same in {file_count} files; {exports.killed} of {exports.begun} exports "
              "killed\n"
              f"{len(made)} bills booked once each")


if __name__ == "__main__":
    main()
