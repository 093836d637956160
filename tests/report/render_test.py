#!/usr/bin/env python3
"""Opens pages in headless Chromium, wide and narrow, and looks at what was drawn.

render_test.py [--chromium NAME] [--make PROGRAM] [--keep FOLDER] [PAGE.html...]

Each page must run its script to the end, draw every chart, and not be wider than the window. Exit
code 77 where there is no browser: the test is then skipped, and says so. With --keep the pictures
stay in that folder.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
QUIET = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--hide-scrollbars", "--force-device-scale-factor=1", "--virtual-time-budget=5000"]

# Shows the page in a frame, because Chromium's own windows are not as narrow as a phone, and tells
# in attributes what it found there. A chart counts as drawn when enough of its pixels have colour.
FRAME = """<!DOCTYPE html><meta charset="utf-8"><body style="margin:0">
<iframe src="PAGE" style="border:0;width:WIDTHpx;height:HEIGHTpx"></iframe>
<script>addEventListener('load', () => {
  const page = document.querySelector('iframe').contentDocument, root = page.documentElement;
  const told = document.documentElement.dataset;
  told.ready = root.dataset.ready;
  told.wide = String(root.scrollWidth - root.clientWidth);
  told.drawn = [...page.querySelectorAll('canvas')].map((canvas) => {
    const bytes = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    let coloured = 0;
    for (let i = 0; i < bytes.length; i += 4) {
      const high = Math.max(bytes[i], bytes[i + 1], bytes[i + 2]);
      if (bytes[i + 3] && high - Math.min(bytes[i], bytes[i + 1], bytes[i + 2]) > 90) ++coloured;
    }
    return coloured > 100 ? 'yes' : 'no';
  }).join(' ');
});</script></body>
"""


def chromium(program, arguments, page):
    with tempfile.TemporaryDirectory() as profile:
        command = [program, *QUIET, f"--user-data-dir={profile}", "--allow-file-access-from-files",
                   *arguments, "file://" + page]
        done = subprocess.run(command, capture_output=True, timeout=120, check=False)
        if done.returncode != 0:
            sys.exit(f"{program} failed: {done.stderr.decode(errors='replace')[-2000:]}")
        return done.stdout.decode(errors="replace")


def told(dom, name):
    found = re.search(rf'data-{name}="([^"]*)"', dom)
    return found.group(1) if found else None


def check(program, page, width, height, keep):
    name = f"{os.path.splitext(os.path.basename(page))[0]}-{width}"
    with open(page, encoding="utf-8") as file:
        charts = file.read().split("<footer>")[0].count("<canvas")
    with tempfile.TemporaryDirectory() as folder:
        frame = os.path.join(folder, "frame.html")
        with open(frame, "w", encoding="utf-8") as file:
            text = FRAME.replace("PAGE", "file://" + page).replace("WIDTH", str(width))
            file.write(text.replace("HEIGHT", str(height)))
        size = f"--window-size={max(width, 500)},{height}"
        dom = chromium(program, [size, "--dump-dom"], frame)
        if keep:
            chromium(program, [size, f"--screenshot={os.path.join(keep, name)}.png"], frame)
    faults = []
    if told(dom, "ready") != "yes":
        faults.append("the page's script did not come to its end")
    if told(dom, "drawn") != " ".join(["yes"] * charts):
        faults.append(f"of {charts} charts were drawn: {told(dom, 'drawn')}")
    if told(dom, "wide") != "0":
        faults.append(f"wider than the window by {told(dom, 'wide')}")
    print(f"{name}: {charts} charts:", "; ".join(faults) or "OK", flush=True)
    return not faults


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--chromium", default="chromium")
    parser.add_argument("--make", help="a program that writes the page to the file given")
    parser.add_argument("--keep")
    parser.add_argument("--height", type=int, default=1600)
    parser.add_argument("pages", nargs="*")
    arguments = parser.parse_args()
    program = shutil.which(arguments.chromium)
    if program is None:
        print(f"skipped: there is no {arguments.chromium} here (Debian's package chromium)")
        return SKIPPED
    with tempfile.TemporaryDirectory() as folder:
        pages = [os.path.abspath(page) for page in arguments.pages]
        if arguments.make:
            pages.append(os.path.join(folder, "sample.html"))
            subprocess.run([arguments.make, pages[-1]], check=True)
        good = [check(program, page, width, arguments.height, arguments.keep)
                for page in pages for width in (1280, 390)]
    return 0 if good and all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
