#!/usr/bin/env python3
"""Simulations and shadow rating by a real server, asked for with ocsctl: on its own records and on
a file beside it, while it goes on charging.

  simulation_test.py OCSD OCSCTL CATALOGUE TRACE
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time

WAIT_SECONDS = 120

POPULATION = """
population: e2e
begins: {begins}
ends: {ends}
accounts: 20
plans: [{{plan: pay, share: 1, offers: [sh-pay-per-use], credit_limit: 500,
          models: [{{model: deepseek-v3.2, share: 1}}]}}]
"""


def expect(condition, what):
    if not condition:
        sys.exit(f"simulation_test: {what}")


class Server:
    def __init__(self, program, folder, *more):
        ready = os.path.join(folder, "ready")
        self.process = subprocess.Popen(
            [program, "--listen-address", "127.0.0.1:0", "--metrics-address", "",
             "--data-folder", os.path.join(folder, "data"), "--ready-file", ready, *more],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        log = []
        for line in self.process.stdout:
            log.append(line)
            if "serving on" in line:
                break
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        if not os.path.exists(ready):
            self.process.kill()
            sys.exit("the server does not start: " + "".join(log))
        with open(ready, encoding="utf-8") as file:
            words = file.read().split()
        self.address = words[words.index("listen_address:") + 1]


def main():
    ocsd, ocsctl, catalogue, trace = sys.argv[1:]
    folder = tempfile.mkdtemp(prefix="simulation_test.")
    inputs = os.path.join(folder, "inputs")
    os.mkdir(inputs)
    shutil.copy(trace, os.path.join(inputs, "trace.csv"))
    server = Server(ocsd, folder, "--simulation-folder", inputs)

    def ctl(*words, code=0):
        done = subprocess.run([ocsctl, "--server", server.address, *words], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=WAIT_SECONDS, check=False)
        expect(done.returncode == code, f"ocsctl {' '.join(words)}: exit code {done.returncode}, "
               f"expected {code}\n{done.stdout}{done.stderr}")
        return done.stdout + (done.stderr if code else "")

    def population(name, begins, ends):
        path = os.path.join(folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(POPULATION.format(begins=begins, ends=ends))
        return path

    def charge(count, first):
        for i in range(first, first + count):
            ctl("charge", "debit", account, "--model", "deepseek-v3.2", "--input", "100000",
                "--output", "1000", "--session", f"call-{i}")

    try:
        # Without a catalogue there is nothing to compare with.
        trace_month = population("trace.yaml", "2026-08-01T00:00:00+08:00",
                                 "2026-09-01T00:00:00+08:00")
        told = ctl("simulation", "run", "early", "--population", trace_month, "--input-file",
                   "trace.csv", code=1)
        expect("no catalogue is in force" in told, told)
        ctl("catalogue", "publish", catalogue, "--reason", "test")

        # A file beside the server.
        dearer = ["--change", "price_books/quota-points/rules/0/price *= 1.25"]
        told = ctl("simulation", "run", "dearer", "--population", trace_month, "--input-file",
                   "trace.csv", "--stretch", "960", *dearer)
        expect("in force" in told and "\n- " in told, told)
        told = ctl("simulation", "run", "bound", "--population", trace_month, "--input-file",
                   "trace.csv", "--stretch", "960", *dearer, "--require",
                   "max-bill-increase<=10%", code=1)
        artefact = json.loads(ctl("simulation", "get", "bound", "--artefact", code=1))
        expect(artefact["passed"] == "no", str(artefact["passed"]))
        expect(len(artefact["catalogue_sha256"]) == 64, "the candidate has a hash")
        page = ctl("simulation", "get", "dearer", "--page")
        expect("<html" in page and len(page) > 100_000, "the page is whole")
        table = ctl("simulation", "get", "dearer", "--table", "by_plan")
        expect(table.startswith("variant,") and "\nin force,pay" in table, table)
        told = ctl("simulation", "get", "dearer", "--table", "nothing", code=1)
        expect("by_plan" in told, told)
        expect("dearer: done, 8,940 calls" in ctl("simulation", "list"), "the list names it")

        # Faults name what is wrong.
        told = ctl("simulation", "run", "dearer", "--population", trace_month, "--input-file",
                   "trace.csv", code=1)
        expect("there is a simulation of this name" in told, told)
        for words, wanted in (
                (["--input-file", "../data"], "input_file"),
                (["--input-file", "nothing.csv"], "the simulation_folder has no 'nothing.csv'"),
                (["--own-records", "--change", "x"], "change"),
                (["--own-records", "--require", "x"], "require"),
                ([], "nothing is to be simulated")):
            told = ctl("simulation", "run", "wrong", "--population", trace_month, *words, code=2)
            expect(wanted in told, told)
        ctl("simulation", "watch", "wrong", code=1)

        # Its own records, and a shadow that sees what is charged from now on.
        account = str(json.loads(ctl("--json", "account", "create", "--currency", "CNY",
                                     "--identity", "msisdn:8613800000001", "--credit-limit", "100",
                                     "--key", "a"))["account_id"])
        ctl("account", "buy", account, "sh-pay-per-use", "--key", "b")
        charge(3, 0)
        candidate = os.path.join(folder, "candidate.yaml")
        with open(catalogue, encoding="utf-8") as file:
            text = file.read()
        with open(candidate, "w", encoding="utf-8") as file:
            file.write(text.replace("price: 1\n", "price: 1.25\n"))
        ctl("shadow", "show", code=1)
        ctl("shadow", "start", candidate)
        charge(2, 3)
        deadline = time.monotonic() + WAIT_SECONDS
        state = {}
        while int(state.get("records", 0)) < 2 and time.monotonic() < deadline:
            state = json.loads(ctl("--json", "shadow", "show"))
        expect(int(state["records"]) == 2 and state["running"], state)
        money = state["total"][0]
        expect(int(money["after"]) * 4 == int(money["before"]) * 5, money)
        expect(state["by_model"][0]["name"] == "deepseek-v3.2", state)
        ctl("shadow", "start", candidate, "--from-beginning")
        state = {}
        while int(state.get("records", 0)) < 5 and time.monotonic() < deadline:
            state = json.loads(ctl("--json", "shadow", "show"))
        expect(int(state["records"]) == 5, state)
        ctl("shadow", "stop")
        expect("stopped: 5 records of use" in ctl("shadow", "show"), "it is stopped")

        now = int(time.time())
        own_month = population(
            "own.yaml", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now - 86_400)),
            time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now + 86_400)))
        ctl("simulation", "run", "own", "--population", own_month, "--own-records", *dearer)
        expect("own: done, 5 calls" in ctl("simulation", "list"), "its own five calls")

        # One that would take hours is stopped, and so is the server with another one under way.
        endless = ["--population", trace_month, "--input-file", "trace.csv", "--repeat", "10000"]
        ctl("simulation", "run", "long", *endless, "--no-wait")
        ctl("simulation", "cancel", "long")
        told = ctl("simulation", "watch", "long")
        expect(told.startswith("STOPPED"), told)
        ctl("simulation", "run", "longer", *endless, "--no-wait")
        server.process.terminate()
        expect(server.process.wait(WAIT_SECONDS) == 0, "the server ends in order")
    finally:
        server.process.kill()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
