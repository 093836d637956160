#!/usr/bin/python3
"""Customers go on charging, on several shards, while their records are exported into series of
files of several formats, and the exports and the server are killed again and again at random
moments. In the end each charge that was answered is in exactly one record of exactly one file of
each series, with the amount that was answered; the files are numbered without a gap, and nothing
else is left.

  export_crash_test.py OCSD OCSCTL PROTO CATALOGUE SCHEMA

The files are read without the house's code: BER by tests/cdr/read_32297.py and SCHEMA, the page of
our private member. OCS_SEED=n replays the moments of a run (as far as a machine's speed repeats
them). Debian's own Python has Debian's python3-grpcio.
"""

import csv
import datetime
import gzip
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import threading

import grpc

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cdr"))
import read_32297  # noqa: E402

OCSD, OCSCTL, PROTO, CATALOGUE, SCHEMA = sys.argv[1:]
STUBS = tempfile.TemporaryDirectory(prefix="export_crash_test.")
SCHEMAS = [os.path.relpath(os.path.join(path, name), PROTO)
           for folder in ("ocs", "google") for path, _, names in os.walk(
               os.path.join(PROTO, folder)) for name in names if name.endswith(".proto")]
subprocess.run(["protoc", "-I", PROTO, "--python_out=" + STUBS.name, "--grpc_out=" + STUBS.name,
                "--plugin=protoc-gen-grpc=/usr/bin/grpc_python_plugin"] + SCHEMAS, check=True)
sys.path.insert(0, STUBS.name)

from ocs.account.v1 import account_pb2, account_pb2_grpc  # noqa: E402
from ocs.catalog.v1 import catalog_pb2, catalog_pb2_grpc  # noqa: E402
from ocs.cdr.v1 import cdr_pb2, cdr_pb2_grpc  # noqa: E402
from ocs.charging.v1 import charging_pb2, charging_pb2_grpc  # noqa: E402
from ocs.type.v1 import type_pb2 as types  # noqa: E402

WAIT_SECONDS = 60
SHARDS = 2
CUSTOMERS = 6
SERVER_KILLS = 4
MONEY_MICROS = 10 ** 12
MODEL = "deepseek-v3.2"
NODE = "ocs01"
PAUSE = threading.Event()  # Never set: what waits a little waits for it.


def fail(message):
    sys.exit(f"export_crash_test: {message}")


