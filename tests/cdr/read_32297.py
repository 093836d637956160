#!/usr/bin/env python3
"""A reader of TS 32.297 files and TS 32.298 records that shares no code with the house: it knows
the layout of the standards and, of our private member, only docs/format/cdr.asn1. It reads what
write_ber_files wrote and compares every field with the CSV file and, for those that CSV does not
have, the JSON lines of the same records; and it reads
the file that another encoder made.

  read_32297.py WRITE_BER_FILES SCHEMA OUTSIDE_FILE
"""

import csv
import datetime
import hashlib
import json
import os
import re
import struct
import subprocess
import sys
import tempfile

RECORD_KINDS = {1: "usage", 2: "fee", 3: "refund", 4: "rebate", 5: "correction"}
CLOSED_BY_COUNT, CLOSED_BY_HAND = 3, 4


def expect(condition, what):
    if not condition:
        raise AssertionError(what)


# --- TS 32.297 ---------------------------------------------------------------------------


def file_time(bits):
    sign = 1 if bits >> 11 & 1 else -1
    return (bits >> 28, bits >> 23 & 31, bits >> 18 & 31, bits >> 12 & 63,
            sign * ((bits >> 6 & 31) * 60 + (bits & 63)))


def read_file(data):
    """The header as a dictionary, and the records."""
    length, header_length = struct.unpack(">II", data[:8])
    expect(length == len(data), "file length")
    header = {"sequence": struct.unpack(">I", data[22:26])[0],
              "count": struct.unpack(">I", data[18:22])[0],
              "opened": file_time(struct.unpack(">I", data[10:14])[0]),
              "last_append": file_time(struct.unpack(">I", data[14:18])[0]),
              "closure": data[26], "address": data[27:47].hex(), "lost": data[47],
              "header_length": header_length}
    at = 50 + struct.unpack(">H", data[48:50])[0]
    extended = (data[8] >> 5 == 7) + (data[9] >> 5 == 7)
    if header_length - at != extended:
        at += 2 + struct.unpack(">H", data[at:at + 2])[0]
    header["releases"] = [10 + octet for octet in data[at:at + extended]]
    expect(at + extended == header_length, "header length")
    records = []
    at = header_length
    while at < len(data):
        size, release, form = struct.unpack(">HBB", data[at:at + 4])
        at += 4
        expect(form >> 5 == 1, "a record that is not BER")
        expect(form & 31 == 17, "a record that is not of TS 32.296")
        if release >> 5 == 7:
            expect(data[at] == 8, "a record that is not of Rel-18")
            at += 1
        records.append(data[at:at + size])
        expect(len(records[-1]) == size, "a record that is cut")
        at += size
    expect(len(records) == header["count"], "the number of records")
    return header, records


# --- BER -----------------------------------------------------------------------------------


def values(data):
    """(class, number, constructed, content) of each value."""
    at = 0
    while at < len(data):
        first = data[at]
        number = first & 31
        at += 1
        if number == 31:
            number = 0
            while True:
                octet = data[at]
                number = number << 7 | octet & 127
                at += 1
                if octet < 128:
                    break
        length = data[at]
        at += 1
        if length >= 128:
            octets = length & 127
            length = int.from_bytes(data[at:at + octets], "big")
            at += octets
        content = data[at:at + length]
        expect(len(content) == length, "a value that is cut")
        at += length
        yield first >> 6, number, bool(first & 32), content


def members(data):
    found = {}
    for tag_class, number, _, content in values(data):
        expect(tag_class == 2, "a member without its own tag")
        expect(number not in found, f"member [{number}] twice")
        found[number] = content
    return found


def integer(content):
    return int.from_bytes(content, "big", signed=True)


def time_stamp(content):
    digits = content[:6].hex() + content[7:].hex()
    zone = datetime.timedelta(hours=int(digits[12:14]), minutes=int(digits[14:16]))
    return datetime.datetime.strptime("20" + digits[:12], "%Y%m%d%H%M%S").replace(
        tzinfo=datetime.timezone(zone if content[6:7] == b"+" else -zone))


# --- our schema ----------------------------------------------------------------------------


