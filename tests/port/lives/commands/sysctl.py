"""sysctl(8) for the one question that nova asks: a host with two threads a core."""

import sys

if __name__ == "__main__":
    if sys.argv[1:] != ["-n", "kern.smp.threads_per_core"]:
        sys.exit("sysctl: unknown oid")
    print(2)