class Server:
    """ocsd on one folder and, from its first start on, one address."""

    def __init__(self, folder, log):
        self.ready = os.path.join(folder, "ready")
        self.command = [OCSD, "--data-folder", os.path.join(folder, "data"), "--ready-file",
                        self.ready, "--metrics-address", "", "--shard-count", str(SHARDS),
                        "--listen-address"]
        self.log = log
        self.address = "127.0.0.1:0"
        self.process = None

    def start(self):
        if os.path.exists(self.ready):
            os.remove(self.ready)
        self.process = subprocess.Popen(self.command + [self.address], stdout=self.log,
                                        stderr=self.log)
        for _ in range(WAIT_SECONDS * 100):
            if os.path.exists(self.ready):
                break
            if self.process.poll() is not None:
                fail("the server does not start")
            PAUSE.wait(0.01)
        else:
            fail("the server does not come to serve")
        with open(self.ready, encoding="utf-8") as lines:
            self.address = dict(line.strip().split(": ", 1) for line in lines)["listen_address"]

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Customer(threading.Thread):
    """Charges events, sessions and refunds until it is told to stop. A request without an answer is
    sent again, so each of them is charged once. `charged` has of each (session, number) what the
    answer said: type of record, micros, record id."""

    def __init__(self, name, channel, dice, over):
        super().__init__(name=name)
        self.stub = charging_pb2_grpc.ChargingStub(channel)
        self.dice = dice
        self.over = over
        self.calls = 0
        self.asked_again = 0
        self.charged = {}
        self.fault = None
        accounts = account_pb2_grpc.AccountsStub(channel)
        change = types.Change(idempotency_key=name, actor="test", reason="export")
        create = account_pb2.CreateAccountRequest(change=change, currency="CNY")
        create.subscription_id.add(subscription_id_type=types.END_USER_PRIVATE,
                                   subscription_id_data=name)
        self.account = accounts.CreateAccount(create).account_id
        change.idempotency_key = name + " money"
        accounts.TopUp(account_pb2.TopUpRequest(change=change, account_id=self.account,
                                                amount_micros=MONEY_MICROS, currency="CNY"))
        change.idempotency_key = name + " offer"
        accounts.PurchaseOffer(account_pb2.PurchaseOfferRequest(
            change=change, account_id=self.account, offer_id="sh-pay-per-use"))

    def run(self):
        try:
            while not self.over.is_set():
                self.calls += 1
                if self.dice.random() < 0.5:
                    self.event(f"{self.name}-{self.calls}")
                else:
                    self.session(f"{self.name}-{self.calls}")
        except Exception as error:  # pylint: disable=broad-except
            self.fault = error  # The main thread tells of it.

    def event(self, session):
        request = self.request(session, charging_pb2.EVENT_REQUEST, 0)
        request.requested_action = charging_pb2.DIRECT_DEBITING
        self.add_use(request)
        answer = self.ask(request)
        self.note(request, "usage", answer)
        if self.dice.random() < 0.2:
            back = self.request(session + "-back", charging_pb2.EVENT_REQUEST, 0)
            back.requested_action = charging_pb2.REFUND_ACCOUNT
            back.refund_information = answer.refund_information
            self.ask(back)
            self.charged[back.session_id, 0] = ("refund", self.charged[session, 0][1], None)

    def session(self, session):
        reports = self.dice.randrange(1, 4)
        for number in range(reports + 1):
            kind = (charging_pb2.INITIAL_REQUEST if number == 0 else
                    charging_pb2.TERMINATION_REQUEST if number == reports else
                    charging_pb2.UPDATE_REQUEST)
            request = self.request(session, kind, number)
            service = self.add_use(request) if number > 0 else self.add_service(request)
            if number < reports:
                service.requested_service_unit.token_quantity.add(token_kind=types.OUTPUT,
                                                                  quantity=500)
            answer = self.ask(request)
            if number > 0:
                self.note(request, "usage", answer)

    def request(self, session, kind, number):
        return charging_pb2.CreditControlRequest(
            session_id=session, cc_request_type=kind, cc_request_number=number,
            account_id=self.account, service_context_id="ai-tokens.v1@test.example")

    @staticmethod
    def add_service(request):
        return request.multiple_services_credit_control.add(rating_group=1, model=MODEL)

    def add_use(self, request):
        service = self.add_service(request)
        used = service.used_service_unit.add()
        used.token_quantity.add(token_kind=types.INPUT, quantity=self.dice.randrange(1, 5_000))
        used.token_quantity.add(token_kind=types.OUTPUT, quantity=self.dice.randrange(1, 500))
        return service

    def ask(self, request):
        while True:
            try:
                answer = self.stub.CreditControl(request, timeout=10, wait_for_ready=True)
                break
            except grpc.RpcError as error:
                if error.code() not in (grpc.StatusCode.UNAVAILABLE,
                                        grpc.StatusCode.DEADLINE_EXCEEDED):
                    raise
                self.asked_again += 1
                PAUSE.wait(0.01)
        if answer.result_code != charging_pb2.DIAMETER_SUCCESS:
            raise AssertionError(f"{request} is refused: {answer}")
        return answer

    def note(self, request, kind, answer):
        micros = sum(service.charged_micros
                     for service in answer.multiple_services_credit_control)
        self.charged[request.session_id, request.cc_request_number] = (
            kind, micros, answer.refund_information)


