"""For processes with this folder in `PYTHONPATH`."""

import socket

import lookup

socket.getaddrinfo = lookup.getaddrinfo
