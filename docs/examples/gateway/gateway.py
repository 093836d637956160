"""An AI gateway that charges streamed OpenAI-style chat completions. See README.md beside it."""

import argparse
import concurrent.futures
import hashlib
import http.client
import http.server
import json
import random
import signal
import threading
import time
import uuid

import grpc
from google.rpc import error_details_pb2, status_pb2
from ocs.charging.v1 import charging_pb2 as wire
from ocs.charging.v1 import charging_pb2_grpc
from ocs.push.v1 import push_pb2 as pushes
from ocs.push.v1 import push_pb2_grpc
from ocs.type.v1 import type_pb2 as types

SLICE_TOKENS = 64          # Output tokens that are reserved at a time.
THRESHOLD = 0.5            # Of a slice: when so much is left, the next is asked for.
ATTEMPT_SECONDS = 2.0      # Of one try.
BUDGET_SECONDS = 20.0      # Of all tries of one request.
BACKOFF_FIRST, BACKOFF_MOST = 0.05, 2.0
UPSTREAM_SECONDS = 60
ORIGIN_HOST = f"gateway-{uuid.uuid4()}.example"  # Where the server finds this gateway's sessions.
LISTEN_AGAIN_SECONDS = 0.5
REPEATABLE = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED,
              grpc.StatusCode.CANCELLED, grpc.StatusCode.UNKNOWN)


def wait_asked_for(error):
    """Seconds of the RetryInfo in an error's details, or None."""
    for key, value in error.trailing_metadata() or ():
        if key != "grpc-status-details-bin":
            continue
        for detail in status_pb2.Status.FromString(value).details:
            info = error_details_pb2.RetryInfo()
            if detail.Unpack(info):
                return info.retry_delay.seconds + info.retry_delay.nanos / 1e9
    return None


def ask(stub, request):
    """Sends the same request until it is answered. Raises the last error when nobody answers."""
    until = time.monotonic() + BUDGET_SECONDS
    base = BACKOFF_FIRST
    while True:
        try:
            left = max(until - time.monotonic(), 0.001)
            return stub.CreditControl(request, timeout=min(ATTEMPT_SECONDS, left))
        except grpc.RpcError as error:
            asked = wait_asked_for(error)
            busy = error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED and asked is not None
            wait = max(base / 2, asked or 0) + random.random() * base / 2
            if not (busy or error.code() in REPEATABLE) or time.monotonic() + wait >= until:
                raise
            base = min(base * 2, BACKOFF_MOST)
            time.sleep(wait)


class Refused(Exception):
    """The balance does not cover the call, or the customer is unknown."""


class Listener:
    """Hears what the server demands of open sessions, and tells their calls."""

    def __init__(self, stub):
        self.stub = stub
        self.calls = {}  # By session id: from before its first request until after its last.
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            try:
                for batch in self.stub.StreamPushes(
                        pushes.StreamPushesRequest(origin_host=ORIGIN_HOST), wait_for_ready=True):
                    for push in batch.push:
                        self.hear(push)
            except grpc.RpcError:
                time.sleep(LISTEN_AGAIN_SECONDS)  # What is pending comes again.

    def hear(self, push):
        call = self.calls.get(push.session_id)
        code = 5002
        if call is not None:
            code = 2002
            call.aborted = call.aborted or push.kind == pushes.ABORT
            call.demanded = True
        self.stub.AnswerPush(pushes.AnswerPushRequest(
            demand_id=push.demand_id, session_id=push.session_id, result_code=code),
            timeout=ATTEMPT_SECONDS)