def fields_of(schema, name):
    """{tag: (field, type)} of a SEQUENCE in the schema's text."""
    body = re.search(r"^" + name + r" ::= SEQUENCE \{\n(.*?)^\}", schema, re.S | re.M).group(1)
    return {int(tag): (field, kind) for field, tag, kind in
            re.findall(r"^  (\w+) +\[(\d+)\] +(\w+)", body, re.M)}


def decode(fields, data):
    record = {}
    for number, content in members(data).items():
        name, kind = fields[number]
        if kind in ("INTEGER", "ENUMERATED"):
            record[name] = integer(content)
        elif kind == "BOOLEAN":
            record[name] = content != b"\0"
        elif kind == "UTF8String":
            record[name] = content.decode()
        else:
            record[name] = content
    return record


def kind_names(schema):
    line = schema[schema.index("TokenLine ::="):]
    names = re.search(r"ENUMERATED \{(.*?)\}", line, re.S).group(1)
    return {int(number): re.sub(r"(?<=[a-z])([A-Z]|5m|1h)", r"_\1", name).lower()
            for name, number in re.findall(r"(\w+)\((\d+)\)", names)}


# --- comparison ----------------------------------------------------------------------------


def milliseconds(text):
    moment = datetime.datetime.fromisoformat(text)
    epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    return (moment - epoch) // datetime.timedelta(milliseconds=1)


def micros(text):
    sign = -1 if text.startswith("-") else 1
    whole, _, part = text.lstrip("-").partition(".")
    return sign * (int(whole) * 1_000_000 + int(part.ljust(6, "0")))


def check_line(line, row, kinds):
    money = row["unit"].isupper()
    for name, wanted in {
            "quantity": int(row["quantity"]), "unit": row["unit"],
            "amount": micros(row["amount"]) if money else int(row["amount"]),
            "priceNumerator": int(row["price_numerator"]),
            "carryIn": int(row["carry_in"]), "carryOut": int(row["carry_out"]),
            "carryLine": int(row["carry_line"] or "0", 16), "bucket": int(row["bucket"]),
            "revenueMicros": micros(row["revenue"]), "overshoot": row["overshoot"] == "1",
            "chargeCode": row["charge_code"], "rule": row["rule"]}.items():
        got = line.get(name, type(wanted)())
        expect(got == wanted, f"{name}: {got!r} in BER, {wanted!r} in CSV")
    expect(line.get("priceDenominator", 1) == int(row["price_denominator"]), "denominator")
    expect(kinds[line.get("kind", 0)] == row["kind"], "kind")


def check_private(private, rows, schema):
    row = rows[0]
    at = (private["shard"], private["group"], private["index"])
    expect(".".join(map(str, at)) == row["record_id"], f"record id {at}")
    refers = ""
    place = members(private.get("refersTo", b""))
    position = {tag: integer(content) for tag, content in place.items()}
    if position.get(0, 0) != 0:
        refers = f"{private.get('refersToShard', 0)}.{position[0]}.{position.get(1, 0)}"
    expect(refers == row["refers_to"], "refers_to")
    expect(RECORD_KINDS[private.get("recordKind", 1)] == row["type"], "type")
    for name, wanted in {
            "localSequence": int(row["local_sequence"]), "account": int(row["account"]),
            "session": row["session_id"], "requestNumber": int(row["request_number"]),
            "recordSequence": int(row["record_sequence"] or 0), "cause": int(row["cause"]),
            "incomplete": row["incomplete"] == "1", "estimated": row["estimated"] == "1",
            "openedAtMs": milliseconds(row["opened_at"]),
            "closedAtMs": milliseconds(row["closed_at"]),
            "recordedAtMs": milliseconds(row["recorded_at"]),
            "ratingGroup": int(row["rating_group"]), "model": row["model"],
            "provider": row["provider"], "offer": row["offer"],
            "tariffRevision": int(row["tariff_revision"])}.items():
        got = private.get(name, type(wanted)())
        expect(got == wanted, f"{name}: {got!r} in BER, {wanted!r} in CSV")
    fields, kinds = fields_of(schema, "TokenLine"), kind_names(schema)
    lines = [content for _, _, _, content in values(private.get("lines", b""))]
    expect(len(lines) == len(rows) - (row["line"] == ""), "line count")
    for content, line_row in zip(lines, rows):
        check_line(decode(fields, content), line_row, kinds)


