"""The console bridge: null modems, clients, logs, control socket."""
