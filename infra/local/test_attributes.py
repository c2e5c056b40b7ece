"""Tests of the names of attributes, on requests with known names."""

from __future__ import annotations

import unittest

import attributes

KEY = {"pk": {"S": "p"}, "sk": {"S": "s"}}


class Named(unittest.TestCase):
    """The names in a request."""

    def test_an_update_names_its_key_what_it_changes_and_what_it_compares(self) -> None:
        request = {
            "Key": KEY,
            "UpdateExpression": "SET #state = :disabled, reason = if_not_exists(reason, :reason) REMOVE old",
            "ConditionExpression": "attribute_exists(pk) AND fingerprint = :fingerprint",
            "ExpressionAttributeNames": {"#state": "state"},
        }
        self.assertEqual(attributes.named(request), ["fingerprint", "old", "pk", "reason", "sk", "state"])

    def test_a_put_names_its_item(self) -> None:
        self.assertEqual(attributes.named({"Item": KEY | {"credential": {"B": "AA=="}}}), ["credential", "pk", "sk"])


if __name__ == "__main__":
    unittest.main()
