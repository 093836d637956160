#!/usr/bin/env python3
"""Every record of BER files that write_ber_files wrote, and of the file that another encoder made,
through programs that know BER and nothing of us:

- dumpasn1 finds nothing wrong with how a record is built. It complains of an object identifier with
  an arc over 32 bits, which it does not keep (ours is a UUID under 2.25, X.667, of 128), and where
  it takes numbers of implicit type for texts;
- unber takes a file's records apart, and enber puts together what it printed: the same octets;
- the tags, lengths and contents that unber prints are those that read_32297.py reads.

  read_with_dumpasn1.py WRITE_BER_FILES OUTSIDE_FILE
"""

import os
import re
import subprocess
import sys
import tempfile

import read_32297 as ours

# To start it 1,000 times takes longer than all the rest.
DUMPED_EACH = 7


def expect(condition, what):
    if not condition:
        raise AssertionError(what)


def run(command, data=None):
    done = subprocess.run(command, input=data, capture_output=True, timeout=60, check=False)
    expect(done.returncode == 0,
           f"{' '.join(command)} ended with {done.returncode}: {done.stderr[-2000:]!r}")
    return done.stdout


# What it says of values that it has no type for, as their tags are implicit: it guesses that some
# are texts, and then finds that they are none.
GUESSED = re.compile(rb"^\s*:?\s*Error: \w+String contains illegal character\(s\)\.$")
LONG_ARC = re.compile(rb"^\s*:?\s*Error: OID has invalid encoding\.$")


def dump(path, record, long_arcs):
    with open(path, "wb") as file:
        file.write(record)
    done = subprocess.run(["dumpasn1", path], capture_output=True, timeout=60, check=False)
    errors = [line for line in done.stdout.splitlines() if b"Error:" in line]
    expect(sum(1 for line in errors if LONG_ARC.match(line)) == long_arcs, f"{errors}")
    others = [line for line in errors if not GUESSED.match(line) and not LONG_ARC.match(line)]
    expect(not others, f"dumpasn1: {others}")
    told = re.search(rb"(\d+) warnings?, (\d+) errors?\.$", done.stderr.strip())
    expect(told and int(told[1]) == 0 and int(told[2]) == len(errors), f"dumpasn1: {done.stderr}")


def tree(data):
    """(tag, length) of each value, those inside a constructed one behind it, as unber has them."""
    for tag_class, number, constructed, content in ours.values(data):
        yield "[%s%d]" % (("UNIVERSAL ", "APPLICATION ", "", "PRIVATE ")[tag_class], number), \
            len(content), constructed, content
        if constructed:
            yield from tree(content)


UNBER = re.compile(rb'<(C|P|I) O="\d+" T="(\[[A-Z ]*\d+\])" TL="\d+" V="(\d+)"([^>]*)>([^<]*)')


def octets(text):
    """What unber prints of a primitive value's content."""
    return re.sub(rb"&#x([0-9a-f]{2});", lambda match: bytes([int(match[1], 16)]), text)


def take_apart(path, records):
    whole = b"".join(records)
    with open(path, "wb") as file:
        file.write(whole)
    printed = run(["unber", "-p", path])
    again = run(["enber", "-"], printed)
    expect(again == whole, "enber does not make of unber's output what it was")
    expect(b'<I ' not in printed, "an indefinite length")
    theirs = [(match[2].decode(), int(match[3]), match[1] == b"C", match[5])
              for match in UNBER.finditer(printed)]
    mine = list(tree(whole))
    expect(len(theirs) == len(mine), f"unber has {len(theirs)} values, we have {len(mine)}")
    for (tag, length, constructed, text), wanted in zip(theirs, mine):
        expect((tag, length, constructed) == wanted[:3], f"{tag} of {length} octets, not {wanted}")
        if not constructed:
            expect(octets(text) == wanted[3], f"the content of {tag}")
    return len(mine)


def main():
    writer, outside = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([writer, folder], check=True, timeout=60, stdout=subprocess.DEVNULL)
        paths = [outside]
        inside = os.path.join(folder, "written")
        paths += [os.path.join(inside, file) for file in sorted(os.listdir(inside))
                  if file.endswith(".ber")]
        expect(len(paths) == 5, f"files: {paths}")
        count = dumped = found = 0
        scratch = os.path.join(folder, "record")
        for path in paths:
            with open(path, "rb") as file:
                _, records = ours.read_file(file.read())
            for number, record in enumerate(records):
                if path == outside or number % DUMPED_EACH == 0:
                    dump(scratch, record, 0 if path == outside else 1)
                    dumped += 1
            found += take_apart(scratch, records)
            count += len(records)
    print(f"{count} records, {found} values: unber and enber agree; dumpasn1 read {dumped} of them")
    return 0


if __name__ == "__main__":
    sys.exit(main())
