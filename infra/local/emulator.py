"""Runs the emulator with corrections, each where it is further from AWS than our tests can bear, a meter, and a look at what is
sent. What they replace of the emulator, and which version of it they fit, is in `inside.py`."""

import socketserver

import authorization
import connections
import event_sources
import inside
import meter
import pages
import sent
import socket_frames
import socket_resources
import socket_routes
import sockets

# Answers to a function process are written in two pieces, and the second would wait up to 40 ms for the first to be
# acknowledged (Nagle's algorithm meeting delayed acknowledgement), in every single invocation.
socketserver.StreamRequestHandler.disable_nagle_algorithm = True

# The meter counts what is left when all corrections are made.
for part in (
    authorization, event_sources, socket_resources, socket_frames, socket_routes, sockets, connections, meter, sent, pages,
):  # fmt: skip
    part.install()

if __name__ == "__main__":
    inside.main()
