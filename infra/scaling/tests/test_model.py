"""The model: limits in order, and numbers that were computed in another way before."""

from __future__ import annotations

import math
import unittest

from local.costs import PRICES

from scaling import limits, money
from scaling.inputs import ROOT, counted, inputs, parameter, setting
from scaling.loads import DAY
from scaling.text import rounded, short, table
from scaling.usage import Usage


class LimitTest(unittest.TestCase):
    """Limits and what meets them."""

    def test_limits_are_in_the_order_in_which_they_are_met(self) -> None:
        for found in (limits.of_messages(), limits.of_connections(), limits.of_a_gateway()):
            met = [limit.met_at for limit in found]
            self.assertEqual(met, sorted(met))
            for limit in found:
                self.assertAlmostEqual(limit.needed(limit.met_at), limit.capacity)

    def test_the_vendors_rates_and_every_limit_of_the_inputs_are_among_them(self) -> None:
        self.assertEqual(len(limits.of_messages()), len(inputs()["limits"]["messages"]) + len(inputs()["vendors"]))
        self.assertAlmostEqual(sum(vendor["share"] for vendor in inputs()["vendors"].values()), 1)

    def test_every_limit_that_is_no_setting_has_a_source(self) -> None:
        for limit in limits.of_messages() + limits.of_connections() + limits.of_a_gateway():
            self.assertEqual(limit.kind == "setting", limit.source is None, limit.name)

    def test_settings_are_those_of_the_template(self) -> None:
        self.assertEqual(parameter("ApiRequestsPerSecond"), 2_000)
        self.assertEqual(setting("PushFcm", "BatchSize"), 100)
        self.assertEqual(setting("DeliverCallback", "MaximumConcurrency"), 20)
        with self.assertRaisesRegex(LookupError, "EraseData of template.yaml has no ReservedConcurrency"):
            setting("EraseData", "ReservedConcurrency")

    def test_constants_of_the_code_are_where_the_inputs_say(self) -> None:
        for one in inputs()["own"]:
            self.assertTrue(one["text"] in (ROOT / one["file"]).read_text(), f"{one['file']} lacks {one['text']}: is its row in inputs.toml still right?")

    def test_peaks_are_those_of_the_day(self) -> None:
        self.assertAlmostEqual(limits.peak(DAY), inputs()["traffic"]["peak_to_mean"])
        self.assertAlmostEqual(limits.a_day(limits.peak(1e6)), 1e6)

    def test_more_memory_and_fewer_groups_carry_further(self) -> None:
        usual = Usage.standing()
        self.assertLess(Usage.standing(memory_mb=1024).decide_s, usual.decide_s)
        self.assertLess(Usage.standing(groups=0).decide_s, usual.decide_s / 4)


class OtherCalculationTest(unittest.TestCase):
    """The same numbers in another way."""

    def test_a_million_busy_pushes_cost_what_the_readme_says(self) -> None:
        used = Usage.standing(groups=0, offline=1)
        bill = money.of_messages(1e6, used)
        aws = ("API Gateway", "Lambda", "DynamoDB reads", "DynamoDB writes")
        # In the README all phones are of one vendor: a batch of ten sends its jobs in one request.
        sends = sum(1 - math.exp(-10 * vendor.jobs) for vendor in used.vendors.values()) / 10
        requests = used.sqs_requests - sends + 0.1
        self.assertAlmostEqual(requests, 1.5)
        dollars = sum(bill[name] for name in aws) / money.MONTH + requests * PRICES["SQS requests"]
        self.assertAlmostEqual(dollars, 3.28, delta=0.05)

    def test_a_push_uses_the_units_of_its_budget(self) -> None:
        self.assertEqual(counted("one to one", "UsersTable", "read_units"), 1)
        self.assertEqual(Usage.standing(groups=0).all_units("write_units"), 2)

    def test_a_million_connected_users_cost_what_the_table_by_hand_says(self) -> None:
        self.assertAlmostEqual(sum(money.of_connections(1e6).values()), 26_185, delta=15)

    def test_a_batch_of_fcm_takes_its_waves_and_its_instructions(self) -> None:
        # 100 jobs of 481 messages: 629 requests in 5 waves, 87 M and 48 M instructions.
        fcm = Usage.standing().vendors["fcm"]
        self.assertAlmostEqual(fcm.seconds / fcm.jobs * 100, 0.500 + 0.005 + 0.242 + 0.132, delta=0.001)

    def test_a_stack_without_traffic_costs_what_the_readme_says(self) -> None:
        without_dashboard = money.without_traffic() - inputs()["prices"]["dashboard"]
        self.assertIn(f"costs about ${without_dashboard:.0f} a month", (ROOT / "README.md").read_text())

    def test_the_members_are_those_of_the_counted_group(self) -> None:
        self.assertEqual(Usage.standing().members, 100)


class TextTest(unittest.TestCase):
    """Numbers and tables as text."""

    def test_numbers_have_few_digits(self) -> None:
        texts = [short(it) for it in (0.0277, 1.64, 46.3, 463, 4_630, 46_300, 463_000, 31.4e6, 146.4e6, 2.4e9)]
        self.assertEqual(texts, ["0.028", "1.6", "46", "463", "4 630", "46 300", "0.46 M", "31 M", "146 M", "2.4 G"])
        self.assertEqual(rounded(0), "0")

    def test_a_table_is_markdown(self) -> None:
        self.assertEqual(table(["a", "b"], "lr", [["x", "1"]]), "| a | b |\n|---|---:|\n| x | 1 |\n")

    def test_tiers_are_filled_in_turn(self) -> None:
        self.assertEqual(money.tiered(15, [[10, 2], [float("inf"), 1]]), 25)


if __name__ == "__main__":
    unittest.main()
