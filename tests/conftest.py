"""Makes the modules beside this file importable by every test, and interrupts what they are."""

import signal

# A shell starts what it runs in the background with SIGINT ignored, and the commands that the
# tests interrupt would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
