"""The proof that each rule of tools/tidy finds what it is for, and leaves alone what it is not for.

CLEAN is a small tree without findings. Each case adds files to it and names the findings that must
appear, no more and no fewer. A rule without a case fails the run.
"""

import os
import tempfile

LAYERS = """\
room proto dir=proto uses= third=google/ internal=
room base dir=ocs/base uses= third=absl/ internal=
room rating dir=rating uses=base third=absl/ internal=yaml-cpp/
room balance dir=balance uses=base third=absl/ internal=rocksdb/
room engine dir=ocs/engine uses=base,rating,balance third=absl/ internal=
room rpc dir=ocs/rpc uses=base,engine,proto third=absl/,grpcpp/ internal=
room ocsd dir=ocs uses=base,rating,balance,engine,rpc third=absl/ internal=
room tests dir=tests uses=base,rating,balance,engine third=absl/,catch2/ internal=
"""

TESTED = "// Tested in: tests/base/money_test.cc\n"


def header(path, body="", top=""):
    guard = "".join(c if c.isalnum() else "_" for c in path.upper()) + "_"
    return f"{top}#ifndef {guard}\n#define {guard}\n{body}\n#endif\n"


CLEAN = {
    "tools/layers.txt": LAYERS,
    "README.md": "[docs](docs/A.md) `[not](a link)`\n",
    "docs/A.md": "[up](../README.md#top) [out](https://example.com/wo" "rk/x)\n",
    "ocs/base/CMakeLists.txt": "ocs_room(NAME base SOURCES money.cc)\n",
    "ocs/base/README.md": "The vocabulary.\n",
    "ocs/base/money.h": header("ocs/base/money.h", "#include <cstdint>\n// No double is used.\n"),
    "ocs/base/money.cc": '#include "ocs/base/money.h"\nconst char* k = "double";\n'
                         "int x = 1'000'000; char c = 'f';\nauto s = R\"(float)\";\n",
    "tests/base/money_test.cc": '#include "ocs/base/money.h"\n#include "tests/support/catch.h"\n',
    "tests/base/CMakeLists.txt": "ocs_test(SOURCES money_test.cc)\n",
    "tests/support/catch.h": header("tests/support/catch.h", "#include <catch2/catch.hpp>"),
    "rating/CMakeLists.txt": "ocs_room(SOURCES rater.cc internal/text.cc)\n",
    "rating/README.md": "Prices.\n",
    "rating/rater.cc": '#include "absl/strings/str_cat.h"\n#include "rating/internal/text.h"\n',
    "rating/internal/text.h": header("rating/internal/text.h"),
    "rating/internal/text.cc": '#include "yaml-cpp/yaml.h"\n',
}

