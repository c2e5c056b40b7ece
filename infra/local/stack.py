"""Starts and stops the local stack: the real template on an emulator, with simulated or given vendors.

Usage: PYTHONPATH=infra stack.py up | down

`up` on a running stack redeploys it. The result is described in .local/stack.json; logs are in .local/logs.
"""

from __future__ import annotations

import fcntl
import json
import secrets
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3

import artifacts
import processes
import routes
from deployed import CommandError
from processes import Process
from release.unpack import unpack
from settings import BUILD, CANARIES, HOST, LOCAL, LOGS, REGION, ROOT, STACK_NAME, STATE_FILE
from settings import Settings, StackError, aws_environment

State = dict[str, Any]
Clients = Callable[[str], Any]


def up(settings: Settings) -> None:
    """Start what does not run yet, deploy, and write the description."""
    began = time.monotonic()
    state = _read_state()
    # The binaries come first, so that a missing build leaves no emulator behind.
    template = _template(settings)
    _ensure_emulator(settings, state)
    _ensure_faults(settings, state)
    _ensure_vendors(settings, state)
    _deploy(settings, state, template)
    _describe(settings, state)
    step(f"up after {time.monotonic() - began:.0f} s: {state['api_url']} and {state['websocket_url']}")
    step(f"console: {state['api_url']}/console/, operator key {state['operator_key']}")


def down() -> None:
    """Stop the processes of the recorded stack. Does nothing if there is none."""
    state = _read_state()
    for name in ("forwarder", "vendors", "emulator", "faults"):
        process = _recorded(state, name)
        if process:
            step(f"stopping the {name}")
            processes.stop(process)
    STATE_FILE.unlink(missing_ok=True)
    CANARIES.unlink(missing_ok=True)
    step("down")


def step(text: str) -> None:
    """Print one line of progress."""
    print(f"[stack] {text}", flush=True)


def _template(settings: Settings) -> Path:
    """Return the template beside the functions: those that were built, or those of a release."""
    if settings.release is None:
        step("collecting binaries")
        return artifacts.write(settings.binaries, BUILD)
    try:
        release = unpack(settings.release, LOCAL / "release" / "stack")
    except CommandError as problem:
        raise StackError(str(problem)) from None
    step(f"release {release.version} for {release.architecture}, commit {release.commit}")
    return release.template


def _ensure_emulator(settings: Settings, state: State) -> None:
    running = _recorded(state, "emulator")
    if running and state.get("aws_endpoint_url") == settings.aws_url and state.get("faults_url") == settings.faults_url:
        step(f"emulator runs already at {settings.aws_url}")
        return
    if running:
        step("stopping the emulator on the former port")
        processes.stop(running)
    processes.require_free(settings.aws_port, "emulator", "CURLEW_AWS_PORT")
    step(f"starting the emulator at {settings.aws_url}")
    log = LOGS / "emulator.log"
    log.unlink(missing_ok=True)
    CANARIES.unlink(missing_ok=True)
    # Functions that an earlier emulator unpacked.
    shutil.rmtree(LOCAL / "tmp", ignore_errors=True)
    emulator = Path(__file__).with_name("emulator.py")
    # Functions reach the emulator only if it is told its own address, which aws_environment does. With AUTH, the
    # emulator applies the policies of its role to every function. The key `test`, which deploys and inspects, may do
    # everything.
    options = {"GATEWAY_PORT": str(settings.aws_port), "BIND_HOST": HOST, "AUTH": "true"}
    # These services would listen on ports of their own, and to the whole network.
    options |= {"SFTP_ENABLED": "0", "IOT_MTLS_ENABLED": "0"}
    # Functions call the proxy, if there is one. It passes calls on to the emulator.
    if settings.faults_url:
        options |= {"AWS_ENDPOINT_URL": settings.faults_url}
    process = processes.start([sys.executable, str(emulator)], aws_environment(settings) | options, log)
    # A new emulator is empty, so earlier keys are invalid.
    state.pop("operator_key", None)
    state["aws_endpoint_url"] = settings.aws_url
    state["faults_url"] = settings.faults_url
    _record(state, "emulator", process)
    processes.wait_until(lambda: _answers(f"{settings.aws_url}/_ministack/health"), process, "the emulator", log, 60)