class Exports(threading.Thread):
    """Exports into one folder until it is told to stop. Most runs are killed: some of them at any
    moment, some just after a name in the folder has come or gone, as it does when a file is begun
    and finished."""

    def __init__(self, server, folder, name, more, dice):
        super().__init__(name=name)
        self.folder = os.path.join(folder, name)
        os.mkdir(self.folder)
        self.command = [OCSCTL, "--server", server.address, "--json", "cdr", "export",
                        "--consumer", name, "--folder", self.folder, "--node", NODE] + more
        self.dice = dice
        self.over = threading.Event()
        self.begun = self.killed = self.killed_at_work = 0
        self.faults = []

    def run(self):
        while not self.over.is_set():
            self.begun += 1
            export = subprocess.Popen(self.command, stdout=subprocess.DEVNULL,
                                      stderr=subprocess.PIPE, text=True)
            if self.dice.random() < 0.7:
                self.await_changes(export, self.dice.randrange(1, 8))
                moment = self.dice.uniform(0, 0.004)
            else:
                moment = self.dice.uniform(0.005, 0.25)
            try:
                _, errors = export.communicate(timeout=moment)
                # 3: there was no server.
                if export.returncode not in (0, 3):
                    self.faults.append(errors)
            except subprocess.TimeoutExpired:
                export.kill()
                export.communicate()
                self.killed += 1
                self.killed_at_work += bool(self.temporaries())

    def await_changes(self, export, changes):
        """Until it has changed the folder so often, or has ended."""
        names = set(os.listdir(self.folder))
        for _ in range(1_000):
            before, names = names, set(os.listdir(self.folder))
            changes -= names != before
            if changes == 0 or export.poll() is not None:
                return
            PAUSE.wait(0.0005)

    def temporaries(self):
        return [name for name in os.listdir(self.folder) if name.endswith(".part")]

    def finish(self):
        """What was not exported yet, undisturbed; and that then nothing is left to export."""
        if self.faults:
            fail(f"{self.name}: an export went wrong: {self.faults[0]}")
        for last in (False, True):
            done = subprocess.run(self.command, capture_output=True, text=True,
                                  timeout=WAIT_SECONDS, check=False)
            if done.returncode != 0:
                fail(f"{self.name}: the last export ended with {done.returncode}: {done.stderr}")
            if last and int(json.loads(done.stdout)["files"]) != 0:
                fail(f"{self.name}: something was left behind: {done.stdout}")


# --- what is in the files ------------------------------------------------------------------


def read_ber(path):
    """(record id, session, number, type, micros) of each record."""
    with open(SCHEMA, encoding="utf-8") as file:
        schema = file.read()
    wanted = read_32297.fields_of(schema, "TokenCharging")
    line_fields = read_32297.fields_of(schema, "TokenLine")
    with open(path, "rb") as file:
        _, records = read_32297.read_file(file.read())
    for content in records:
        (_, _, _, whole), = read_32297.values(content)
        (_, _, _, extension), = read_32297.values(read_32297.members(whole)[12])
        parts = {number: part for _, number, _, part in read_32297.values(extension)}
        (_, _, _, private), = read_32297.values(parts[2])
        private = read_32297.decode(wanted, private)
        lines = [read_32297.decode(line_fields, line)
                 for _, _, _, line in read_32297.values(private.get("lines", b""))]
        yield (f"{private['shard']}.{private['group']}.{private.get('index', 0)}",
               private["session"], private.get("requestNumber", 0),
               read_32297.RECORD_KINDS[private.get("recordKind", 1)],
               sum(line.get("amount", 0) for line in lines))


