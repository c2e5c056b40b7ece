#!/usr/bin/env python3
"""Compiles the workspace's own crates with the counters that libFuzzer reads.

cargo calls it in place of rustc, for members of the workspace only (RUSTC_WORKSPACE_WRAPPER). So the dependencies are
shared with the other builds. The flags are those of cargo-fuzz; they work on stable.
"""

import os
import sys

FLAGS = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Ccodegen-units=1",
    "-Copt-level=1",
]

rustc, *arguments = sys.argv[1:]
# A build script runs without libFuzzer, so it must not call it.
if "build_script_build" not in arguments and "proc-macro" not in arguments:
    arguments += FLAGS
os.execvp(rustc, [rustc, *arguments])
