"""A patch that goes out as a mail comes in as the same bytes, whatever its header is."""

from __future__ import annotations

from drawn_patches import DIFFS, FIELDS, PROSE, patches
from hypothesis import example, given, settings

from freebsd_port.engine.core.exchange.contribution import Contribution, from_mail, to_mail
from freebsd_port.engine.core.exchange.mail_out import render_mail
from freebsd_port.engine.core.exchange.mailbox import clean_message, clean_subject, read_mails

NAME = "nova/some-fix.patch"


@settings(max_examples=150, deadline=None)
@given(patches())
@example((b"From: Jo Porter, the (other) one\n", DIFFS[0]))
@example((b'From: "Porter, Jo" <jo@example.com>\n', DIFFS[0]))
def test_a_patch_comes_back_from_its_mail_byte_for_byte(patch: tuple[bytes, bytes]) -> None:
    header, diffs = patch
    mails = read_mails(render_mail(NAME, header, diffs, 2, 3) * 2)
    assert [from_mail(mail) for mail in mails] == [Contribution(NAME, header + diffs)] * 2


@settings(max_examples=150, deadline=None)
@given(patches())
def test_a_mail_says_what_a_commit_can_have(patch: tuple[bytes, bytes]) -> None:
    mail = to_mail(NAME, *patch)
    assert mail.subject
    assert clean_subject(mail.subject) == mail.subject
    assert clean_message(mail.message) == mail.message
    (read,) = read_mails(render_mail(NAME, *patch, 1, 1))
    assert (read.subject, read.author, read.when, read.message) == (
        mail.subject,
        mail.author,
        mail.when,
        mail.message,
    )


def test_a_mail_that_was_edited_is_read_as_it_is_now() -> None:
    header = b"Subject: fix it\n\nProse  with blanks.  \n\n"
    mail = render_mail(NAME, header, DIFFS[1], 1, 1)
    assert b"\n|Prose  with blanks.  \n" in mail
    (edited,) = read_mails(mail.replace(b"[PATCH] fix it", b"[PATCH] mend it"))
    assert from_mail(edited).text.startswith(b"Subject: mend it\n\nProse  with blanks.\n\n---")


def test_a_header_of_the_house_needs_no_second_copy() -> None:
    header = b"Subject: fix it\nOrigin: vendor\nLast-Update: 2026-11-20\n\nProse.\n\n"
    assert b"\n|" not in render_mail(NAME, header, DIFFS[0], 1, 1)


def test_the_kinds_of_lines_drawn_are_many() -> None:
    assert len({*FIELDS, *PROSE}) > 40
