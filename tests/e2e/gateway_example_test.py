#!/usr/bin/python3
"""The example gateway between a real ocsd and a model server of this test, which streams as it is
told. What the accounts and the records say at the end must be what was streamed."""

import argparse
import hashlib
import http.client
import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading

import grpc

ARGUMENTS = argparse.ArgumentParser()
for name in ("ocsd", "gateway", "proto", "catalogue"):
    ARGUMENTS.add_argument("--" + name, required=True)
ARGS = ARGUMENTS.parse_args()
STUBS = tempfile.TemporaryDirectory()
SCHEMAS = [os.path.relpath(os.path.join(path, name), ARGS.proto)
           for folder in ("ocs", "google") for path, _, names in os.walk(
               os.path.join(ARGS.proto, folder)) for name in names if name.endswith(".proto")]
subprocess.run(["protoc", "-I", ARGS.proto, "--python_out=" + STUBS.name,
                "--grpc_out=" + STUBS.name,
                "--plugin=protoc-gen-grpc=/usr/bin/grpc_python_plugin"] + SCHEMAS, check=True)
sys.path.insert(0, STUBS.name)

from ocs.account.v1 import account_pb2, account_pb2_grpc  # noqa: E402
from ocs.catalog.v1 import catalog_pb2, catalog_pb2_grpc  # noqa: E402
from ocs.cdr.v1 import cdr_pb2, cdr_pb2_grpc  # noqa: E402
from ocs.push.v1 import push_pb2, push_pb2_grpc  # noqa: E402
from ocs.type.v1 import type_pb2 as types  # noqa: E402

MODEL = "deepseek-v3.2"


def check(condition, what):
    if not condition:
        sys.exit(f"gateway_example_test: {what}")


class ModelServer(http.server.BaseHTTPRequestHandler):
    """Streams `tokens` words; what it does beside is in `plan`."""

    protocol_version = "HTTP/1.1"
    plan = {}
    arrived = threading.Event()  # The client has the 50 words before the abort.
    asked = []

    def log_message(self, *unused):
        pass

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        plan = dict(ModelServer.plan)
        ModelServer.asked.append(body)
        if plan.get("status", 200) != 200:
            self.send_response(plan["status"])
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        tokens = min(plan["tokens"], body.get("max_tokens", plan["tokens"]))
        try:
            self.stream(plan, tokens)
        except OSError:
            pass  # The gateway has had enough.

    def stream(self, plan, tokens):
        for at in range(tokens):
            if at == plan.get("break_at"):
                return
            if at == plan.get("meanwhile_at"):
                plan["meanwhile"]()
            self.send({"choices": [{"delta": {"content": f"w{at} "}, "finish_reason": None}]})
        self.send({"choices": [{"delta": {}, "finish_reason": "stop"}]})
        if plan.get("usage", True):
            self.send({"choices": [], "usage": {
                "prompt_tokens": plan["prompt"], "completion_tokens": tokens,
                "prompt_tokens_details": {"cached_tokens": plan.get("cached", 0)}}})
        self.wfile.write(b"data: [DONE]\n\n")

    def send(self, event):
        self.wfile.write(b"data: " + json.dumps(event).encode() + b"\n\n")
        self.wfile.flush()


