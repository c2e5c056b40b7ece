"""Tests of the model of waits, on cases computed by hand."""

from __future__ import annotations

import unittest

import waits
from settings import TEMPLATE
from waits import STAGES, Build, Measured, Memory

CORE = dict.fromkeys(STAGES, 1769)
# A build whose cold starts take 101 ms on a core, and whose messages take 2 ms of each function.
BUILD = dict.fromkeys(STAGES, Measured(zipped=85_000 // 2, start=1_000_000, first=250_000, alone=5_000_000, full=2_500_000))


def with_memory(mb: int) -> Memory:
    return dict.fromkeys(STAGES, mb)


def with_zipped(**sizes: int) -> Build:
    """Return the build with archives of these sizes, which are named with `_` for `-`."""
    return BUILD | {
        name: Measured(zipped=sizes[key], start=1_000_000, first=250_000, alone=5_000_000, full=2_500_000)
        for name in STAGES
        if (key := name.replace("-", "_")) in sizes
    }


class Waits(unittest.TestCase):
    def test_a_function_has_a_core_at_1769_mb_and_never_more(self) -> None:
        self.assertAlmostEqual(waits.processor(5_000_000, 1769), 2)
        self.assertAlmostEqual(waits.processor(5_000_000, 1024), 2 * 1769 / 1024)
        self.assertAlmostEqual(waits.processor(5_000_000, 10_240), 2)

    def test_a_cold_start_prepares_loads_and_works(self) -> None:
        self.assertAlmostEqual(waits.start(BUILD["push-vendor"], 1769), 100 + 0.5 + 0.5)

    def test_a_message_that_is_alone_waits_for_six_calls_and_three_processors(self) -> None:
        # 5 for a row, 10 for a record, twice, and 100 for the vendor.
        self.assertAlmostEqual(waits.warm(BUILD, CORE), 130 + 6)

    def test_the_median_meets_no_cold_start_and_the_99th_hundredth_one(self) -> None:
        # 97.03 % meet none, and 0.98 % each meet that of one function.
        build = with_zipped(ingest_message=85_000, check_presence=170_000, push_vendor=255_000)
        self.assertAlmostEqual(waits.quantile(build, CORE, 0.5), 136)
        self.assertAlmostEqual(waits.quantile(build, CORE, 0.97), 136)
        self.assertAlmostEqual(waits.quantile(build, CORE, 0.98), 136 + 101.5)
        self.assertAlmostEqual(waits.quantile(build, CORE, 0.99), 136 + 103.5)

    def test_after_silence_every_function_starts_cold(self) -> None:
        self.assertAlmostEqual(waits.after_silence(BUILD, CORE), 136 + 3 * 101)

    def test_the_last_of_full_batches_waits_for_all_before_it(self) -> None:
        # 100, 10 and 100 messages of a millisecond. 100 rows are written ten at a time, 100 pushes sent 64 at a time.
        others = (5 + 10) + (5 + 10) + (2 * 100 + 10 * 5)
        self.assertAlmostEqual(waits.busy(BUILD, CORE), 210 + others)

    def test_memory_costs_while_a_function_waits_and_not_while_it_works(self) -> None:
        busy = {name: Measured(0, 0, 0, 10_000_000_000, 0) for name in STAGES}
        self.assertAlmostEqual(waits.dollars(busy, with_memory(128), False), waits.dollars(busy, with_memory(256), False), delta=1)
        idle = {name: Measured(0, 0, 0, 0, 0) for name in STAGES}
        # 15 + 15 + 105 ms of a GB cost $13.33 a thousand seconds.
        self.assertAlmostEqual(waits.dollars(idle, with_memory(1024), False), 0.135 * 13.33)
        self.assertAlmostEqual(waits.dollars(idle, with_memory(512), False), 0.135 * 13.33 / 2)

    def test_cold_starts_are_billed_by_their_share(self) -> None:
        # A hundredth of a second of a core, each hundredth time, three times.
        build = {name: Measured(0, 20_000_000, 5_000_000, 0, 0) for name in STAGES}
        idle = {name: Measured(0, 0, 0, 0, 0) for name in STAGES}
        more = waits.dollars(build, CORE, False) - waits.dollars(idle, CORE, False)
        self.assertAlmostEqual(more, 3 * 0.01 * 0.01 * 1769 / 1024 * 13.33)

    def test_the_records_of_a_batch_share_its_cost(self) -> None:
        idle = {name: Measured(0, 0, 0, 0, 0) for name in STAGES}
        seconds = 0.015 / 100 + 0.015 / 10 + 0.25 / 100
        self.assertAlmostEqual(waits.dollars(idle, with_memory(1024), True), seconds * 13.33)


class Inputs(unittest.TestCase):
    def test_every_build_has_all_functions(self) -> None:
        measured = waits.builds(waits.INPUTS.read_text())
        self.assertGreater(len(measured), 1)
        for name, build in measured.items():
            self.assertEqual(list(build), list(STAGES), name)

    def test_a_function_has_its_own_memory_size_or_that_of_all(self) -> None:
        template = (
            "Globals:\n  Function:\n    MemorySize: 256\n\nResources:\n"
            "  PushFcm:\n    Properties:\n      CodeUri: ../functions/push-vendor\n      MemorySize: 512\n      Timeout: 60\n"
            "  CheckPresence:\n    Properties:\n      CodeUri: ../functions/check-presence\n      Timeout: 60\n"
            "  IngestMessage:\n    Properties:\n      CodeUri: ../functions/ingest-message\n\n  Other:\n    Properties:\n      MemorySize: 1\n"
        )
        self.assertEqual(waits.deployed(template), {"ingest-message": 256, "check-presence": 256, "push-vendor": 512})

    def test_the_table_has_the_memory_sizes_of_the_template(self) -> None:
        measured = waits.builds(waits.INPUTS.read_text())
        lines = waits.report(measured, TEMPLATE.read_text()).splitlines()
        self.assertEqual(len(lines), 2 + len(measured) * len(waits.MEMORY_MB) + 1)
        self.assertIn("as deployed", lines[-1])