class ChargedCall:
    """The charging session of one model call."""

    def __init__(self, stub, customer, model, listener):
        self.listener = listener
        self.demanded = False  # The server wants an update now, whatever is left of the slice.
        self.aborted = False   # The server wants the call to end.
        self.stub = stub
        self.customer = customer
        self.model = model
        self.session = f"gateway;{uuid.uuid4()}"
        self.number = 0
        self.prompt_tokens = 0
        self.granted = 0     # Output tokens of the whole call that may be written.
        self.reported = 0    # Output tokens that the server knows of.
        self.last = False    # No more will be granted.

    def request(self, kind, used=(), wanted=(), estimated=False):
        request = wire.CreditControlRequest(
            session_id=self.session, cc_request_type=kind, cc_request_number=self.number,
            service_context_id="ai-tokens.v1@gateway.example", origin_host=ORIGIN_HOST)
        self.number += 1
        request.subscription_id.subscription_id_type = types.END_USER_PRIVATE
        request.subscription_id.subscription_id_data = self.customer
        service = request.multiple_services_credit_control.add(rating_group=1, model=self.model)
        used = [(token_kind, count) for token_kind, count in used if count > 0]
        if used:
            unit = service.used_service_unit.add(estimated=estimated)
            for token_kind, count in used:
                unit.token_quantity.add(token_kind=token_kind, quantity=count)
        for token_kind, count in wanted:
            service.requested_service_unit.token_quantity.add(token_kind=token_kind, quantity=count)
        return request

    def take_grant(self, answer, written):
        code = answer.result_code
        services = answer.multiple_services_credit_control
        if code == wire.DIAMETER_SUCCESS and services:
            code = services[0].result_code
        if code != wire.DIAMETER_SUCCESS:
            self.last = True
            raise Refused(f"{wire.ResultCode.Name(code)} {answer.error_message}".strip())
        output = sum(unit.quantity for unit in services[0].granted_service_unit.token_quantity
                     if unit.token_kind == types.OUTPUT)
        self.granted = written + output
        self.last = services[0].HasField("final_unit_indication") or output == 0

    def reserve(self, prompt_tokens):
        self.prompt_tokens = prompt_tokens
        request = self.request(wire.INITIAL_REQUEST, wanted=self.wanted())
        self.listener.calls[self.session] = self
        try:
            self.take_grant(ask(self.stub, request), 0)
        except Refused:
            self.listener.calls.pop(self.session, None)
            raise

    def wanted(self):
        """A grant replaces the one before it, so the prompt is asked for until it is reported."""
        return [(types.INPUT, self.prompt_tokens), (types.OUTPUT, SLICE_TOKENS)]

    def top_up(self, written):
        """Reports what was written since the last report, and asks for the next slice."""
        request = self.request(wire.UPDATE_REQUEST, [(types.OUTPUT, written - self.reported)],
                               self.wanted())
        answer = ask(self.stub, request)
        self.reported = written
        try:
            self.take_grant(answer, written)
        except Refused:
            self.granted = written  # The answer has replaced the grant before it by none.

    def commit(self, input_tokens, cached_tokens, output_tokens, estimated):
        used = [(types.INPUT, input_tokens - cached_tokens), (types.CACHE_READ, cached_tokens),
                (types.OUTPUT, output_tokens - self.reported)]
        ask(self.stub, self.request(wire.TERMINATION_REQUEST, used, estimated=estimated))
        self.listener.calls.pop(self.session, None)

    def release(self):
        ask(self.stub, self.request(wire.TERMINATION_REQUEST))
        self.listener.calls.pop(self.session, None)


def rough_tokens(body):
    """A count that errs upwards; a real gateway asks the model's tokenizer."""
    text = sum(len(str(message.get("content", "")).encode()) for message in body["messages"])
    return text // 3 + 4 * len(body["messages"])


class Upstream:
    """One streamed call to the model server."""

    def __init__(self, address, body):
        self.connection = http.client.HTTPConnection(address, timeout=UPSTREAM_SECONDS)
        self.connection.request("POST", "/v1/chat/completions", json.dumps(body),
                                {"Content-Type": "application/json"})
        self.response = self.connection.getresponse()
        self.broken = False

    def events(self):
        """The data of each event, until [DONE]. Sets `broken` when the stream ends before it."""
        self.broken = True
        try:
            for line in self.response:
                if line.startswith(b"data: "):
                    data = line[len(b"data: "):].strip()
                    if data == b"[DONE]":
                        self.broken = False
                        return
                    yield json.loads(data)
        except (OSError, http.client.HTTPException, ValueError):
            return

    def close(self):
        self.connection.close()


