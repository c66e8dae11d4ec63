"""Serves the WSGI application of a module: serve.py DESCRIPTOR MODULE.

The descriptor is a listening socket that was inherited. Threads of the standard library's server;
an operator would take uwsgi or mod_wsgi.
"""

import importlib
import os
import signal
import socket
import sys
import threading
from socketserver import ThreadingMixIn
from wsgiref import simple_server


class Server(ThreadingMixIn, simple_server.WSGIServer):
    """A server on a socket that listens already."""

    daemon_threads = True

    def __init__(self, listener):
        super().__init__(
            listener.getsockname(), simple_server.WSGIRequestHandler, bind_and_activate=False
        )
        self.socket.close()
        self.socket = listener
        self.server_name, self.server_port = self.server_address
        self.setup_environ()


def main():
    """Import the module, serve until SIGTERM."""
    descriptor, module = sys.argv[1:]
    sys.argv[:] = [module]  # nova and placement read it
    application = importlib.import_module(module).application
    server = Server(socket.socket(fileno=int(descriptor)))
    server.set_app(application)
    # shutdown() waits for serve_forever(), which the handler would interrupt
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    print(f"serving {module} at port {server.server_port}, process {os.getpid()}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