def read_csv(path):
    """The same."""
    with (gzip.open(path, "rt", newline="", encoding="utf-8") if path.endswith(".gz")
          else open(path, newline="", encoding="utf-8")) as file:
        rows = csv.DictReader(file)
        for row in rows:
            lines = [row] + [next(rows) for _ in range(int(row["line_count"]) - 1)]
            if {line["record_id"] for line in lines} != {row["record_id"]}:
                fail(f"{path}: record {row['record_id']} has not all of its lines")
            yield (row["record_id"], row["session_id"], int(row["request_number"]), row["type"],
                   sum(read_32297.micros(line["amount"]) for line in lines
                       if line["list"] == "charge"))


def read_series(series):
    """The records of all files in order; the folder must prove itself and hold nothing else."""
    verified = subprocess.run([OCSCTL, "--json", "cdr", "verify", series.folder],
                              capture_output=True, text=True, timeout=WAIT_SECONDS, check=False)
    if verified.returncode != 0:
        fail(f"{series.name}: cdr verify: {verified.stdout}{verified.stderr}")
    files, rest = {}, []
    for name in os.listdir(series.folder):
        match = re.fullmatch(NODE + r"_-_(\d{7})\.\d{8}_-_\d{4}[+-]\d{4}(\.ber|\.csv(?:\.gz)?)",
                             name)
        if match:
            files[int(match.group(1))] = name
        else:
            rest.append(name)
    wanted = [name + ".manifest" for name in files.values()] + [".ocs-cdr-series", ".ocs-cdr-lock"]
    if sorted(rest) != sorted(wanted):
        fail(f"{series.name}: left in the folder: {sorted(set(rest) ^ set(wanted))}")
    if sorted(files) != list(range(1, len(files) + 1)):
        fail(f"{series.name}: the numbers of its files have a gap: {sorted(files)}")
    records = []
    for number in sorted(files):
        path = os.path.join(series.folder, files[number])
        records += read_ber(path) if path.endswith(".ber") else read_csv(path)
    verdict = json.loads(verified.stdout)
    if (int(verdict["files"]), int(verdict["records"])) != (len(files), len(records)):
        fail(f"{series.name}: {len(records)} records in {len(files)} files, verify: {verdict}")
    return records, len(files)


def check_series(series, streamed, charged):
    """Each record of the server, and so each charge that was answered, is in the series once."""
    records, file_count = read_series(series)
    for shard, ids in streamed.items():
        filed = [record[0] for record in records if record[0].startswith(f"{shard}.")]
        if filed != ids:
            missing, more = set(ids) - set(filed), set(filed) - set(ids)
            fail(f"{series.name}: shard {shard}: {len(ids)} records are streamed, {len(filed)} are "
                 f"in files; missing {sorted(missing)[:3]}, too many {sorted(more)[:3]}")
    found = {}
    for record_id, session, number, kind, micros in records:
        if kind == "fee":
            continue
        if (session, number) in found:
            fail(f"{series.name}: {session} {number} is charged by two records: {record_id} and "
                 f"{found[session, number][2]}")
        found[session, number] = (kind, micros, record_id)
    for key in set(charged) | set(found):
        asked, filed = charged.get(key), found.get(key)
        if asked is None or filed is None or asked[:2] != filed[:2]:
            fail(f"{series.name}: {key}: answered {asked}, filed {filed}")
        if asked[2] not in (None, filed[2]):
            fail(f"{series.name}: {key}: answered as {asked[2]}, filed as {filed[2]}")
    return len(records), file_count


# --- the run -------------------------------------------------------------------------------


def await_charges(customers, more):
    """Until they have charged so many times more."""
    before = sum(len(customer.charged) for customer in customers)
    for _ in range(WAIT_SECONDS * 100):
        if sum(len(customer.charged) for customer in customers) >= before + more:
            return
        PAUSE.wait(0.01)
    fail("the customers do not get on")


