#!/usr/bin/env python3
"""An operator's day by hand: ocsctl against a real ocsd on a free port, then ocs-inspect on what it
left. Every step's exit code and output is checked.

  ocsctl_e2e.py OCSD OCSCTL OCS-INSPECT CATALOGUE
"""

import datetime
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading

WAIT_SECONDS = 30


class Failed(Exception):
    pass


def expect(condition, what):
    if not condition:
        raise Failed(what)


class Server:
    """ocsd in a folder of its own; the address that it took stands in the ready file."""

    def __init__(self, program, folder, *more):
        ready = os.path.join(folder, "ready")
        self.process = subprocess.Popen(
            [program, "--listen-address", "127.0.0.1:0", "--metrics-address", "",
             "--data-folder", os.path.join(folder, "data"), "--ready-file", ready, *more],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        # It says when it serves; a server that ends instead ends its log too.
        log = []
        for line in self.process.stdout:
            log.append(line)
            if "serving on" in line:
                break
        # From here on somebody must read the log, or the server would wait for it.
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        if not os.path.exists(ready):
            self.process.kill()
            raise Failed("the server does not start: " + "".join(log))
        with open(ready, encoding="utf-8") as file:
            words = file.read().split()
        self.address = words[words.index("listen_address:") + 1]

    def stop(self):
        self.process.terminate()
        return self.process.wait(WAIT_SECONDS)


class Ctl:
    def __init__(self, program, address):
        self.command = [program, "--server", address]

    def run(self, *words, code=0):
        done = subprocess.run(self.command + list(words), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=WAIT_SECONDS, check=False)
        shown = " ".join(words)
        expect(done.returncode == code, f"ocsctl {shown}: exit code {done.returncode}, expected "
               f"{code}\n{done.stdout}{done.stderr}")
        return done

    def text(self, *words, code=0):
        return self.run(*words, code=code).stdout

    def json(self, *words, code=0):
        return json.loads(self.text("--json", *words, code=code))


def sell(ctl, catalogue):
    """A catalogue is published; a customer gets an account, money and a package."""
    health = ctl.json("status")
    expect(health["health"] == "SERVING" and health["revision_count"] == 0, f"status: {health}")
    expect("no faults" in ctl.text("catalogue", "check", catalogue), "a good catalogue has faults")
    expect(ctl.json("catalogue", "publish", catalogue, "--key", "p-1")["revision"] == 1, "revision")
    again = ctl.json("catalogue", "publish", catalogue, "--key", "p-1")
    expect(again["revision"] == 1, "a repeat published again")
    with open(catalogue, encoding="utf-8") as file:
        expect(ctl.text("catalogue", "show", "1") == file.read(), "the text came back changed")
    expect("operators" in ctl.text("catalogue", "list"), "the list lacks the revision")

    created = ctl.run("account", "create", "--currency", "CNY", "--identity",
                      "msisdn:8613800138000", "--json")
    expect("(repeat the change with --key)" in created.stderr, "the key was not told")
    account = json.loads(created.stdout)["account_id"]
    ctl.run("account", "topup", "msisdn:8613800138000", "20", "--key", "t-1")
    topped = ctl.json("account", "topup", account, "20", "--key", "t-1")
    expect(topped["available_micros"] == "20000000", f"topped up twice: {topped}")
    refused = ctl.run("account", "topup", account, "21", "--key", "t-1", code=1)
    expect("field amount_micros" in refused.stderr, f"the field is not named: {refused.stderr}")
    ctl.run("account", "add-identity", account, "customer:C-1")
    ctl.run("account", "remove-identity", account, "customer:C-1")
    ctl.run("account", "show", "customer:C-1", code=1)
    bought = ctl.json("account", "buy", account, "ct-personal-light")
    expect(bought["fee_micros"] == "9900000", f"fee: {bought}")
    ctl.run("account", "buy", account, "ct-personal-premium", code=1)  # More than is left.
    return account


def charge(ctl, account):
    """One call of a model, an event, a refund, enquiries, and what must be refused."""
    model = ["--model", "deepseek-v3.2"]
    price = ctl.text("charge", "price", account, *model, "--input", "1000", "--output", "500")
    expect("6,666" in price, f"calls affordable: {price}")
    ctl.run("charge", "balance", account, *model, "--input", "1000")
    initial = ctl.json("charge", "initial", account, "--session", "s-1", *model, "--input", "1000",
                       "--output", "500")
    service = initial["multiple_services_credit_control"][0]
    granted = [(q["token_kind"], q["quantity"])
               for q in service["granted_service_unit"]["token_quantity"]]
    expect(granted == [("INPUT", "1000"), ("OUTPUT", "500")], f"granted: {granted}")
    ctl.run("charge", "update", account, "--session", "s-1", "--number", "1", "--input", "1000",
            "--output", "400", "--next-output", "300")
    ended = ctl.json("charge", "terminate", account, "--session", "s-1", "--number", "2",
                     "--output", "123")
    expect(ended["multiple_services_credit_control"][0]["drawn"] == "123", f"drawn: {ended}")
    unknown = ctl.text("charge", "terminate", account, "--session", "s-1", "--number", "3", code=1)
    expect("DIAMETER_UNKNOWN_SESSION_ID (5002)" in unknown, unknown)
    debit = ctl.json("charge", "debit", account, *model, "--input", "10", "--cache-read", "20",
                     "--session", "e-1")
    ctl.run("charge", "refund", account, "--refund-information", debit["refund_information"],
            "--session", "r-1")
    twice = ctl.text("charge", "refund", account, "--refund-information",
                     debit["refund_information"], "--session", "r-2", code=1)
    expect("was refunded before" in twice, twice)

    shown = ctl.text("account", "show", account)
    expect("9,998,477 token" in shown, f"1,523 tokens are not gone: {shown}")
    expect("138000" not in shown, "an identity was shown without being asked for")
    expect("msisdn:8613800138000" in ctl.text("account", "show", account, "--identities"),
           "the identity was not shown")
    expect("subscription_id" in json.dumps(ctl.json("account", "show", account)), "field names")
    covers = ctl.text("account", "covers", account, "--model", "deepseek-v3.2")
    expect("9,998,477 token" in covers and "ct-personal-light" in covers
           and "any token: 1" in covers, covers)
    expect(len(ctl.json("account", "covers", account)["bucket"]) == 2, "coverage: two buckets")
    ctl.run("account", "covers", account, "--model", "nobody-sells-this", code=1)
    history = ctl.text("account", "history", account, "--items-max", "3")
    expect("older entries follow: --before" in history, history)
    why = ctl.text("account", "explain", account)
    expect("400 output tokens of deepseek-v3.2 drawn 1:1 from bucket 2" in why, why)


def settle(ctl, account, folder):
    """The bill, and every record exactly once."""
    day = datetime.datetime.now(datetime.timezone.utc).date()
    cycle = ["--from", str(day - datetime.timedelta(days=1)), "--until",
             str(day + datetime.timedelta(days=2)), "--carried-in", "CNY=1234"]
    bill = ctl.json("bill", "show", account, *cycle)["bill"]
    money = bill["currency_bill"][0]
    expect(money["payable_fen"] == "990" and money["carried_out_micros"] == "1234", f"{money}")
    text = ctl.text("bill", "show", account, *cycle)
    for part in ("CT-P-LIGHT", "9.90 CNY", "covered by packages", "0.001234 CNY"):
        expect(part in text, f"the bill lacks '{part}': {text}")
    expect("--month" in ctl.run("bill", "show", account, code=2).stderr, "usage of bill show")

    first = os.path.join(folder, "first.csv")
    export = ["cdr", "export", "--consumer", "finance"]
    totals = ctl.text(*export, "--out", first)
    expect("records 5" in totals and "0 missing" in totals, totals)
    with open(first, encoding="utf-8") as file:
        expect(len({line.split(",")[1] for line in file.readlines()[1:]}) == 5, "five records")
    ctl.run(*export, "--out", first, code=2)  # Files are never replaced.
    none = os.path.join(folder, "none.csv")
    expect("no new records" in ctl.text(*export, "--out", none), "records came twice")
    expect(not os.path.exists(none), "an empty file was left behind")
    ctl.run("charge", "debit", account, "--model", "deepseek-v3.2", "--input", "7")
    second = os.path.join(folder, "second.jsonl")
    written = ctl.json(*export, "--format", "jsonl", "--out", second)
    expect(written == {"file": second, "records": "1", "lines": "1"}, f"{written}")
    expect(ctl.json(*export, "--out", none)["file"] == "", "nothing to write")
    with open(second, encoding="utf-8") as file:
        record = json.loads(file.read())
    expect(record["lines"][0]["quantity"] == 7, f"{record}")
    expect("finance" in ctl.text("cdr", "consumers"), "the consumer is not listed")
    everything = ctl.text("cdr", "stream", "--format", "jsonl")
    expect(len(everything.splitlines()) == 6, "the stream lacks records")
    expect("Charged: 9.90 CNY." in ctl.text("cdr", "stream", "--format", "text"), "in words")
    position = json.loads(everything.splitlines()[0])["record_id"].split(".", 1)[1]
    ctl.run("cdr", "acknowledge", "--consumer", "audit", "--shard", "0", "--position", position)
    rest = ctl.text("cdr", "stream", "--consumer", "audit", "--format", "jsonl")
    expect(len(rest.splitlines()) == 5, "the stream does not start behind what was acknowledged")


def deliver(program, ctl, folder):
    """Numbered files in every format, whole by their own proof; each kind of fault is told."""
    def verify(where, *words, code=0):
        done = subprocess.run([program, "cdr", "verify", where, *words], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=WAIT_SECONDS, check=False)
        expect(done.returncode == code, f"verify {words}: {done.returncode}\n{done.stdout}"
               f"{done.stderr}")
        return done.stdout

    def files(where):
        return sorted(name for name in os.listdir(where)
                      if not name.startswith(".") and not name.endswith(".manifest"))

    total = len(ctl.text("cdr", "stream", "--format", "jsonl").splitlines())
    expect(total >= 6, "records to deliver")
    for encoding in ("csv", "jsonl", "ber", "focus"):
        where = os.path.join(folder, encoding)
        os.mkdir(where)
        export = ["cdr", "export", "--consumer", "to-" + encoding, "--folder", where, "--format",
                  encoding, "--node", "ocs01", "--records-max", "2", "--issuer", "Operator"]
        done = ctl.json(*export)
        expect(done["records"] == str(total) and int(done["files"]) == (total + 1) // 2, f"{done}")
        expect("verdict: OK" in verify(where, "--head", done["head"]), "verdict")
        expect("no new records" in ctl.text(*export), "records came twice")
        expect(files(where)[0].startswith("ocs01_-_0000001."), f"{files(where)}")
        other = [word.replace("ocs01", "ocs02") for word in export]
        expect("use another folder" in ctl.run(*other, code=2).stderr, "another node's folder")

    ber = os.path.join(folder, "ber")
    printed = ctl.text("cdr", "print", os.path.join(ber, files(ber)[0]), "--format", "jsonl")
    expected = ctl.text("cdr", "stream", "--format", "jsonl").splitlines()[:2]
    expect(printed.splitlines() == expected, f"the BER file says {printed}, not {expected}")
    # A run that was killed before it acknowledged: the folder knows what it has.
    again = ctl.json("cdr", "export", "--consumer", "other-name", "--folder", ber, "--format",
                     "ber", "--node", "ocs01")
    expect(again["records"] == "0", f"records were doubled: {again}")
    ctl.run("charge", "debit", "msisdn:8613800138000", "--model", "deepseek-v3.2", "--input", "9")
    more = ctl.json("cdr", "export", "--consumer", "to-ber", "--folder", ber, "--format", "ber",
                    "--node", "ocs01", "--gzip")
    expect(more["records"] == "1" and more["last_file"].endswith(".ber.gz"), f"{more}")
    verify(ber)

    lines = os.path.join(folder, "jsonl")
    first, second = (os.path.join(lines, name) for name in files(lines)[:2])
    with open(first, encoding="utf-8") as file:
        records = file.readlines()
    for kind, text in (("record_missing", records[1:]), ("record_doubled", records + records[:1]),
                       ("record_reordered", records[::-1]),
                       ("record_altered", [records[0].replace('"type":"', '"type":"x')] +
                        records[1:])):
        with open(first, "w", encoding="utf-8") as file:
            file.writelines(text)
        expect(f"{kind}: {os.path.basename(first)}: " in verify(lines, code=1), kind)
    with open(first, "w", encoding="utf-8") as file:
        file.writelines(records)
    shutil.copy(second, os.path.join(lines, "copy.jsonl"))
    expect("file_doubled: copy.jsonl: is a copy of " in verify(lines, code=1), "a doubled file")
    os.remove(os.path.join(lines, "copy.jsonl"))
    os.remove(second)
    expect("file_missing: " in verify(lines, code=1), "a missing file")
    verify(os.path.join(folder, "not-there"), code=2)
    verify(lines, "--head", "short", code=2)
    ctl.run("cdr", "export", "--consumer", "x", "--format", "ber", "--out", "x.ber", code=2)
    ctl.run("cdr", "export", "--consumer", "x", code=2)


def bill_all(ctl, account, folder):
    """Bills of all accounts, from the server and from files, then the proof that all agree."""
    bills, offline, files = (os.path.join(folder, name) for name in ("bills", "offline", "settled"))
    for path in (bills, offline, files):
        os.mkdir(path)
    ctl.run("cdr", "export", "--consumer", "settled", "--folder", files, "--format", "ber")
    # The last whole second: what came within this one is for the next cycle.
    until = datetime.datetime.now(datetime.timezone.utc)
    cycle = ["--cycle", "trial", "--from", "2020-01-01", "--until", until.isoformat()[:19] + "Z"]
    time = [*cycle, "--settle-seconds", "0"]
    draft = ctl.json("bill", "run", *time, "--folder", bills)
    expect(draft["result"] == "draft" and int(draft["bills"]) > 0, f"draft: {draft}")
    other = ctl.json("bill", "run", *time, "--folder", offline, "--from-files", files)
    expect(other["hash"] == draft["hash"], "bills from files are not those from the server")
    final = ctl.json("bill", "run", *time, "--folder", bills, "--final")
    expect(final["result"] == "final" and final["sums"] == draft["sums"], f"final: {final}")
    again = ctl.json("bill", "run", *time, "--folder", bills, "--final")
    expect(again["result"] == "final already, verified", f"verified: {again}")
    proof = ctl.text("settlement", "check", *cycle, "--bills", bills, "--files", files)
    expect("verdict: OK" in proof and "entries of the ledger" in proof, f"check: {proof}")
    ledger_only = ctl.text("settlement", "check", *cycle)
    expect("verdict: OK" in ledger_only, f"check: {ledger_only}")
    month = ["--month", datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m")]
    expect("items" in ctl.json("settlement", "vendors", *month), "vendors")
    expect("items" in ctl.json("settlement", "margin", *month), "margin")
    page = os.path.join(folder, "bill.html")
    ctl.run("bill", "show", account, *month, "--html", page, "--language", "zh")
    with open(page, encoding="utf-8") as shown:
        text = shown.read()
    filed = os.path.join(folder, "filed.html")
    ctl.run("bill", "page", "--folder", bills, "--cycle", "trial", "--document", "trial-00000001",
            "--html", filed, "--language", "zh")
    with open(filed, encoding="utf-8") as shown:
        expect("trial-00000001" in shown.read(), "a final bill as a page")
    ctl.run("bill", "page", "--folder", bills, "--cycle", "trial", "--document", "trial-99999999",
            "--html", filed, code=2)
    if shutil.which("weasyprint"):
        pdf = os.path.join(folder, "bill.pdf")
        ctl.run("bill", "page", "--folder", bills, "--cycle", "trial", "--document",
                "trial-00000001", "--pdf", pdf, "--language", "zh")
        with open(pdf, "rb") as shown:
            expect(shown.read(5) == b"%PDF-", "a PDF")
    expect("<svg" in text and "CT-P-LIGHT" in text and "应付金额" in text, f"the page: {text}")
    invoice = os.path.join(folder, "invoice.csv")
    with open(invoice, "w", encoding="utf-8") as out:
        out.write("model,kind,quantity,amount,currency\nnobody,input,5,1.00,CNY\n")
    found = ctl.json("settlement", "reconcile", *month, "--invoice", invoice, code=1)
    causes = [d["cause"] for d in found["differences"] if d["model"] == "nobody"]
    expect(causes == ["extra"], f"reconcile: {found}")
    # A file of the cycle that was changed is found.
    with open(os.path.join(bills, "trial", "items.csv"), "a", encoding="utf-8") as out:
        out.write("x\r\n")
    proof = ctl.text("settlement", "check", *cycle, "--bills", bills, code=1)
    expect("items.csv" in proof and "verdict: FAILED" in proof, f"check of a change: {proof}")


def administer(ctl):
    """A family with a budget, a credit of goodwill, a gift, states, and what is told of them."""
    parent = ctl.json("account", "create", "--currency", "CNY", "--billing-day", "15",
                      "--segment", "family")["account_id"]
    other = ctl.json("account", "create", "--currency", "CNY", "--pre-active")["account_id"]
    group = ctl.json("node", "add", parent, "home", "--kind", "group")["node_id"]
    child = ctl.json("node", "add", parent, "Anna", "--under", str(group))["node_id"]
    ctl.run("node", "change", parent, str(child), "--name", "Anna Li", "--state", "suspended")
    ctl.run("account", "add-identity", parent, "customer:anna-1")
    ctl.run("node", "identity", parent, str(child), "customer:anna-1")
    limit = ctl.json("limit", "set", parent, "50", "CNY", "month", "--name", "cap", "--node",
                     str(child), "--alert", "80")["limit_id"]
    ctl.run("limit", "set", parent, "60", "CNY", "month", "--name", "cap", "--node", str(child),
            "--limit", str(limit))
    ctl.run("limit", "set", parent, "9", "token", "sliding 5x", "--name", "bad", code=2)
    shown = ctl.text("account", "show", parent)
    for part in ("Anna Li", "suspended", "60.00 CNY", "month", "family", "15"):
        expect(part in shown, f"the account lacks '{part}': {shown}")
    ctl.run("limit", "drop", parent, str(limit))
    ctl.run("account", "profile", parent, "--credit-limit", "10")
    ctl.run("care", "adjust", parent, "5", code=2)  # Why?
    ctl.run("care", "adjust", parent, "5", "--reason", "bad line")
    sent = ctl.json("care", "transfer", parent, other, "2.5", "--key", "gift-1")
    again = ctl.json("care", "transfer", parent, other, "2.5", "--key", "gift-1")
    expect(sent == again, f"given twice: {sent} {again}")
    expect("2.50 CNY" in ctl.text("account", "show", other), "the gift has not arrived")
    ctl.run("care", "write-off", parent, "--reason", "none", code=1)
    ctl.run("account", "state", other, "active")
    ctl.run("account", "state", other, "suspended", "--at", "2099-01-01", "--reason", "unpaid")
    ctl.run("account", "state", other, "suspended", "--at", "2099-01-01", "--withdraw")
    closed = ctl.json("account", "state", other, "closed")
    expect(closed["paid_out_micros"] == "2500000", f"closing pays out: {closed}")
    ctl.run("account", "topup", other, "1", code=1)
    ctl.run("account", "cancel", parent, "7", code=1)
    told = ctl.text("notices")
    expect(told.count("\n") >= 4, f"states and transfers are told: {told}")


def vouchers(ctl, folder):
    """Codes are made, issued, redeemed once, and what is left is cancelled; no code is shown."""
    codes = os.path.join(folder, "codes.txt")
    ctl.run("voucher", "make", "--count", "1200", codes)
    expect(os.stat(codes).st_mode & 0o777 == 0o600, "others may read the codes")
    ctl.run("voucher", "make", "--count", "1", codes, code=3)
    issue = ["voucher", "issue", codes, "--batch", "may-10", "--money", "10.00",
             "--expires", "2099-01-01T00:00:00Z", "--key", "v-1"]
    expect(ctl.json(*issue)["issued"] == "1200", "issued")
    expect(ctl.json(*issue)["issued"] == "1200", "a repeat issued again")
    ctl.run("voucher", "issue", codes, "--batch", "june", "--money", "10.00", code=1)
    with open(codes, encoding="utf-8") as file:
        code = file.readline().strip()
    account = ctl.json("account", "create", "--currency", "CNY")["account_id"]
    redeem = ["voucher", "redeem", account, "--code-file", codes, "--key", "v-2"]
    told = ctl.text(*redeem)
    expect("10.00 CNY; 10.00 available" in told, told)
    expect(code not in told, "the code is shown")
    expect(ctl.json(*redeem)["available_micros"] == "10000000", "redeemed twice")
    refused = ctl.run(*redeem[:-1], "v-3", code=1)
    expect("redeemed before" in refused.stderr and code not in refused.stderr, refused.stderr)
    mistyped = os.path.join(folder, "mistyped.txt")
    with open(mistyped, "w", encoding="utf-8") as file:
        file.write(code[:-1] + ("0" if code[-1] != "0" else "1") + "\n")
    refused = ctl.run("voucher", "redeem", account, "--code-file", mistyped, code=2)
    expect("field code" in refused.stderr and code[:5] not in refused.stderr, refused.stderr)
    ctl.run("voucher", "cancel", "may-10", code=2)  # Why is not said.
    cancelled = ctl.json("voucher", "cancel", "may-10", "--reason", "test")
    expect(cancelled["cancelled"] == "1199", f"{cancelled}")
    listed = ctl.text("voucher", "list")
    expect("may-10" in listed and "cancelled" in listed, listed)


def back_up(ctl, ocs_inspect, folder):
    """The store is copied while the server works; the copy passes the inspector and is restored."""
    made = ctl.json("store", "backup", "first")
    backup = os.path.join(folder, "backups", "first")
    expect(made["folder"] == backup and int(made["shard"][0]["group"]) > 5, f"{made}")
    ctl.run("store", "backup", "first", code=1)
    ctl.run("store", "backup", "../first", code=2)
    expect("up to group" in ctl.text("store", "backup", "second"), "the place is not told")
    expect("journal" in ctl.text("store", "usage"), "no figures")
    done = subprocess.run([ocs_inspect, backup, "restore", os.path.join(folder, "restored")],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=WAIT_SECONDS, check=False)
    expect(done.returncode == 0 and "verdict: OK" in done.stdout, done.stdout)


def log_levels(ctl):
    """The log's levels are shown, and set with who and why."""
    rows = [line.split() for line in ctl.text("log", "show").splitlines()]
    expect(["server", "info"] in rows, f"the levels are not shown: {rows}")
    now = ctl.json("log", "level", "debug", "charging", "--reason", "a complaint")["component"]
    expect({"name": "charging", "level": "LEVEL_DEBUG"} in now, f"{now}")
    expect({"name": "access", "level": "LEVEL_INFO"} in now, f"{now}")
    expect("reason" in ctl.run("log", "level", "info", code=2).stderr, "without a reason")
    expect("settlement" in ctl.run("log", "level", "info", "rating", "--reason", "x",
                                   code=2).stderr, "which components there are")
    ctl.run("log", "level", "loud", code=2)
    ctl.run("log", "level", "info", "--reason", "done")


def misuse(program, ctl, folder):
    """What a newcomer does wrong is told, with the right exit code."""
    expect("ocsctl status" in ctl.text("--help"), "help begins nowhere")
    expect("Example:" in ctl.text("charge", "initial", "--help"), "a command without example")
    ctl.run("account", code=2)
    ctl.run("account", "topup", "msisdn:1", "many", code=2)
    ctl.run("account", "show", "8613800138000x", code=2)
    ctl.run("catalogue", "check", os.path.join(folder, "not-there.yaml"), code=2)
    faulty = os.path.join(folder, "faulty.yaml")
    with open(faulty, "w", encoding="utf-8") as file:
        file.write("catalogue: x\nmodels: 3\n")
    expect("faulty.yaml:2" in ctl.text("catalogue", "check", faulty, code=1), "the fault's line")
    ctl.run("--zone", "Moon/Base", "status", code=2)
    away = Ctl(program, "127.0.0.1:1")
    expect("--server" in away.run("status", code=3).stderr, "how to reach a server")


def publish_safely(ctl, catalogue, folder):
    """A dearer catalogue is compared, published for later, cancelled, published, rolled back."""
    with open(catalogue, encoding="utf-8") as file:
        text = file.read()
    expect("nothing changes" in ctl.text("catalogue", "check", catalogue), "the same text differs")
    dearer = os.path.join(folder, "dearer.yaml")
    with open(dearer, "w", encoding="utf-8") as file:
        file.write(text.replace("fee: 9.9\n", "fee: 12.9\n", 1))
    shown = ctl.text("catalogue", "check", dearer, code=4)
    expect("12.9" in shown and "against revision 1" in shown, f"the change is not shown: {shown}")
    data = ctl.json("catalogue", "check", dearer, "--against", "1", code=4)
    expect(data["change"][0]["kind"] == "OFFER_CHANGED" and data["compared_with"] == 1,
           f"the change as data: {data}")
    ctl.run("catalogue", "check", dearer, "--against", "9", code=1)
    ctl.run("catalogue", "publish", dearer, "--effective-from", "2999-01-01", "--key", "p-2")
    expect("pending" in ctl.text("catalogue", "list"), "a pending revision is not listed as such")
    refused = ctl.run("catalogue", "publish", dearer, code=1)
    expect("pending" in refused.stderr, f"why not: {refused.stderr}")
    ctl.run("catalogue", "cancel", "2", code=2)
    expect("cancelled" in ctl.text("catalogue", "cancel", "2", "--reason", "a mistake"), "cancel")
    report = os.path.join(folder, "simulation.json")
    with open(report, "w", encoding="utf-8") as file:
        json.dump({"catalogue_sha256": "0" * 64, "revenue": "+2 %"}, file)
    refused = ctl.run("catalogue", "publish", dearer, "--simulation", report, code=2)
    expect("another text" in refused.stderr, f"of another text: {refused.stderr}")
    with open(report, "w", encoding="utf-8") as file:
        json.dump({"revenue": "+2 %", "catalogue_sha256": data["text_sha256"]}, file)
    ctl.run("catalogue", "publish", dearer, "--simulation", report, "--reason", "June")
    with open(report, encoding="utf-8") as file:
        expect(ctl.text("catalogue", "show", "3", "--simulation") == file.read(), "the simulation")
    ctl.run("catalogue", "diff", "1", code=4)
    ctl.run("catalogue", "roll-back", "1", "--reason", "too dear")
    expect("nothing changes" in ctl.text("catalogue", "diff", "1"), "the roll-back changed it")
    listed = ctl.json("catalogue", "list")["revision"]
    expect([r["state"] for r in listed] == ["PAST", "CANCELLED", "PAST", "IN_FORCE"], f"{listed}")
    expect(listed[3]["copy_of"] == 1 and listed[3]["reason"] == "too dear", f"{listed[3]}")


def two_people(ocsd, program, catalogue, folder):
    """What one person proposes another approves, with the simulation of its very text."""
    folder = os.path.join(folder, "two")
    os.mkdir(folder)
    people = {}
    credentials = os.path.join(folder, "credentials")
    with open(credentials, "w", encoding="utf-8") as lines:
        for name in ["ann", "bob"]:
            made = Ctl(program, "nowhere:1").json("token", "new", "--roles", "catalogue",
                                                  "--tenant", "operator", "--name", name)
            lines.write(made["line"] + "\n")
            people[name] = os.path.join(folder, name)
            with open(people[name], "w", encoding="utf-8") as file:
                file.write(made["token"] + "\n")
    server = Server(ocsd, folder, "--credentials-file", credentials,
                    "--publishing-second-approval", "yes", "--publishing-simulation", "required")
    try:
        ann, bob = Ctl(program, server.address), Ctl(program, server.address)
        ann.command += ["--token-file", people["ann"]]
        bob.command += ["--token-file", people["bob"]]
        refused = ann.run("catalogue", "publish", catalogue, "--reason", "June", code=1)
        expect("simulation" in refused.stderr, f"why not: {refused.stderr}")
        report = os.path.join(folder, "simulation.txt")
        with open(report, "w", encoding="utf-8") as file:
            sha = ann.json("catalogue", "check", catalogue)["text_sha256"]
            file.write(f"catalogue_sha256: {sha}\nrevenue +2 %\n")
        shown = ann.text("catalogue", "publish", catalogue, "--reason", "June", "--simulation",
                         report)
        expect("another person approves it" in shown, shown)
        # Whatever an actor says of himself, the credential is who he is.
        refused = ann.run("catalogue", "approve", "1", "--actor", "bob", "--reason", "x", code=1)
        expect("another person" in refused.stderr, f"why not: {refused.stderr}")
        bob.run("catalogue", "approve", "1", code=2)
        expect("in force" in bob.text("catalogue", "approve", "1", "--reason", "fine"), "approved")
        listed = bob.json("catalogue", "list")["revision"][0]
        expect(listed["state"] == "IN_FORCE" and listed["published_by"] == "operator/ann" and
               listed["decided_by"] == "operator/bob" and listed["decided_reason"] == "fine",
               f"{listed}")
        bob.run("catalogue", "roll-back", "1", "--reason", "to try", "--key", "r-1")
        expect("rejected" in ann.text("catalogue", "reject", "2", "--reason", "no"), "rejected")
        bob.run("catalogue", "approve", "2", "--reason", "yes", code=1)
    finally:
        server.stop()


def tokens(ocsd, program, folder):
    """A token of ocsctl opens the server that has its line, and only that far."""
    folder = os.path.join(folder, "secure")
    os.mkdir(folder)
    alone = Ctl(program, "nowhere:1")
    made = alone.json("token", "new", "--roles", "operations,read_only", "--tenant", "operator",
                      "--name", "ops-1", "--until", "2999-01-01T00:00:00Z")
    expect(made["token"] != alone.json("token", "new", "--roles", "care", "--tenant", "operator",
                                       "--name", "crm")["token"], "two tokens are the same")
    expect(made["token"] not in made["line"], "the token stands in its line")
    alone.run("token", "new", "--roles", "king", "--tenant", "operator", "--name", "x", code=2)
    alone.run("token", "new", "--roles", "care", "--tenant", "a b", "--name", "x", code=2)
    credentials = os.path.join(folder, "credentials")
    with open(credentials, "w", encoding="utf-8") as file:
        file.write(made["line"] + "\n")
    token = os.path.join(folder, "token")
    with open(token, "w", encoding="utf-8") as file:
        file.write(made["token"] + "\n")
    server = Server(ocsd, folder, "--credentials-file", credentials)
    try:
        ctl = Ctl(program, server.address)
        refused = ctl.run("status", code=1)
        expect("--token-file" in refused.stderr, f"no hint: {refused.stderr}")
        ctl.command += ["--token-file", token]
        expect(ctl.json("status")["health"] == "SERVING", "the token does not open the server")
        ctl.text("cdr", "stream")
        refused = ctl.run("account", "create", "--currency", "CNY", code=1)
        expect(made["token"] not in refused.stderr, "the token is shown")
    finally:
        server.stop()


def inspect(program, folder, account):
    def run(*words, code=0):
        done = subprocess.run([program, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, timeout=WAIT_SECONDS, check=False)
        expect(done.returncode == code, f"ocs-inspect {words}: {done.returncode}\n{done.stdout}"
               f"{done.stderr}")
        return done

    data = os.path.join(folder, "data")
    expect("verdict: OK" in run(data).stdout, "the verdict")
    verdict = json.loads(run(data, "--json").stdout)
    expect(verdict["verdict"] == "OK" and verdict["shards"][0]["records"] == "7", f"{verdict}")
    shown = run(data, "account", account).stdout
    expect("400 output tokens of deepseek-v3.2 drawn 1:1" in shown, shown)
    expect("8613800138000" not in shown, "an identity was shown without being asked for")
    expect("hash of the group before" in run(data, "group", "4").stdout, "a group")
    expect("published at" in run(data, "revisions").stdout, "the revisions")
    expect("there is no account 1" in run(data, "account", "1", code=2).stderr, "no account")
    run(data, "group", "999999", code=2)
    run("--shard", "3", data, code=2)
    run(os.path.join(folder, "nothing"), code=2)
    empty = os.path.join(folder, "empty")
    os.mkdir(empty)
    expect("no store" in run(empty, code=2).stderr, "an empty folder")
    # A damaged copy is refused or fails, never passes.
    broken = os.path.join(folder, "broken")
    shutil.copytree(data, broken)
    shard = os.path.join(broken, os.listdir(broken)[0])
    os.remove(os.path.join(shard, "CURRENT"))
    expect("CURRENT" in run(broken, code=3).stderr, "a damaged store")


def main():
    ocsd, ocsctl, ocs_inspect, catalogue = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        server = Server(ocsd, folder, "--backup-folder", os.path.join(folder, "backups"))
        try:
            ctl = Ctl(ocsctl, server.address)
            account = sell(ctl, catalogue)
            charge(ctl, account)
            settle(ctl, account, folder)
            deliver(ocsctl, ctl, folder)
            bill_all(ctl, account, folder)
            administer(ctl)
            vouchers(ctl, folder)
            back_up(ctl, ocs_inspect, folder)
            log_levels(ctl)
            misuse(ocsctl, ctl, folder)
            publish_safely(ctl, catalogue, folder)
            busy = subprocess.run([ocs_inspect, os.path.join(folder, "data")],
                                  stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
                                  timeout=WAIT_SECONDS, check=False)
            expect("open" in busy.stderr, "a store in use is not told")
        except Failed as fault:
            print(f"FAILED: {fault}")
            return 1
        finally:
            code = server.stop()
        try:
            expect(code == 0, f"the server ended with {code}")
            inspect(ocs_inspect, folder, account)
            tokens(ocsd, ocsctl, folder)
            two_people(ocsd, ocsctl, catalogue, folder)
        except Failed as fault:
            print(f"FAILED: {fault}")
            return 1
    print("passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
