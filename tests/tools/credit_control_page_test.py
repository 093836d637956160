#!/usr/bin/env python3
"""The table of docs/CREDIT_CONTROL.md: every id once, in a known state; what it calls done has a
test that carries the id as a tag, and what it does not call done has none.

  credit_control_page_test.py PAGE TESTS_FOLDER
"""

import os
import re
import sys

IDS = [*range(1, 49), *range(50, 68), *range(70, 77), *range(80, 86), *range(90, 101)]
STATES = ("done", "n/a", "absent")
ROW = re.compile(r"^\| (CC-\d+) \| [^|]+ \| ([^|]+) \| ?([^|]*)\|$")
TAG = re.compile(r"\[(CC-\d+)\]")
CODE = (".cc", ".py")


def rows_of(page):
    with open(page, encoding="utf-8") as file:
        return [m.groups() for m in map(ROW.match, file.read().splitlines()) if m]


def tags_of(folder):
    tags = {}
    for where, _, names in os.walk(folder):
        for name in names:
            if not name.endswith(CODE):
                continue
            path = os.path.join(where, name)
            with open(path, encoding="utf-8") as file:
                for tag in TAG.findall(file.read()):
                    tags.setdefault(tag, path)
    return tags


def faults_of(rows, tags):
    ids = [row[0] for row in rows]
    wanted = [f"CC-{number:02}" for number in IDS]
    if ids != wanted:
        odd = sorted(set(ids) ^ set(wanted)) or ["their order"]
        yield f"expected each id once and in order; differs: {', '.join(odd)}"
    for name, state, why in rows:
        if state not in STATES:
            yield f"{name}: is '{state}', expected one of {', '.join(STATES)}"
        if state == "done" and name not in tags:
            yield f"{name}: is done, but no test has the tag [{name}]"
        if state != "done" and name in tags:
            yield f"{name}: is {state}, but {tags[name]} has the tag [{name}]"
        if state == "n/a" and not why.strip():
            yield f"{name}: is n/a without a reason"


def main():
    rows, tags = rows_of(sys.argv[1]), tags_of(sys.argv[2])
    faults = list(faults_of(rows, tags))
    # A check that cannot fail checks nothing.
    planted = [("CC-01", "done", ""), *rows[1:]]
    if not list(faults_of(planted[1:], tags)) or not list(faults_of(planted, {})):
        faults.append("the check finds no planted fault")
    for fault in faults:
        print(f"credit_control_page_test: {fault}", file=sys.stderr)
    if not faults:
        done = sum(state == "done" for _, state, _ in rows)
        print(f"{len(rows)} ids, {done} done, each with a test")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
