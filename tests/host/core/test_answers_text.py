"""The host.toml that is written: complete, and equal to saying nothing."""

from __future__ import annotations

import re
from dataclasses import fields

from freebsd_port.host.core.answers import Answers, Libvirt
from freebsd_port.host.core.answers_file import parse_answers, render_answers


def test_it_says_what_an_empty_file_says() -> None:
    assert parse_answers(render_answers(Answers())) == Answers()


def test_it_still_does_with_every_key_made_active() -> None:
    active = re.sub(rb"(?m)^#(\w+ = )", rb"\1", render_answers(Answers()))
    assert active != render_answers(Answers())
    assert parse_answers(active) == Answers()


def test_every_section_and_key_is_there_once() -> None:
    text = render_answers(Answers()).decode()
    for section in fields(Answers):
        assert text.count(f"\n[{section.name}]\n") == 1
    keys = re.findall(r"(?m)^#(\w+) = ", text)
    assert len(keys) == sum(len(fields(section.default_factory)) for section in fields(Answers))


def test_only_what_differs_from_the_default_is_active() -> None:
    answers = Answers(libvirt=Libvirt("qemu", "qemu:///system"))
    text = render_answers(answers)
    assert parse_answers(text) == answers
    assert re.findall(rb"(?m)^\w+ = .*$", text) == [
        b'virt_type = "qemu"',
        b'uri = "qemu:///system"',
    ]
