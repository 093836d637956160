#!/usr/bin/env python3
"""The commands of docs/SETTLEMENT.md, "From nothing to a bill", as written, in an empty folder.
Only the port is another: programs of the same names stand on the PATH, which add it.

  settlement_page_test.py PAGE CATALOGUE OCSD OCSCTL
"""

import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile

HEADING = "## From nothing to a bill"
SECONDS_MAX = 100


def fail(message):
    sys.exit(f"settlement_page_test: {message}")


def commands_of(page):
    with open(page, encoding="utf-8") as file:
        text = file.read()
    section = text[text.index(HEADING) + len(HEADING):]
    section = section[:section.index("\n## ")]
    blocks = re.findall(r"^```\n(.*?)^```", section, re.S | re.M)
    if len(blocks) < 4:
        fail(f"the section has {len(blocks)} blocks of commands")
    return "".join(blocks)


def wrap(folder, name, lines):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\n" + lines)
    os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)


def main():
    page, catalogue, ocsd, ocsctl = sys.argv[1:]
    script = "set -eu -o pipefail\n" + commands_of(page)
    with tempfile.TemporaryDirectory(prefix="settlement_page_test.") as scratch:
        programs, folder = os.path.join(scratch, "programs"), os.path.join(scratch, "empty")
        os.mkdir(programs)
        os.mkdir(folder)
        shutil.copy(catalogue, folder)
        wrap(programs, "ocsd",
             f'exec "{ocsd}" --listen-address 127.0.0.1:0 --metrics-address "" "$@"\n')
        wrap(programs, "ocsctl",
             f'exec "{ocsctl}" --server "$(sed -n "s/^listen_address: //p" ready)" "$@"\n')
        environment = dict(os.environ, PATH=programs + ":" + os.environ["PATH"])
        # A group of its own, so that a server that is left behind ends with it; and a file for what
        # they say, as a server that goes on would keep a pipe open.
        told = os.path.join(scratch, "told")
        with open(told, "w", encoding="utf-8") as log:
            process = subprocess.Popen(["bash", "-c", script], cwd=folder, env=environment,
                                       stdout=log, stderr=log, start_new_session=True)
            try:
                process.wait(timeout=SECONDS_MAX)
            finally:
                try:
                    os.killpg(process.pid, 9)
                except ProcessLookupError:
                    pass
        with open(told, encoding="utf-8") as log:
            output = log.read()
        print(output)
        if process.returncode != 0:
            fail(f"the commands end with {process.returncode}")
        if output.count("verdict: OK") != 2:
            fail("not both proofs say OK")
        with open(os.path.join(folder, "bill.html"), encoding="utf-8") as file:
            bill = file.read()
        for wanted in ("账单", "first-00000001", "Example Telecom", "CT-P-STANDARD", "<svg"):
            if wanted not in bill:
                fail(f"the bill does not show {wanted}")
        with open(os.path.join(folder, "bills", "first", "bills.csv"), encoding="utf-8") as file:
            if len(file.readlines()) != 2:
                fail("not one bill in bills.csv")
    return 0


if __name__ == "__main__":
    sys.exit(main())
