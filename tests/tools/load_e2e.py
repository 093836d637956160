#!/usr/bin/env python3
"""ocs-load against a real ocsd with two callers, one of them over its rate: what it prints adds up.

  load_e2e.py OCSD OCSCTL OCS-LOAD CATALOGUE
"""

import csv
import json
import os
import subprocess
import sys
import tempfile

from ocsctl_e2e import WAIT_SECONDS, Failed, Server, expect


def make_token(ocsctl, folder, name, roles):
    """A token in a file; its line for the server."""
    made = json.loads(subprocess.run(
        [ocsctl, "--json", "token", "new", "--roles", roles, "--tenant", "operator", "--name",
         name],
        stdout=subprocess.PIPE, text=True, timeout=WAIT_SECONDS, check=True).stdout)
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(made["token"])
    return path, made["line"]


def main():
    ocsd, ocsctl, ocs_load, catalogue = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        setup, setup_line = make_token(ocsctl, folder, "setup", "care,catalogue")
        calm, calm_line = make_token(ocsctl, folder, "calm", "charging")
        flood, flood_line = make_token(ocsctl, folder, "flood", "charging")
        credentials = os.path.join(folder, "credentials")
        with open(credentials, "w", encoding="utf-8") as file:
            file.write(f"{setup_line}\n{calm_line}\n{flood_line} rate=20 burst=1\n")
        server = Server(ocsd, folder, "--credentials-file", credentials)
        try:
            table = os.path.join(folder, "load.csv")
            done = subprocess.run(
                [ocs_load, "--server", server.address, "--catalogue", catalogue, "--token-file",
                 setup, "--tenant", f"calm:1:{calm}", "--tenant", f"flood:4:{flood}",
                 "--accounts", "10", "--capacity", "200", "--phase", "50", "--phase", "100",
                 "--seconds", "2", "--deadline-ms", "20000", "--csv", table],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=100,
                check=False)
            expect(done.returncode == 0, f"exit code {done.returncode}\n{done.stdout}")
            with open(table, encoding="utf-8") as file:
                rows = list(csv.DictReader(file))
            total = {}
            for row in rows:
                for name in ("offered", "done", "busy"):
                    key = (row["tenant"], name)
                    total[key] = total.get(key, 0) + int(row[name])
            expect(total["calm", "offered"] == 120, f"offered {total}")
            expect(total["flood", "offered"] == 480, f"offered {total}")
            expect(total["calm", "done"] == 120, f"the calm caller was hurt: {total}")
            expect(total["flood", "busy"] > 100, f"the flood was not held: {total}")
            expect(total["flood", "done"] + total["flood", "busy"] == 480, f"lost: {total}")
        except Failed as fault:
            print(f"FAILED: {fault}")
            return 1
        finally:
            server.stop()
    print("passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
