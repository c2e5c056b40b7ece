"""Tests of the build command, with a stub in cargo's place that writes down how it is called."""

from __future__ import annotations

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from settings import ROOT

COMPILE = Path(__file__).with_name("compile.sh")
# Writes its arguments and flags, and a binary for each package where the command of its name leaves it.
STUB = r"""#!/usr/bin/env bash
echo "$RUSTFLAGS $*" >> "$CARGO_TARGET_DIR/calls"
for argument in "$@"; do
    case "$argument" in --package=*) package=${argument#--package=} ;; *) continue ;; esac
    case "$0" in
    */cargo) binary=$CARGO_TARGET_DIR/a-target/release/$package ;;
    */cargo-lambda) binary=$CARGO_TARGET_DIR/lambda/$package/bootstrap ;;
    esac
    mkdir -p "$(dirname "$binary")"
    echo "$CONTENT" > "$binary"
done
"""
COMMANDS = {"cargo": [], "cargo-lambda": ["lambda"]}


class Compile(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        for command in COMMANDS:
            stub = self.folder / command
            stub.write_text(STUB)
            stub.chmod(0o755)

    def compile(self, command: str = "cargo-lambda", content: str = "") -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"CARGO_TARGET_DIR": str(self.folder), "CONTENT": content}
        environment.pop("RUSTFLAGS", None)
        arguments = [COMPILE, "a-target", self.folder / command, *COMMANDS[command]]
        return subprocess.run(arguments, env=environment, capture_output=True, text=True, check=False)

    def packages(self) -> list[list[str]]:
        """Return the packages of each call."""
        calls = (self.folder / "calls").read_text().splitlines()
        named = [[it for it in call.split() if it.startswith("--package=")] for call in calls]
        return [[it.removeprefix("--package=") for it in of_call] for of_call in named]

    def test_every_function_is_compiled_once(self) -> None:
        done = self.compile()
        self.assertEqual(done.returncode, 0, done.stderr)
        functions = sorted(manifest.parent.name for manifest in (ROOT / "functions").glob("*/Cargo.toml"))
        self.assertEqual(sorted(sum(self.packages(), [])), functions)

    def test_functions_that_speak_http2_have_a_call_of_their_own(self) -> None:
        self.compile()
        self.assertEqual(self.packages()[1], ["deliver-callback", "push-vendor"])

    def test_every_call_has_the_same_flags_and_names_the_target(self) -> None:
        self.compile()
        calls = (self.folder / "calls").read_text().splitlines()
        self.assertEqual(len(calls), 2)
        for call in calls:
            self.assertIn("lambda build --release --bins --target a-target", call)
            self.assertIn("-C relocation-model=static -C force-unwind-tables=no", call)

    def test_a_function_that_is_linked_with_http2_by_mistake_fails(self) -> None:
        for command in COMMANDS:
            done = self.compile(command, content="detected excessive load generating behavior")
            self.assertEqual(done.returncode, 1, command)
            self.assertIn("check-presence is linked with HTTP/2", done.stderr)