FORMS = ["pieces", "flat", "minimum", "free", "volume"]


def check_json_lines(content, objects, schema):
    """What CSV does not have of lines, and the costs, which it does not have at all."""
    fields, kinds = fields_of(schema, "TokenLine"), kind_names(schema)
    lines = [decode(fields, value) for _, _, _, value in values(content)]
    expect(len(lines) == len(objects), "the number of lines in JSON")
    for line, wanted in zip(lines, objects):
        expect(kinds[line.get("kind", 0)] == wanted["kind"], "kind")
        expect(FORMS[line.get("form", 0)] == wanted.get("form", "pieces"), "form")
        money = wanted.get("unit", "").isupper()
        amount = micros(wanted["amount"]) if money else wanted["amount"]
        expect(line.get("amount", 0) == amount, "amount")
        expect(line.get("revenueMicros", 0) == micros(wanted.get("revenue", "0")), "revenue")
        expect(line.get("carryLine", 0) == int(wanted.get("carry_line", "0"), 16), "carry line")
        for name, key in (("quantity", "quantity"), ("unit", "unit"), ("tier", "tier"),
                          ("taxBasisPoints", "tax_basis_points"), ("applied", "applied"),
                          ("priceNumerator", "price_numerator"), ("carryIn", "carry_in"),
                          ("carryOut", "carry_out"), ("bucket", "bucket"), ("rule", "rule"),
                          ("overshoot", "overshoot"), ("chargeCode", "charge_code")):
            expect(line.get(name) == wanted.get(key) or not line.get(name) and not wanted.get(key),
                   f"{key}: {line.get(name)!r} in BER, {wanted.get(key)!r} in JSON")
        expect(line.get("priceDenominator", 1) == wanted["price_denominator"], "denominator")


def check_json(private, wanted, schema):
    for name, key in (("servedModel", "served_model"), ("node", "node"), ("product", "product"),
                      ("scenario", "scenario"), ("serviceTier", "service_tier"),
                      ("region", "region"), ("channel", "channel"),
                      ("traceparent", "traceparent"), ("promptTokens", "prompt_tokens"),
                      ("tariffChange", "tariff_change"), ("reportingReason", "reporting_reason"),
                      ("callOutcome", "call_outcome"), ("late", "late"),
                      ("billingDay", "billing_day")):
        expect(private.get(name) == wanted.get(key), f"{key} in JSON")
    check_json_lines(private.get("lines", b""), wanted["lines"], schema)
    check_json_lines(private.get("costs", b""), wanted.get("costs", []), schema)


def check_standard(record, rows):
    """What a billing domain sees that knows the standard only."""
    row = rows[0]
    expect(integer(record[0]) == 200, "recordType")
    expect(record[1] == b"ocs01.3", "recordingNetworkFunctionID")
    subscriber = members(record[2])
    expect((integer(subscriber[0]), subscriber[1].decode()) == (4, row["account"]), "subscriber")
    expect(members(record[3]) == {0: b"\x07", 1: b"ocs01"}, "nFunctionConsumerInformation")
    opened = datetime.datetime.fromisoformat(row["opened_at"]).replace(microsecond=0)
    expect(time_stamp(record[6]) == opened, "recordOpeningTime")
    seconds = (milliseconds(row["closed_at"]) - milliseconds(row["opened_at"])) // 1000
    expect(integer(record[7]) == max(0, seconds), "duration")
    expect((8 in record) == (row["record_sequence"] != ""), "recordSequenceNumber")
    if 8 in record:
        expect(integer(record[8]) == int(row["record_sequence"]), "recordSequenceNumber")
    expect(integer(record[9]) == int(row["cause"]), "causeForRecClosing")
    expect(integer(record[11]) == int(row["local_sequence"]), "localRecordSequenceNumber")
    expect(record.get(16, b"").decode() == row["session_id"], "chargingSessionIdentifier")
    expect(record[17] == b"ocs-cdr-ber-1", "serviceSpecificationInformation")
    expect((22 in record) == (row["incomplete"] == "1"), "incompleteCDRIndication")
    used = row["type"] == "usage" and row["line"] != ""
    expect((5 in record) == used, "listOfMultipleUnitUsage")
    if not used:
        return
    (_, _, _, usage), = values(record[5])
    usage = members(usage)
    expect(integer(usage[0]) == int(row["rating_group"]), "ratingGroup")
    units = [integer(members(content)[7]) for _, _, _, content in values(usage[1])]
    expect(units == [int(line["quantity"]) for line in rows], "serviceSpecificUnits")