class Ocsd:
    def __init__(self, folder):
        self.folder = folder
        self.address = "127.0.0.1:0"
        self.start()

    def start(self):
        ready = os.path.join(self.folder, "ready")
        self.process = subprocess.Popen(
            [ARGS.ocsd, "--listen-address", self.address, "--metrics-address", "",
             "--data-folder", os.path.join(self.folder, "store"), "--ready-file", ready],
            stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if "serving on" in line:
                break
        with open(ready) as file:
            self.address = file.readline().split(": ")[1].strip()
        threading.Thread(target=self.process.stderr.read, daemon=True).start()

    def kill_and_restart(self):
        self.process.kill()
        self.process.wait()
        self.start()


class World:
    def __init__(self, ocsd):
        self.ocsd = ocsd
        self.channel = grpc.insecure_channel(ocsd.address, [
            ("grpc.initial_reconnect_backoff_ms", 50), ("grpc.max_reconnect_backoff_ms", 200)])
        self.accounts = account_pb2_grpc.AccountsStub(self.channel)
        self.records_stub = cdr_pb2_grpc.RecordsStub(self.channel)
        self.pushes = push_pb2_grpc.PushesStub(self.channel)
        self.asked = {}
        self.ids = {}
        with open(ARGS.catalogue) as file:
            catalog_pb2_grpc.CatalogueStub(self.channel).PublishCatalogue(
                catalog_pb2.PublishCatalogueRequest(change=self.change("publish"),
                                                    text=file.read(), file_name="operators.yaml"))

    @staticmethod
    def change(key):
        return types.Change(idempotency_key=key, actor="test", reason="gateway example")

    def open_account(self, key, micros):
        create = account_pb2.CreateAccountRequest(change=self.change("create " + key),
                                                  currency="CNY")
        create.subscription_id.add(
            subscription_id_type=types.END_USER_PRIVATE,
            subscription_id_data=hashlib.sha256(key.encode()).hexdigest())
        account = self.accounts.CreateAccount(create).account_id
        self.accounts.TopUp(account_pb2.TopUpRequest(
            change=self.change("money " + key), account_id=account, amount_micros=micros,
            currency="CNY"))
        self.accounts.PurchaseOffer(account_pb2.PurchaseOfferRequest(
            change=self.change("offer " + key), account_id=account, offer_id="sh-pay-per-use"))
        self.ids[key] = account

    def demand(self, key, abort):
        """Demands something of the customer's open sessions; keeps of how many."""
        kind = push_pb2.AbortSessionsRequest if abort else push_pb2.ReauthoriseSessionsRequest
        call = self.pushes.AbortSessions if abort else self.pushes.ReauthoriseSessions
        request = kind(change=self.change("demand " + key), account_id=self.ids[key])
        self.asked[key] = call(request).asked

    def account(self, key):
        request = account_pb2.GetAccountRequest(account_id=self.ids[key])
        try:
            return self.accounts.GetAccount(request, wait_for_ready=True).account
        except grpc.RpcError as error:  # The connection was that to the server that was killed.
            if error.code() != grpc.StatusCode.UNAVAILABLE:
                raise
            return self.accounts.GetAccount(request, wait_for_ready=True).account

    def used(self, key):
        """What the records of an account add up to: tokens by kind, micros, and whether any of
        them is marked as estimated."""
        tokens, micros, estimated, count = {}, 0, False, 0
        for batch in self.records_stub.StreamRecords(cdr_pb2.StreamRecordsRequest(),
                                                     wait_for_ready=True):
            for record in batch.record:
                if record.account_id != self.ids[key] or not record.line:
                    continue
                count += 1
                estimated = estimated or record.estimated
                for line in record.line:
                    name = types.TokenKind.Name(line.token_kind)
                    tokens[name] = tokens.get(name, 0) + line.quantity
                    micros += line.amount
        return tokens, micros, estimated, count

    def check_settled(self, key, paid_in):
        """Nothing is held, no session is open, money in = money charged + money left."""
        account = self.account(key)
        money = sum(bucket.available for bucket in account.bucket)
        check(not account.session, f"{key}: a session is open")
        check(sum(bucket.held for bucket in account.bucket) == 0, f"{key}: something is held")
        check(money == paid_in - self.used(key)[1], f"{key}: {money} micros are left")
        check(money >= 0, f"{key}: below zero: {money}")


def call(gateway, key, read_chunks=None, **more):
    """Status, the text that arrived, and why it ended. Reads `read_chunks` events, then goes."""
    connection = http.client.HTTPConnection(gateway, timeout=60)
    body = {"model": MODEL, "stream": True, "messages": [{"role": "user", "content": "x" * 300}]}
    connection.request("POST", "/v1/chat/completions", json.dumps({**body, **more}),
                       {"Authorization": "Bearer " + key})
    response = connection.getresponse()
    if response.status != 200:
        return response.status, json.loads(response.read())["error"]["type"], None
    words, reason = 0, None
    for line in response:
        if not line.startswith(b"data: {"):
            continue
        choice = (json.loads(line[6:]).get("choices") or [{}])[0]
        words += 1 if choice.get("delta", {}).get("content") else 0
        if words == 50:
            ModelServer.arrived.set()
        reason = choice.get("finish_reason") or reason
        if words == read_chunks:
            break
    connection.close()
    return 200, words, reason


def run(world, gateway, await_settled):
    def plan(**what):
        ModelServer.plan = {"tokens": 200, "prompt": 90, **what}
        ModelServer.arrived.clear()

    for key in ("usage", "no-usage", "failing", "breaking", "leaving", "killed", "asked",
                "aborted"):
        world.open_account(key, 1_000_000)
    world.open_account("poor", 1_500)

    plan(cached=40)
    check(call(gateway, "usage") == (200, 200, "stop"), "a call with usage")
    await_settled("usage")
    tokens, _, estimated, count = world.used("usage")
    check(tokens == {"INPUT": 50, "CACHE_READ": 40, "OUTPUT": 200}, f"usage: {tokens}")
    check(not estimated, "the provider's usage is no estimate")
    check(count >= 3, f"only {count} records: no slice was topped up")

    plan(usage=False)
    check(call(gateway, "no-usage") == (200, 200, "stop"), "a call without usage")
    await_settled("no-usage")
    tokens, _, estimated, _ = world.used("no-usage")
    check(tokens["OUTPUT"] == 200 and tokens["INPUT"] >= 90, f"no usage: {tokens}")
    check(estimated, "an own count is an estimate")

    plan(status=500)
    check(call(gateway, "failing")[:2] == (502, "upstream_failed"), "a failed call")
    plan(break_at=0)
    check(call(gateway, "failing")[1] == 0, "a call that broke before its first token")
    await_settled("failing")
    check(world.used("failing")[0] == {}, "a call that failed is not charged")

    plan(break_at=37)
    check(call(gateway, "breaking")[1] == 37, "a call that broke off")
    await_settled("breaking")
    tokens, _, estimated, _ = world.used("breaking")
    check(tokens["OUTPUT"] == 37 and estimated, f"broken off: {tokens}")

    plan(tokens=100_000)
    check(call(gateway, "leaving", read_chunks=20)[1] == 20, "a client that leaves")
    await_settled("leaving")
    tokens, _, estimated, _ = world.used("leaving")
    check(20 <= tokens["OUTPUT"] < 100_000 and estimated, f"left: {tokens}")

    plan(tokens=5_000)
    ModelServer.asked.clear()
    status, words, reason = call(gateway, "poor")
    check(status == 200 and words < 5_000 and reason in ("length", "stop"), "a poor customer")
    await_settled("poor")
    world.check_settled("poor", 1_500)
    check(world.used("poor")[0]["OUTPUT"] == words, f"{words} words for the poor customer")
    status, kind, _ = call(gateway, "poor")
    while status == 200:  # What was left is less than a slice: the model is asked for no more.
        check(ModelServer.asked[-1]["max_tokens"] <= 64, "max_tokens is clamped")
        status, kind, _ = call(gateway, "poor")
    check((status, kind) == (402, "insufficient_quota"), f"no money: {status} {kind}")
    check(call(gateway, "stranger")[:2] == (402, "insufficient_quota"), "an unknown key")

    plan(tokens=150, meanwhile_at=5, meanwhile=lambda: world.demand("asked", abort=False))
    done = call(gateway, "asked")
    check(done == (200, 150, "stop"), f"a call that is re-authorised: {done}")
    await_settled("asked")
    check(world.asked["asked"] == 1, "one session was to be re-authorised")
    check(world.used("asked")[0] == {"INPUT": 90, "OUTPUT": 150}, "charged as without")

    def abort_when_read():
        """The model is faster than the gateway: what it has written has not arrived yet."""
        ModelServer.arrived.wait(30)
        world.demand("aborted", abort=True)

    plan(tokens=100_000, meanwhile_at=50, meanwhile=abort_when_read)
    status, words, reason = call(gateway, "aborted")
    check(status == 200 and 50 <= words < 100_000 and reason == "length",
          f"a call is aborted: {status} {words} {reason}")
    await_settled("aborted")
    check(world.asked["aborted"] == 1, "one session was to be aborted")
    check(world.used("aborted")[0]["OUTPUT"] == words, "charged what was written")

    plan(tokens=500, meanwhile_at=120, meanwhile=world.ocsd.kill_and_restart)
    check(call(gateway, "killed") == (200, 500, "stop"), "a call over a killed server")
    await_settled("killed")
    tokens, _, _, _ = world.used("killed")
    check(tokens == {"INPUT": 90, "OUTPUT": 500}, f"killed: {tokens}")
    for key in ("usage", "no-usage", "failing", "breaking", "leaving", "killed", "asked",
                "aborted"):
        world.check_settled(key, 1_000_000)


def main():
    model_server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), ModelServer)
    threading.Thread(target=model_server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        ocsd = Ocsd(folder)
        gateway = None
        try:
            world = World(ocsd)
            gateway = subprocess.Popen(
                ["/usr/bin/python3", ARGS.gateway, "--ocs", ocsd.address,
                 "--upstream", f"127.0.0.1:{model_server.server_address[1]}",
                 "--listen", "127.0.0.1:0"],
                env={**os.environ, "PYTHONPATH": STUBS.name}, stdout=subprocess.PIPE, text=True)
            address = gateway.stdout.readline().split()[-1]

            def await_settled(key):
                # The gateway commits after the client has its answer: the next record tells.
                pause = threading.Event()
                for _ in range(600):
                    if not world.account(key).session:
                        return
                    pause.wait(0.05)
                check(False, f"{key}: its session stays open")

            run(world, address, await_settled)
            gateway.terminate()
            check(gateway.wait(60) == 0, "the gateway ends in order")
            ocsd.process.terminate()
            check(ocsd.process.wait(60) == 0, "ocsd ends in order")
        finally:
            for process in (gateway, ocsd.process):
                if process is not None and process.poll() is None:
                    process.kill()
    print("gateway_example_test: nine customers were charged what was streamed")


if __name__ == "__main__":
    main()