class Stream:
    """Passes one answer on to the client and keeps the charging session a step ahead of it."""

    def __init__(self, call, upstream, send, workers):
        self.call, self.upstream, self.send, self.workers = call, upstream, send, workers
        self.written = 0
        self.usage = None
        self.cut = False
        self.waiting = None  # The top-up that is under way.

    def may_write(self):
        """Whether one more token may go out. Waits for a top-up only when the slice is used up."""
        if self.call.aborted:
            return False
        left = self.call.granted - self.written
        wants = not self.call.last and left <= SLICE_TOKENS * THRESHOLD
        if self.waiting is None and (wants or self.call.demanded):
            self.call.demanded = False
            self.waiting = self.workers.submit(self.call.top_up, self.written)
        if self.waiting is not None and (self.waiting.done() or left <= 0):
            self.waiting.result()
            self.waiting = None
        return self.call.granted > self.written

    def run(self):
        for event in self.upstream.events():
            if event.get("usage"):
                self.usage = event["usage"]
            choices = event.get("choices") or [{}]
            if (choices[0].get("delta") or {}).get("content"):
                if not self.may_write():
                    self.cut = True
                    choices[0].update(delta={}, finish_reason="length")
                    self.send(event)
                    return
                self.written += 1
            self.send(event)

    def settle(self, prompt_tokens):
        if self.waiting is not None:
            self.waiting.result()
        if self.usage is not None and not self.cut:
            details = self.usage.get("prompt_tokens_details") or {}
            self.call.commit(self.usage["prompt_tokens"], details.get("cached_tokens", 0),
                             self.usage["completion_tokens"], estimated=False)
        elif self.written == 0 and self.upstream.broken and not self.cut:
            self.call.release()
        else:
            self.call.commit(prompt_tokens, 0, self.written, estimated=True)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *unused):
        pass  # Keys and prompts stay out of logs.

    def refuse(self, status, kind, message):
        text = json.dumps({"error": {"type": kind, "message": message}}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def send_chunk(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def send_event(self, event):
        self.send_chunk(b"data: " + json.dumps(event).encode() + b"\n\n")

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", "0"))))
        key = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if not key or not body.get("stream"):
            return self.refuse(400, "invalid_request", "a bearer key and stream: true are expected")
        customer = hashlib.sha256(key.encode()).hexdigest()
        call = ChargedCall(self.server.charging, customer, body["model"], self.server.listener)
        prompt_tokens = rough_tokens(body)
        try:
            call.reserve(prompt_tokens)
        except Refused as why:
            return self.refuse(402, "insufficient_quota", str(why))
        except grpc.RpcError as error:  # Fail closed: nobody has agreed to pay.
            return self.refuse(503, "charging_unavailable", error.code().name)
        if call.last:  # There is no more than this: the model need not write what is cut off.
            body["max_tokens"] = min(body.get("max_tokens", call.granted), call.granted)
        body["stream_options"] = {"include_usage": True}
        self.pass_on(call, body, prompt_tokens)

    def pass_on(self, call, body, prompt_tokens):
        try:
            upstream = Upstream(self.server.upstream, body)
        except (OSError, http.client.HTTPException):
            call.release()
            return self.refuse(502, "upstream_failed", "the model server does not answer")
        if upstream.response.status != 200:
            upstream.close()
            call.release()
            return self.refuse(502, "upstream_failed", f"status {upstream.response.status}")
        stream = Stream(call, upstream, self.send_event, self.server.workers)
        try:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            stream.run()
            self.send_chunk(b"data: [DONE]\n\n")
            self.wfile.write(b"0\r\n\r\n")
        except OSError:
            self.close_connection = True  # The client has gone; what was written is charged.
        finally:
            upstream.close()
            stream.settle(prompt_tokens)


def host_and_port(text):
    host, _, port = text.rpartition(":")
    return host, int(port)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ocs", default="127.0.0.1:7070", help="address of ocsd")
    parser.add_argument("--upstream", default="127.0.0.1:8000", help="address of the model server")
    parser.add_argument("--listen", default="127.0.0.1:8080", help="where customers call")
    arguments = parser.parse_args()
    server = http.server.ThreadingHTTPServer(host_and_port(arguments.listen), Handler)
    server.daemon_threads = False  # Its end waits for the calls that are under way.
    # A restarted server is found soon.
    options = [("grpc.initial_reconnect_backoff_ms", 50), ("grpc.min_reconnect_backoff_ms", 50),
               ("grpc.max_reconnect_backoff_ms", 500)]
    channel = grpc.insecure_channel(arguments.ocs, options)
    server.charging = charging_pb2_grpc.ChargingStub(channel)
    server.listener = Listener(push_pb2_grpc.PushesStub(channel))
    server.upstream = arguments.upstream
    server.workers = concurrent.futures.ThreadPoolExecutor(max_workers=16)
    print(f"listening on {server.server_address[0]}:{server.server_address[1]}", flush=True)
    for number in (signal.SIGINT, signal.SIGTERM):
        # shutdown() waits for serve_forever(), which this very thread runs.
        signal.signal(number, lambda *unused: threading.Thread(target=server.shutdown).start())
    server.serve_forever()
    server.server_close()


if __name__ == "__main__":
    main()
