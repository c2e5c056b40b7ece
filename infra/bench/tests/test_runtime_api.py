"""Tests of the Runtime API, with small programs in the place of functions."""

from __future__ import annotations

import tempfile
import textwrap
import unittest
from pathlib import Path

from bench.records import young
from bench.runtime_api import Event, Run, run

_LOOP = """\
    #!/usr/bin/env python3
    import json, os, urllib.request
    api = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation"
    while True:
        with urllib.request.urlopen(f"{api}/next") as answer:
            event, id = json.load(answer), answer.headers["Lambda-Runtime-Aws-Request-Id"]
        path = "error" if event.get("fail") else "response"
        told = json.dumps({"statusCode": event.get("status", 200), "seen": event["number"]}).encode()
        urllib.request.urlopen(f"{api}/{id}/{path}", told).close()
"""


class Functions(unittest.TestCase):
    def handled(self, *events: Event, program: str = _LOOP) -> Run:
        with tempfile.TemporaryDirectory() as folder:
            binary = Path(folder, "function")
            binary.write_text(textwrap.dedent(program))
            binary.chmod(0o755)
            return run(binary, {}, list(events))

    def test_events_are_handed_out_in_their_order_and_the_last_poll_ends_the_run(self) -> None:
        done = self.handled({"number": 1}, {"number": 2})
        self.assertEqual([it["seen"] for it in done.answers], [1, 2])
        self.assertGreater(done.peak_kb, 1000)

    def test_a_function_that_ends_before_its_poll_fails_the_measurement_with_what_it_said(self) -> None:
        with self.assertRaisesRegex(SystemExit, "no such setting"):
            self.handled(program="#!/bin/sh\necho no such setting >&2\n")

    def test_an_error_and_a_refusal_fail_the_measurement(self) -> None:
        for event in ({"number": 1, "fail": True}, {"number": 1, "status": 500}):
            with self.subTest(event), self.assertRaises(SystemExit):
                self.handled(event)


class Records(unittest.TestCase):
    def test_ids_of_messages_become_young_and_stay_different(self) -> None:
        ids = ["01KBA5Z9QJ8S4G5M0T7Y2X3W4V", "01KBA5Z9QJ8S4G5M0T7Y2X3W4W"]
        told = young(f'{{"ids":["{ids[0]}","{ids[1]}"],"token":"01KBA5Z9"}}')
        self.assertNotIn(ids[0][:10] + "8S4G", told)
        self.assertIn("8S4G5M0T7Y2X3W4V", told.replace(ids[0][:10], ""))
        self.assertIn('"token":"01KBA5Z9"', told)
