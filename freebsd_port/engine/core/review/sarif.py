"""Findings as SARIF, so that code hosts show them on the lines of the patch files.

Source: SARIF 2.1.0, OASIS Standard.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from freebsd_port.engine.core.review.facts import Remark, SeriesFacts
from freebsd_port.engine.core.review.rules.all import RULES
from freebsd_port.engine.core.text.file import hash_bytes

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_UNSAFE = re.compile(r"[^A-Za-z0-9/._~@+,=-]")


def all_findings(facts: SeriesFacts) -> tuple[Remark, ...]:
    """Give every finding, patch by patch, in the order of its lines."""
    return tuple(
        finding
        for patch in facts.patches
        for finding in sorted(
            (*patch.findings, *(one for hunk in patch.hunks for one in hunk.findings)),
            key=lambda one: (one.line, one.rule, one.message),
        )
    )


def make_sarif(findings: Iterable[Remark], version: str | None) -> dict[str, Any]:
    """Give the log, as JSON has it; `version` is the tool's, None if it is not known."""
    order = [rule.name for rule in RULES]
    driver = {
        "name": "freebsd-port",
        **({} if version is None else {"version": version}),
        "rules": [
            {
                "id": rule.name,
                "shortDescription": {"text": rule.asks},
                "defaultConfiguration": {"level": rule.level},
            }
            for rule in RULES
        ],
    }
    results = [_result(finding, order.index(finding.rule)) for finding in findings]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(finding: Remark, index: int) -> dict[str, Any]:
    place = {
        "artifactLocation": {"uri": _quote(finding.file), "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": finding.line},
    }
    print_ = hash_bytes(
        f"{finding.rule}\n{finding.hunk or finding.file}\n{finding.message}".encode()
    )
    return {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": finding.level,
        "message": {"text": finding.message},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"hunk/v1": print_[:32]},
    }


def _quote(path: str) -> str:
    """Write a path as a URI has it. Source: RFC 3986."""
    return _UNSAFE.sub(
        lambda match: "".join(f"%{b:02X}" for b in match[0].encode("utf-8", "surrogateescape")),
        path,
    )
