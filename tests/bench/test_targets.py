"""What holds and what misses a target, told from costs."""

from bench.process import Cost, Costs, run_measured
from bench.report import render_json, render_tables
from bench.rounds import SeriesResult
from bench.targets import judge_series, judge_whole
from bench.whole import WholeResult

OURS = "freebsd-port apply"


def costs(cpu: float, *, wall: float = 1.0, peak: int = 10**6) -> Costs:
    return Costs((Cost(wall, cpu, peak),))


def long_result(**peers: float) -> SeriesResult:
    steps = {OURS: costs(1.0), "freebsd-port pop -a": costs(1.0)}
    return SeriesResult(1000, steps | {name: costs(cpu) for name, cpu in peers.items()})


def verdicts(result: SeriesResult, short: float = 0.1) -> dict[str, bool | None]:
    shorter = SeriesResult(100, {OURS: costs(short)})
    return {v.name: v.holds for v in judge_series({100: shorter, 1000: result})}


def test_a_ratio_holds_at_its_limit_and_misses_below() -> None:
    name = f"{OURS} against git am"
    assert verdicts(long_result(**{"git am": 15.0}))[name] is True
    assert verdicts(long_result(**{"git am": 14.9}))[name] is False


def test_one_git_apply_may_cost_two_fifths_of_ours_and_no_less() -> None:
    name = f"{OURS} against one git apply"
    assert verdicts(long_result(**{"git apply, one call": 0.4}))[name] is True
    assert verdicts(long_result(**{"git apply, one call": 0.39}))[name] is False


def test_growth_beyond_twelve_times_misses() -> None:
    name = f"{OURS}: 1000 patches against 100"
    assert verdicts(long_result(), short=1 / 12)[name] is True
    assert verdicts(long_result(), short=1 / 13)[name] is False


def test_ten_thousand_patches_are_held_against_a_thousand_and_need_no_peer() -> None:
    def found(cpu: float, peak: int) -> dict[str, bool | None]:
        longest = SeriesResult(10_000, {OURS: costs(cpu, peak=peak)})
        told = judge_series({1000: long_result(), 10_000: longest})
        return {v.name: v.holds for v in told if "10000" in v.name}

    growth, peak = f"{OURS}: 10000 patches against 1000", "peak memory, 10000 patches"
    assert found(12.0, 299_999_999) == {growth: True, peak: True}
    assert found(12.1, 300_000_000) == {growth: False, peak: False}


def test_memory_counts_every_command_of_ours() -> None:
    result = long_result()
    assert verdicts(result)["peak memory, 1000 patches"] is True
    result.steps["freebsd-port pop -a"] = costs(1.0, peak=200_000_000)
    assert verdicts(result)["peak memory, 1000 patches"] is False


def test_an_absent_peer_is_neither_held_nor_missed() -> None:
    found = judge_series({1000: long_result()})
    assert [v.holds for v in found if "quilt" in v.name] == [None, None]
    assert all(v.found == "absent here" for v in found if "quilt" in v.name)


def test_what_could_not_be_measured_says_why() -> None:
    found = {v.name: v for v in judge_whole({"--help": costs(0, wall=0.13)}, {"status": "no tree"})}
    assert (found["--help"].holds, found["status"].holds) == (False, None)
    assert found["status"].found == "no tree"


def test_the_report_names_what_is_absent_and_json_holds_every_run() -> None:
    result = SeriesResult(10, {OURS: costs(0.5)}, ("quilt push -a",))
    whole = WholeResult({"--help": costs(0.1)}, {"status": "no tree"})
    text = render_tables(whole, {10: result}, judge_whole(whole.steps, whole.not_measured))
    assert "quilt push -a" in text
    assert "absent" in text
    assert "MISS" in text
    value = render_json(whole, {10: result}, [])
    assert value["series"][0]["steps"][OURS] == [{"wall": 1.0, "cpu": 0.5, "peak": 10**6}]


def test_the_cost_of_a_command_is_its_own_and_not_ours() -> None:
    held = bytearray(b"x") * 150_000_000
    assert run_measured(["true"]).peak < len(held) // 2