def _ensure_faults(settings: Settings, state: State) -> None:
    """Start the proxy between functions and emulator, if the settings name a port for it."""
    running = _recorded(state, "faults")
    arguments = ["--listen", f"{HOST}:{settings.faults_port}", "--upstream", settings.aws_url]
    built = settings.aws_faults.stat().st_mtime if settings.aws_faults.exists() else None
    if running and settings.faults_url and state.get("faults") == [built, *arguments]:
        step(f"proxy for AWS faults runs already at {settings.faults_url}")
        return
    if running:
        processes.stop(running)
        state["pids"].pop("faults", None)
    if settings.faults_port is None:
        return
    if built is None:
        raise StackError(f"{settings.aws_faults} is missing. Build the workspace")
    processes.require_free(settings.faults_port, "proxy for AWS faults", "CURLEW_AWS_FAULTS_PORT")
    step(f"starting the proxy for AWS faults at {settings.faults_url}")
    log = LOGS / "aws-faults.log"
    log.unlink(missing_ok=True)
    process = processes.start([str(settings.aws_faults), *arguments], aws_environment(settings), log)
    state["faults"] = [built, *arguments]
    _record(state, "faults", process)
    what = "the proxy for AWS faults"
    processes.wait_until(lambda: processes.port_open(settings.faults_port or 0), process, what, log, 30)


def _ensure_vendors(settings: Settings, state: State) -> None:
    running = _recorded(state, "vendors")
    binary = settings.simulators
    if settings.external_vendors:
        if running:
            step("stopping the vendor simulators: VENDOR_BASE_URL names another server")
            processes.stop(running)
            state["pids"].pop("vendors", None)
        step(f"vendors are at {settings.external_vendors}")
        return
    built = binary.stat().st_mtime if binary.exists() else None
    if running and state.get("vendor_base_url") == settings.vendor_url and state.get("vendors_built") == built:
        step(f"vendor simulators run already at {settings.vendor_url}")
        return
    if built is None:
        raise StackError(f"{binary} is missing. Build the workspace, or name a vendor server in VENDOR_BASE_URL")
    if running:
        processes.stop(running)
    processes.require_free(settings.vendor_port, "vendor simulators", "CURLEW_VENDOR_PORT")
    step(f"starting the vendor simulators at {settings.vendor_url}")
    log = LOGS / "vendors.log"
    log.unlink(missing_ok=True)
    address = f"{HOST}:{settings.vendor_port}"
    process = processes.start([str(binary), "--listen", address], aws_environment(settings), log)
    state["vendors_built"] = built
    _record(state, "vendors", process)
    processes.wait_until(lambda: processes.port_open(settings.vendor_port), process, "the vendor simulators", log, 30)


def _vendor_ca(settings: Settings) -> str:
    """Return the certificate authority of the vendors in one line, as `sam` takes it."""
    pem = settings.external_ca
    if not settings.external_vendors:
        with urllib.request.urlopen(f"{settings.vendor_url}/_sim/ca.pem", timeout=10) as answer:
            pem = answer.read().decode()
    return " ".join(pem.split())


def _ensure_forwarder(settings: Settings, state: State, prefixes: list[str]) -> None:
    running = _recorded(state, "forwarder")
    arguments = [str(settings.api_port), str(settings.aws_port), *prefixes]
    if running and state.get("forwards") == arguments:
        step(f"forwarder runs already at {settings.api_url}")
        return
    if running:
        processes.stop(running)
    processes.require_free(settings.api_port, "forwarder", "CURLEW_API_PORT")
    step(f"starting the forwarder at {settings.api_url}")
    log = LOGS / "forwarder.log"
    log.unlink(missing_ok=True)
    forwarder = Path(__file__).with_name("forwarder.py")
    process = processes.start([sys.executable, str(forwarder), *arguments], aws_environment(settings), log)
    state["forwards"] = arguments
    _record(state, "forwarder", process)
    processes.wait_until(lambda: processes.port_open(settings.api_port), process, "the forwarder", log, 30)


def _deploy(settings: Settings, state: State, template: Path) -> None:
    state.setdefault("operator_key", secrets.token_urlsafe(32))
    parameters = {
        "OperatorKey": state["operator_key"],
        "VendorBaseUrl": settings.vendor_tls_url,
        "VendorCaPem": f'"{_vendor_ca(settings)}"',
        "StatisticsFlushSeconds": "0",
        "AllowLocalCallbacks": "true",
        # The emulator's tables end with it.
        "DeletionProtection": "false",
    }
    log = LOGS / "deploy.log"
    step(f"deploying infra/template.yaml (details in {log.relative_to(ROOT)})")
    command = [
        str(Path(sys.executable).with_name("sam")), "deploy",
        "--template-file", str(template), "--stack-name", STACK_NAME, "--region", REGION,
        "--resolve-s3", "--capabilities", "CAPABILITY_IAM",
        "--no-confirm-changeset", "--no-fail-on-empty-changeset", "--no-progressbar",
        "--parameter-overrides", *(f"{name}={value}" for name, value in parameters.items()),
    ]  # fmt: skip
    with log.open("w") as output:
        done = subprocess.run(
            command, cwd=template.parent, env=aws_environment(settings), stdin=subprocess.DEVNULL, stdout=output,
            stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
    if done.returncode != 0:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-40:])
        raise StackError(f"the deployment failed; after `make down` the next `make up` starts afresh. {log}:\n{tail}")


