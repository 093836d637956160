#!/usr/bin/env python3
"""The commands of docs/SIMULATION.md, "Questions", as written: each prints what the page shows.

  simulation_page_test.py PAGE SOURCE_FOLDER OCS_SIM OCSD OCSCTL

They run in an empty folder beside which the source's `rating`, `tools` and `ocs` lie, one after the
other, with a server of the same name on a free port. After a block of commands the page shows in a
block ```text what they print; in ```text N its first N lines. With OCS_GOLDEN=rewrite the page is
written anew: the difference is the review.
"""

import os
import re
import stat
import subprocess
import sys
import tempfile

HEADING = "## Questions"
SECONDS_MAX = 400
BLOCKS = re.compile(
    r"^```\n(?P<commands>[^`]*?)^```\n\n?^```text(?: (?P<lines>\d+))?\n(?P<shown>.*?)^```\n",
    re.S | re.M)


def fail(message):
    sys.exit(f"simulation_page_test: {message}")


def wrap(folder, name, lines):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\n" + lines)
    os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)


GROUPS = []


def run(commands, folder, environment):
    """What commands print. A server that they leave behind goes on: end_all() ends it."""
    log = os.path.join(folder, "..", "told")
    with open(log, "w", encoding="utf-8") as told:
        process = subprocess.Popen(["bash", "-c", "set -u\n" + commands], cwd=folder,
                                   env=environment, stdout=told, stderr=told,
                                   start_new_session=True)
        GROUPS.append(process.pid)
        process.wait(timeout=SECONDS_MAX)
    with open(log, encoding="utf-8") as told:
        return [line.rstrip() for line in told.read().rstrip("\n").split("\n")]


def end_all():
    for group in GROUPS:
        try:
            os.killpg(group, 9)
        except ProcessLookupError:
            pass


def main():
    page, *paths = sys.argv[1:]
    source, ocs_sim, ocsd, ocsctl = map(os.path.abspath, paths)
    with open(page, encoding="utf-8") as file:
        text = file.read()
    begin = text.index(HEADING)
    end = (text + "\n## ").index("\n## ", begin + 1)
    blocks = list(BLOCKS.finditer(text, begin, end))
    if len(blocks) < 8:
        fail(f"the section has {len(blocks)} blocks of commands with what they print")
    written, at, wrong = [], 0, 0
    with tempfile.TemporaryDirectory(prefix="simulation_page_test.") as scratch:
        programs, folder = os.path.join(scratch, "programs"), os.path.join(scratch, "here")
        os.mkdir(programs)
        os.mkdir(folder)
        for name in ("rating", "tools", "ocs"):
            os.symlink(os.path.join(source, name), os.path.join(folder, name))
        wrap(programs, "ocs-sim", f'exec "{ocs_sim}" "$@"\n')
        wrap(programs, "ocsd", f'exec "{ocsd}" --listen-address 127.0.0.1:0 --metrics-address "" '
                               '--ready-file ready "$@" >log 2>&1\n')
        wrap(programs, "ocsctl",
             'until [ -e ready ]; do :; done\n'
             f'exec "{ocsctl}" --server "$(sed -n "s/^listen_address: //p" ready)" "$@"\n')
        environment = dict(os.environ, PATH=programs + ":" + os.environ["PATH"])
        for block in blocks:
            told = run(block["commands"], folder, environment)
            if block["lines"] and len(told) > int(block["lines"]):
                told = told[:int(block["lines"])] + ["..."]
            shown = block["shown"].rstrip("\n").split("\n")
            if told != shown:
                wrong += 1
                print("--- the page shows\n" + "\n".join(shown))
                print("--- the commands print\n" + "\n".join(told))
            written += [text[at:block.start("shown")], "\n".join(told) + "\n"]
            at = block.end("shown")
    if os.environ.get("OCS_GOLDEN") == "rewrite":
        with open(page, "w", encoding="utf-8") as file:
            file.write("".join(written) + text[at:])
        return
    if wrong:
        fail(f"{wrong} of {len(blocks)} blocks print something else than the page shows; "
             "OCS_GOLDEN=rewrite writes it anew")


if __name__ == "__main__":
    try:
        main()
    finally:
        end_all()
