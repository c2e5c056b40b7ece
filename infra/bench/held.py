"""What tests count: calls in an outage of a vendor, broken invariants of simulated stories, secrets in outputs.

The tests fail when one of these is too high. This part repeats what they say.
"""

from __future__ import annotations

import os
import re
import subprocess

from settings import ROOT

from .progress import say
from .results import Numbers

STORIES = 300
_OUTAGE = "pipeline::outage::"
_STORIES = "simulation::stories_of_many_seeds_keep_the_invariants"
_CANARIES = "whole_run::no_secret"


def held() -> Numbers:
    """Return what the tests count. Fails when one of them does."""
    numbers: Numbers = {}
    say("calls in an outage of each vendor")
    for name, value in re.findall(r"^measured: ([a-z ]+): ([\d.]+)", _said(["--test", "it", "--", _OUTAGE]), re.MULTILINE):
        numbers[f"tries/held/{name}"] = float(value)
    say(f"{STORIES} simulated stories")
    (stories,) = re.findall(r"^(\d+) seeds$", _said(["--test", "it", "--", _STORIES], CURLEW_SEEDS=str(STORIES)), re.MULTILINE)
    say("secrets in everything that the stack wrote")
    _said(["--features", "e2e", "--test", "e2e", _CANARIES])
    return numbers | {"stories/held/played": float(stories), "stories/held/broken": 0, "secrets/held/found": 0}


def _said(which: list[str], **variables: str) -> str:
    """Run a test, and return what it wrote. It must have run: a name that fits no test is an error."""
    command = ["cargo", "test", "-p", "curlew-tests", *which, *([] if "--" in which else ["--"]), "--nocapture"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | variables, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    if done.returncode or not re.search(r"^test result: ok\. [1-9]", said, re.MULTILINE):
        raise SystemExit(f"{' '.join(command)} failed:\n{said[-4000:]}")
    return said