def check_folder(folder, schema, by_id, by_json, header_length):
    wanted = fields_of(schema, "TokenCharging")
    names = sorted(name for name in os.listdir(folder) if name.endswith(".ber"))
    expect(len(names) == 4, f"files: {names}")
    seen, previous = [], "0" * 64
    for number, name in enumerate(names, 1):
        with open(os.path.join(folder, name), "rb") as file:
            data = file.read()
        header, records = read_file(data)
        expect(header["sequence"] == number and f"_-_{number:07}." in name, "file sequence")
        expect(header["header_length"] == header_length, "header length")
        expect(header["releases"] == [18, 18] and header["lost"] == 0, f"{header}")
        expect(header["address"] == "ffffffff00000000000000000000ffffc0000201", "node address")
        expect(header["opened"] == (5, 19, 12, 0, 480), f"opened {header['opened']}")
        expect(header["closure"] == (CLOSED_BY_COUNT if number < 4 else CLOSED_BY_HAND), "closure")
        with open(os.path.join(folder, name + ".manifest"), "rb") as file:
            manifest = file.read()
        told = dict(line.split(" ", 1) for line in manifest.decode().splitlines()[:14])
        expect(told["sha256"] == hashlib.sha256(data).hexdigest(), "sha256")
        expect(told["previous"] == previous and told["records"] == str(len(records)), "manifest")
        previous = hashlib.sha256(manifest).hexdigest()
        for content in records:
            (tag_class, tag, _, whole), = values(content)
            expect((tag_class, tag) == (2, 200), "CHFRecord")
            record = members(whole)
            (_, _, _, extension), = values(record[12])
            parts = {number: content for _, number, _, content in values(extension)}
            expect(set(parts) == {6, 2}, "ManagementExtension")
            (_, _, _, private), = values(parts[2])
            private = decode(wanted, private)
            rows = by_id[f"{private['shard']}.{private['group']}.{private['index']}"]
            check_standard(record, rows)
            check_private(private, rows, schema)
            check_json(private, by_json[rows[0]["record_id"]], schema)
            seen.append(rows[0]["record_id"])
    expect(seen == list(by_id), "the records or their order")
    return len(seen)


def main():
    writer, schema_path, outside = sys.argv[1:]
    with open(schema_path, encoding="utf-8") as file:
        schema = file.read()
    with open(outside, "rb") as file:
        header, records = read_file(file.read())
    expect(len(records) == 2 and header["sequence"] == 7, "the file of another encoder")
    csv.field_size_limit(1 << 20)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([writer, folder], check=True, timeout=60)
        by_id = {}
        with open(os.path.join(folder, "records.csv"), newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                rows = by_id.setdefault(row["record_id"], [])
                if row["list"] != "cost":
                    rows.append(row)
                elif not rows:
                    # Nothing was charged: the record's own columns are still compared.
                    rows.append(dict(row, line=""))
        with open(os.path.join(folder, "records.jsonl"), encoding="utf-8") as file:
            by_json = {record["record_id"]: record for record in map(json.loads, file)}
        count = check_folder(os.path.join(folder, "written"), schema, by_id, by_json, 54)
        count += check_folder(os.path.join(folder, "omitted"), schema, by_id, by_json, 52)
    print(f"{count} records read and compared with the CSV file and the JSON lines")
    return 0


if __name__ == "__main__":
    sys.exit(main())
