"""The JUnit report of `verify`."""

from __future__ import annotations

from xml.etree import ElementTree

from freebsd_port.engine.core.text.unseen import show_unseen
from freebsd_port.openstack.ops.proof.verify import Verification


def render_junit(result: Verification, *, every_line: bool) -> str:
    """Give a test suite for each run, with a test case for each check.

    With `every_line`, one more suite has a case for each patch, which fails if a line of the patch
    was not run. A patch of which no check passed has a failing case in a suite of its own.
    """
    root = ElementTree.Element("testsuites", name="freebsd-port verify")
    for run in result.runs:
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=f"{run.distribution} on {run.platform}",
            tests=str(len(run.cases)),
            failures=str(len(run.failures)),
            errors="0",
            skipped=str(len(run.skipped)),
            time=f"{sum(case.seconds for case in run.cases):.3f}",
        )
        properties = ElementTree.SubElement(suite, "properties")
        ElementTree.SubElement(
            properties, "property", name="platform", value=show_unseen(run.header)
        )
        for case in run.cases:
            module, _, name = case.check.partition("::")
            element = ElementTree.SubElement(
                suite,
                "testcase",
                classname=show_unseen(f"{run.distribution}.{module}"),
                name=show_unseen(name or module),
                time=f"{case.seconds:.3f}",
            )
            if case.outcome != "passed":
                tag = "failure" if case.outcome == "failed" else "skipped"
                shown = show_unseen(case.message)
                ElementTree.SubElement(element, tag, message=shown.partition("\n")[0]).text = shown
    if result.unproved:
        _add_suite(root, "patches", dict.fromkeys(result.unproved, "no check passed"))
    if every_line:
        _add_suite(root, "added lines", _find_missed(result))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _find_missed(result: Verification) -> dict[str, str]:
    """Give each patch with the lines that no check ran."""
    return {
        one.patch: "\n".join(f"{path}:{line}: no check runs it" for path, line in one.missed)
        for one in result.patches
    }


def _add_suite(root: ElementTree.Element, name: str, cases: dict[str, str]) -> None:
    """Add a suite with a case for each name, which fails if it has a text."""
    suite = ElementTree.SubElement(
        root,
        "testsuite",
        name=name,
        tests=str(len(cases)),
        failures=str(sum(map(bool, cases.values()))),
        errors="0",
        skipped="0",
    )
    for patch, text in cases.items():
        case = ElementTree.SubElement(suite, "testcase", classname=name, name=show_unseen(patch))
        if text:
            first = text.partition("\n")[0]
            ElementTree.SubElement(case, "failure", message=show_unseen(first)).text = show_unseen(
                text
            )
