"""Checks of nova/cpu-monitor-iowait.patch: metrics of a CPU whose waiting nobody counts."""

import pytest

pytestmark = pytest.mark.patch("nova/cpu-monitor-iowait.patch")

# What libvirt reports, in nanoseconds.
FREEBSD = {"kernel": 200, "user": 300, "idle": 500, "intr": 7}
LINUX = {"kernel": 100, "user": 300, "idle": 500, "iowait": 100}


@pytest.fixture
def counts(connection, libvirt, monkeypatch):
    """Have libvirt count the CPU's time: counts(name to nanoseconds)."""
    monkeypatch.setattr(libvirt, "VIR_NODE_CPU_STATS_ALL_CPUS", -1, raising=False)

    def count(times):
        def answer(number, flags):
            assert number == libvirt.VIR_NODE_CPU_STATS_ALL_CPUS
            return dict(times)

        monkeypatch.setattr(connection, "getCPUStats", answer, raising=False)

    return count


@pytest.fixture
def metrics(make_driver):
    """Read the metrics of the host with the CPU monitor of nova: name to value."""
    from nova.compute.monitors.cpu import virt_driver
    from nova.objects import monitor_metric

    def read(virt_type):
        monitor = virt_driver.Monitor(type("Tracker", (), {"driver": make_driver(virt_type)}))
        monitor.source = "cpu.virt_driver"
        metric_list = monitor_metric.MonitorMetricList(objects=[])
        monitor.populate_metrics(metric_list)
        return {metric.name: metric.value for metric in metric_list.objects}

    return read


@pytest.mark.on_freebsd
def test_a_host_that_counts_no_waiting_reports_none(counts, metrics):
    counts(FREEBSD)
    read = metrics("bhyve")
    assert read["cpu.iowait.time"] == 0
    assert read["cpu.iowait.percent"] == 0


@pytest.mark.on_freebsd
def test_the_other_metrics_are_those_of_libvirt(counts, metrics):
    counts(FREEBSD)
    read = metrics("bhyve")
    assert {name: read["cpu.%s.time" % name] for name in ("user", "kernel", "idle")} == {
        "user": 300,
        "kernel": 200,
        "idle": 500,
    }
    assert (read["cpu.user.percent"], read["cpu.kernel.percent"]) == (30, 20)
    assert (read["cpu.idle.percent"], read["cpu.percent"]) == (50, 50)
    assert read["cpu.frequency"] == 2100


@pytest.mark.on_linux
def test_on_linux_the_waiting_that_libvirt_counts_is_reported(counts, metrics):
    counts(LINUX)
    read = metrics("kvm")
    assert read["cpu.iowait.time"] == 100
    assert read["cpu.iowait.percent"] == 10
    assert read["cpu.percent"] == 50


@pytest.mark.on_linux
def test_on_linux_the_driver_passes_on_what_libvirt_says(counts, make_driver):
    counts(LINUX)
    assert make_driver("kvm").get_host_cpu_stats() == dict(LINUX, frequency=2100)