# name -> (files, findings as (path, line, rule))
CASES = {
    "a forbidden arrow": (
        {"rating/rater.cc": '#include <string>\n#include "balance/ledger.h"\n',
         "balance/ledger.h": header("balance/ledger.h", top=TESTED)},
        [("rating/rater.cc", 2, "arrow")]),
    "ocs/base is nearer than ocs": (
        {"ocs/base/money.cc": '#include "ocs/other.h"\n',
         "ocs/other.h": header("ocs/other.h", top=TESTED)},
        [("ocs/base/money.cc", 1, "arrow")]),
    "generated code belongs to proto": (
        {"rating/rater.cc": '#include "ocs/x/v1/x.pb.h"\n'}, [("rating/rater.cc", 1, "arrow")]),
    "a library in the wrong room": (
        {"ocs/base/money.cc": '#include "rocksdb/db.h"\n'},
        [("ocs/base/money.cc", 1, "third-party")]),
    "a private library outside internal/": (
        {"rating/rater.cc": "#include <yaml-cpp/yaml.h>\n"},
        [("rating/rater.cc", 1, "third-party")]),
    "Catch2 by its own name": (
        {"tests/base/money_test.cc": "#include <catch2/catch.hpp>\n"},
        [("tests/base/money_test.cc", 1, "third-party")]),
    "another room's internal/": (
        {"tests/base/money_test.cc": '#include "rating/internal/text.h"\n'},
        [("tests/base/money_test.cc", 1, "internal")]),
    "a room's own test may see its internal/": (
        {"tests/rating/text_test.cc": '#include "rating/internal/text.h"\n',
         "tests/rating/CMakeLists.txt": "ocs_test(SOURCES text_test.cc)\n"}, []),
    "an include of nothing": (
        {"ocs/base/money.cc": '#include "ocs/base/gone.h"\n#include "money.h"\n'},
        [("ocs/base/money.cc", 1, "missing-include"), ("ocs/base/money.cc", 2, "missing-include")]),
    "a generated header in a public one": (
        {"ocs/engine/e.h": header("ocs/engine/e.h", '#include "ocs/x/v1/x.pb.h"',
                                  TESTED)},
        [("ocs/engine/e.h", 4, "arrow"), ("ocs/engine/e.h", 4, "generated-header")]),
    "rpc may show generated headers": (
        {"ocs/rpc/s.h": header("ocs/rpc/s.h", '#include "ocs/x/v1/x.grpc.pb.h"',
                               TESTED)}, []),
    "a thread in a pure room": (
        {"rating/rater.cc": "#include <thread>\n#include <unistd.h>\n"},
        [("rating/rater.cc", 1, "pure"), ("rating/rater.cc", 2, "pure")]),
    "a wide line": (
        {"ocs/base/money.cc": "// " + "x" * 98 + "\n// https://example.com/" + "x" * 98 + "\n// "
                              + "\u00e9" * 97 + "\n"}, [("ocs/base/money.cc", 1, "columns")]),
    "wide data in a raw string": (
        {"ocs/base/money.cc": 'auto a = R"(\n' + "x" * 101 + '\n)"; auto b = 1;' + " " * 90 + "\n"},
        [("ocs/base/money.cc", 3, "columns")]),
    "a long file": (
        {"ocs/base/money.cc": "int x;\n" * 651}, [("ocs/base/money.cc", 1, "length")]),
    "a float near money": (
        {"ocs/base/money.cc": "// double\nint a;\nfloat b;\n"},
        [("ocs/base/money.cc", 3, "float")]),
    "a double after a comment of many lines": (
        {"rating/rater.cc": "/* one\n two */ double d;\n"}, [("rating/rater.cc", 2, "float")]),
    "a clock": (
        {"ocs/base/money.cc": "auto a = absl::Now();\nauto b = std::chrono::steady_clock::now();\n"
                              "auto c = std::time(nullptr);\nauto d = zone.time(0);\n"
                              "std::chrono::system_clock::time_point e;\n"},
        [("ocs/base/money.cc", n, "clock") for n in (1, 2, 3)]),
    "a clock at the edge": (
        {"ocs/runtime/t.cc": "auto a = absl::Now();\n",
         "ocs/runtime/CMakeLists.txt": "ocs_room(SOURCES t.cc)\n"}, []),
    "unseeded random": (
        {"ocs/base/money.cc": "int a = rand();\nint b = random.rand();\nint c = operand(1);\n"},
        [("ocs/base/money.cc", 1, "random")]),
    "a sleep in a test": (
        {"tests/base/money_test.cc": "std::this_thread::sleep_for(1s);\nusleep(1);\nsleep(1);\n",
         "tests/base/run.sh": "set -e; sleep 1\n", "tests/base/run.py": "time.sleep(1)\n"},
        [("tests/base/money_test.cc", n, "sleep") for n in (1, 2, 3)]
        + [("tests/base/run.py", 1, "sleep"), ("tests/base/run.sh", 1, "sleep")]),
    "a using directive": (
        {"rating/rater.cc": "using namespace std;\n"}, [("rating/rater.cc", 1, "using-namespace")]),
    "an exception": ({"rating/rater.cc": "throw 1;\n// we throw none\n"},
                     [("rating/rater.cc", 1, "throw")]),
    "unfinished work": (
        {"docs/A.md": "TO" "DO write\n",
         "rating/rater.cc": "// FIX" "ME\n// XX" "X\n// XXX" "XXX\n"},
        [("docs/A.md", 1, "marker"), ("rating/rater.cc", 1, "marker"),
         ("rating/rater.cc", 2, "marker")]),
    "another header's guard": (
        {"ocs/base/money.h": header("ocs/base/mony.h")}, [("ocs/base/money.h", 1, "guard")]),
    "a header without its test": (
        {"ocs/base/unit.h": header("ocs/base/unit.h")}, [("ocs/base/unit.h", 1, "pairing")]),
    "a header whose test is named but not there": (
        {"ocs/base/unit.h": header("ocs/base/unit.h",
                                   top="// Tested in: tests/base/gone_test.cc\n")},
        [("ocs/base/unit.h", 1, "pairing")]),
    "a private header needs no test of its own": (
        {"ocs/base/internal/u.h": header("ocs/base/internal/u.h")}, []),
    "a test helper without its test": (
        {"tests/support/table.h": header("tests/support/table.h")},
        [("tests/support/table.h", 1, "pairing")]),
    "a file that nobody builds": (
        {"ocs/base/oney.cc": "int x;\n", "rating/internal/ext.cc": "int x;\n",
         "rating/internal/rater.cc": "int x;\n"},
        [("ocs/base/oney.cc", 1, "dead-file"), ("rating/internal/ext.cc", 1, "dead-file"),
         ("rating/internal/rater.cc", 1, "dead-file")]),
    "a file that another folder builds": (
        {"tests/support/fake.cc": "int x;\n", "tests/support/other.cc": "int x;\n",
         "tests/base/CMakeLists.txt": "ocs_test(SOURCES money_test.cc ../support/fake.cc\n"
                                      "  ${PROJECT_SOURCE_DIR}/tests/support/other.cc)\n"}, []),
    "a fake tested beside the room whose seam it fills": (
        {"tests/support/fake.h": header("tests/support/fake.h"), "tests/base/fake_test.cc": "\n",
         "tests/base/CMakeLists.txt": "ocs_test(SOURCES money_test.cc fake_test.cc)\n"}, []),
    "a link to nothing": (
        {"docs/A.md": "one\n[gone](B.md) [here](../docs)\n"}, [("docs/A.md", 2, "link")]),
    "a long room page": (
        {"ocs/base/README.md": "x\n" * 41}, [("ocs/base/README.md", 41, "readme")]),
    "a room without a page": (
        {"balance/CMakeLists.txt": "ocs_room()\n"}, [("balance/README.md", 1, "readme")]),
    "a machine's path": (
        {"docs/A.md": "see /wo" "rk/x and ${d}/ho" "me/y\n"}, [("docs/A.md", 1, "machine-path")]),
    "an excuse with its reason": (
        {"ocs/base/money.cc": "// tidy-allow float: the wire has one\nfloat a;\n"
                              "float b;  // tidy-allow float: and here\n"}, []),
    "an excuse without a reason, or for another rule": (
        {"ocs/base/money.cc": "float a;  // tidy-allow float\n\n"
                              "float b;  // tidy-allow clock: no\n"},
        [("ocs/base/money.cc", 1, "excuse"), ("ocs/base/money.cc", 1, "float"),
         ("ocs/base/money.cc", 3, "float")]),
}


def plant(root, files):
    for path, text in files.items():
        place = os.path.join(root, path)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "w", encoding="utf-8") as file:
            file.write(text)


def run(check, rules):
    """Runs all cases; prints what differs; 0 when nothing does."""
    failures = []
    cases = {"the clean tree": ({}, []), **CASES}
    for name, (files, expected) in cases.items():
        with tempfile.TemporaryDirectory() as root:
            plant(root, {**CLEAN, **files})
            found = [(path, line, rule) for path, line, rule, _ in check(root)]
        if found != sorted(expected):
            failures.append(f"{name}:\n  expected {sorted(expected)}\n  found    {found}")
    covered = {rule for _, expected in CASES.values() for _, _, rule in expected}
    failures += [f"no case plants a violation of '{rule}'" for rule in rules if rule not in covered]
    for failure in failures:
        print(failure)
    print(f"tidy self-test: {len(cases)} cases, {len(failures)} failures")
    return 1 if failures else 0
