# SPDX-License-Identifier: Apache-2.0
"""Keystone on a port of the loopback address: serve.py CONFIG PORT"""
import sys
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

config, port = sys.argv[1], int(sys.argv[2])
sys.argv = ["keystone", "--config-file", config]

# This module patches others, so it is imported first.
from keystone.server import wsgi  # noqa: E402, F401
from keystone.server.flask import core  # noqa: E402


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Handler(WSGIRequestHandler):
    def log_message(self, *args):
        pass


application = core.initialize_application("public", config_files=[config])
make_server("127.0.0.1", port, application, server_class=Server, handler_class=Handler).serve_forever()
