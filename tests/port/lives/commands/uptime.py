"""uptime(1)."""

if __name__ == "__main__":
    print("10:00AM  up 3 days,  2:01, 1 user, load averages: 0.10, 0.20, 0.30")
