"""Checks a stack after a deployment: makes an app, pushes to one phone, erases the user and deletes the app.

Without a credential a made-up one shows that the vendor answers. In the environment: TOKEN, the device token of a phone, and
CURLEW_OPERATOR_KEY, without which the operator key is read from Secrets Manager.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable

from deployed import CommandError, Deployed, add_arguments, is_of_aws
from import_easemob.clock import Clock
from import_easemob.errors import Stopped
from import_easemob.transport import Http

from .api import Api
from .run import run
from .story import Story
from .vendors import notifier

_PATIENCE_SECONDS = 60.0


def main(arguments: Iterable[str] | None = None) -> int:
    """Entry point."""
    chosen = _arguments(arguments)
    try:
        url, key, in_china = _found(Deployed.of(chosen))
        notified = notifier(chosen.vendor, chosen.credential, os.environ.get("TOKEN"), in_china=in_china)
        _say(f"{url}, {notified.vendor} with {'a made-up credential' if notified.made_up else 'the credential of the file'}")
        works = run(Story(Api(Http(url, "Curlew")), key, notified, Clock(), chosen.patience), _say)
    except Exception as why:
        if not isinstance(why, (CommandError, Stopped)) and not is_of_aws(why):
            raise
        print(f"[smoke] error: {why}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("[smoke] interrupted; the app of the run is deleted", file=sys.stderr)
        return 1
    _say("the stack works" if works else "the stack does NOT work: see the lines above")
    if works and notified.made_up:
        _say("the refusal switched the run's own notifier off, so NotifiersDisabledAlarm may go off once")
    return 0 if works else 1


def _found(stack: Deployed) -> tuple[str, str, bool]:
    """Return the API's address, the operator key, and whether the stack is in China."""
    given = os.environ.get("CURLEW_OPERATOR_KEY")
    if stack.described is not None:
        return stack.described["api_url"], given or stack.described["operator_key"], False
    outputs = stack.outputs()
    url = outputs["ApiUrl"]
    key = given or stack.client("secretsmanager").get_secret_value(SecretId=outputs["OperatorKeySecretArn"])["SecretString"]
    return url, key, url.endswith(".amazonaws.com.cn")


def _arguments(arguments: Iterable[str] | None) -> argparse.Namespace:
    about, _, variables = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(prog="make smoke", description=about, epilog=variables)
    add_arguments(parser)
    parser.add_argument("--vendor", help="vendor of the notifier (fcm; huawei in the China regions)")
    parser.add_argument("--credential", help="file with the vendor's credential, as POST /notifiers takes it")
    parser.add_argument("--patience", type=float, default=_PATIENCE_SECONDS, help="seconds that a step may take (60)")
    return parser.parse_args(list(arguments) if arguments is not None else None)


def _say(text: str) -> None:
    print(f"[smoke] {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