def disturbed(server, folder, dice):
    """Charges and exports with kills; gives the customers, whose charges are all answered, and the
    exports, which are complete."""
    channel = grpc.insecure_channel(server.address, [
        ("grpc.initial_reconnect_backoff_ms", 20), ("grpc.max_reconnect_backoff_ms", 100)])
    with open(CATALOGUE, encoding="utf-8") as file:
        catalog_pb2_grpc.CatalogueStub(channel).PublishCatalogue(
            catalog_pb2.PublishCatalogueRequest(
                change=types.Change(idempotency_key="publish", actor="test", reason="export"),
                text=file.read(), file_name="operators.yaml"))
    over = threading.Event()
    customers = [Customer(f"customer{number}", channel, random.Random(dice.random()), over)
                 for number in range(CUSTOMERS)]
    exports = [Exports(server, folder, name, more, random.Random(dice.random()))
               for name, more in (
                   ("ber", ["--format", "ber", "--records-max", "25"]),
                   ("csv", ["--format", "csv", "--gzip", "--records-max", "40"]),
                   ("csv-by-size", ["--format", "csv", "--bytes-max", "30000"]))]
    for thread in customers + exports:
        thread.start()
    try:
        for _ in range(SERVER_KILLS):
            await_charges(customers, 100)
            PAUSE.wait(dice.uniform(0, 0.5))
            server.kill()
            PAUSE.wait(dice.uniform(0, 0.1))
            server.start()
        await_charges(customers, 100)
    finally:
        over.set()
        for series in exports:
            series.over.set()
        for thread in customers + exports:
            thread.join(WAIT_SECONDS)
    for customer in customers:
        if customer.fault is not None or customer.is_alive():
            fail(f"{customer.name}: {customer.fault or 'gets no answer'}")
    for series in exports:
        series.finish()
    return customers, exports, channel


def check(server, customers, exports, channel):
    charged = {}
    for customer in customers:
        charged.update(customer.charged)
    records = cdr_pb2_grpc.RecordsStub(channel)
    streamed = {shard: [] for shard in range(SHARDS)}
    for batch in records.StreamRecords(cdr_pb2.StreamRecordsRequest()):
        streamed[batch.shard] += [record.record_id for record in batch.record]
    if not all(streamed.values()):
        fail("all records are on one shard")
    for consumer in records.ListConsumers(cdr_pb2.ListConsumersRequest()).consumer:
        if consumer.oldest_waiting_unix_ms != 0:
            fail(f"not acknowledged: {consumer}")
    for series in exports:
        count, file_count = check_series(series, streamed, charged)
        if series.killed == 0:
            fail(f"{series.name}: no export was killed")
        print(f"{series.name}: {count} records in {file_count} files; {series.killed} of "
              f"{series.begun} exports killed, {series.killed_at_work} with a temporary",
              flush=True)
    if sum(series.killed_at_work for series in exports) == 0:
        fail("no export was killed while it had a temporary")
    end = (datetime.date.today() + datetime.timedelta(days=2)).isoformat()
    proved = subprocess.run(
        [OCSCTL, "--server", server.address, "settlement", "check", "--cycle", "all", "--from",
         "2020-01-01", "--until", end, "--files", exports[0].folder], capture_output=True,
        text=True, timeout=WAIT_SECONDS, check=False)
    if proved.returncode != 0:
        fail(f"settlement check: {proved.stdout}{proved.stderr}")
    print(f"{len(charged)} charges answered, {SERVER_KILLS} kills of the server, "
          f"{sum(customer.asked_again for customer in customers)} requests sent again")


def main():
    seed = int(os.environ.get("OCS_SEED") or random.SystemRandom().randrange(1 << 32))
    print(f"seed {seed}: OCS_SEED={seed} replays it", flush=True)
    with tempfile.TemporaryDirectory(prefix="export_crash_test.") as folder:
        with open(os.path.join(folder, "log"), "w", encoding="utf-8") as log:
            server = Server(folder, log)
            try:
                server.start()
                customers, exports, channel = disturbed(server, folder, random.Random(seed))
                check(server, customers, exports, channel)
            finally:
                server.kill()


if __name__ == "__main__":
    main()