def _describe(settings: Settings, state: State) -> None:
    """Create the API's routes and write the description."""
    clients = _clients(settings)
    resources = _resources(clients)
    functions = resources["AWS::Lambda::Function"]
    apis = _apis(resources["AWS::ApiGatewayV2::Api"], clients)
    count = routes.create(STACK_NAME, apis["HTTP"], functions, clients)
    step(f"created {count} routes")
    _ensure_forwarder(settings, state, _prefixes(apis, clients))
    state.update(
        api_url=settings.api_url,
        websocket_url=settings.websocket_url,
        vendor_base_url=settings.vendor_url,
        aws_endpoint_url=settings.aws_url,
        faults_url=settings.faults_url,
        region=REGION,
        queues=resources["AWS::SQS::Queue"],
        tables=resources["AWS::DynamoDB::Table"],
        functions=functions,
        secrets=resources["AWS::SecretsManager::Secret"],
        keys=resources["AWS::KMS::Key"],
        log_groups=resources["AWS::Logs::LogGroup"],
        log_dir=str(LOGS),
        python=sys.executable,
    )
    _write_state(state)


def _apis(ids: dict[str, str], clients: Clients) -> dict[str, str]:
    """Return protocol to id of the stack's APIs. There is one of each."""
    gateway = clients("apigatewayv2")
    return {gateway.get_api(ApiId=api_id)["ProtocolType"]: api_id for api_id in ids.values()}


def _prefixes(apis: dict[str, str], clients: Clients) -> list[str]:
    """Return the paths at which the emulator serves the HTTP API and the stage of the WebSocket API."""
    (stage,) = clients("apigatewayv2").get_stages(ApiId=apis["WEBSOCKET"])["Items"]
    return [f"/_aws/execute-api/{it}" for it in (apis["HTTP"], f"{apis['WEBSOCKET']}/{stage['StageName']}")]


def _clients(settings: Settings) -> Clients:
    """Return AWS clients that reach only the emulator."""
    environment = aws_environment(settings)
    session = boto3.Session(
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        region_name=REGION,
    )
    return lambda service: session.client(service, endpoint_url=settings.aws_url)  # type: ignore[call-overload]


def _resources(clients: Clients) -> dict[str, dict[str, str]]:
    """Return type to logical id to physical id of everything in the stack."""
    found: dict[str, dict[str, str]] = {}
    pages = clients("cloudformation").get_paginator("list_stack_resources").paginate(StackName=STACK_NAME)
    for page in pages:
        for it in page["StackResourceSummaries"]:
            found.setdefault(it["ResourceType"], {})[it["LogicalResourceId"]] = it["PhysicalResourceId"]
    return found


@contextmanager
def _alone() -> Iterator[None]:
    """Make a second `up` or `down` of this checkout wait until the first has ended."""
    LOCAL.mkdir(exist_ok=True)
    with (LOCAL / "stack.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            step("another up or down is under way; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _read_state() -> State:
    """Return the recorded state. It is empty if there is none, or if a run was interrupted while writing it."""
    try:
        state = json.loads(STATE_FILE.read_text())
        return state if isinstance(state, dict) else {}
    except (FileNotFoundError, json.JSONDecodeError):
        return {}


def _write_state(state: State) -> None:
    LOCAL.mkdir(exist_ok=True)
    draft = STATE_FILE.with_suffix(".new")
    draft.write_text(json.dumps(state, indent=2) + "\n")
    draft.chmod(0o600)
    draft.replace(STATE_FILE)


def _recorded(state: State, name: str) -> Process | None:
    return Process.from_json(state.get("pids", {}).get(name))


def _record(state: State, name: str, process: Process) -> None:
    """Record a process at once, so that `down` can stop it even after an interrupted run."""
    state.setdefault("pids", {})[name] = process.as_json()
    _write_state(state)


def main(arguments: list[str]) -> int:
    """Entry point."""
    try:
        match arguments:
            case ["up"]:
                with _alone():
                    up(Settings.from_environment())
            case ["down"]:
                with _alone():
                    down()
            case _:
                print(__doc__, file=sys.stderr)
                return 2
    except StackError as problem:
        print(f"[stack] error: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
