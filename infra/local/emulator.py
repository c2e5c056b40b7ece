"""Runs the emulator with corrections, a meter, and records of sent messages and of invocations. A correction exists
only where the emulator differs from AWS and a test needs the difference to be gone. `inside.py` lists the replaced
parts of the emulator and the versions that they fit.
"""

import socketserver

import alarms
import authorization
import connections
import event_sources
import inside
import invocations
import meter
import pages
import sent
import socket_frames
import socket_resources
import socket_routes
import sockets

# The server writes answers to a function process in two pieces. Nagle's algorithm and delayed acknowledgement would
# delay the second piece by up to 40 ms in every invocation.
socketserver.StreamRequestHandler.disable_nagle_algorithm = True

# The meter comes after the corrections and counts what they pass on.
for part in (
    alarms, authorization, event_sources, socket_resources, socket_frames, socket_routes, sockets, connections, meter, sent,
    invocations, pages,
):  # fmt: skip
    part.install()

if __name__ == "__main__":
    inside.main()
