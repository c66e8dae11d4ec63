"""Merging by statements: what is certain comes out as a person would write it, the rest not."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from freebsd_port.engine.core.rebase.structure import Merged, merge_structure

BASE = """\
    def spawn(self, context, instance, image_meta, disks=None):
        '''Start a guest.'''
        info = self.get_info(instance)
        gen = functools.partial(self._create, context, instance, disks, 'local')
        # get the XML
        xml = self._get_xml(context, instance, info, image_meta,
                            block_device_info=disks)
        self.create_guest(context, xml, instance)
        LOG.debug('Guest is running', instance=instance)
        return info
"""


def merge(ours: str, theirs: str, base: str = BASE) -> Merged | None:
    return merge_structure(*(split(text) for text in (base, ours, theirs)))


def split(text: str) -> list[bytes]:
    return text.encode().splitlines(keepends=True)


def text(merged: Merged | None) -> str | None:
    return b"".join(merged.lines).decode() if merged else None


PUT_IN = BASE.replace(
    "        self.create_guest(",
    "        if self._is_bhyve:\n            # bhyve wants it so\n            xml = clean(xml)\n"
    "        self.create_guest(",
)
BLACK = """\
    def spawn(self, context, instance, image_meta, disks=None):
        \"\"\"Start a guest.\"\"\"
        info = self.get_info(instance)
        gen = functools.partial(
            self._create,
            context,
            instance,
            disks,
            "local",
        )
        # get the XML
        xml = self._get_xml(
            context, instance, info, image_meta, block_device_info=disks
        )
        self.create_guest(context, xml, instance)
        LOG.debug("Guest is running", instance=instance)
        return info
"""
GUARD = (
    "        if self._is_bhyve:\n            # bhyve wants it so\n            xml = clean(xml)\n"
)


def test_lines_put_in_go_between_the_same_statements_after_black() -> None:
    merged = merge(PUT_IN, BLACK)
    wanted = BLACK.replace("        self.create_guest(", GUARD + "        self.create_guest(")
    assert text(merged) == wanted


def test_a_changed_argument_is_put_into_the_statement_as_black_has_written_it() -> None:
    merged = merge(BASE.replace("disks, 'local')", "disks, self.kind)"), BLACK)
    assert text(merged) == BLACK.replace('            "local",', "            self.kind,")
    merged = merge(BASE.replace("disks, 'local')", "disks, 'local', True)"), BLACK)
    assert text(merged) == BLACK.replace('            "local",', '            "local", True,')
    merged = merge(BASE.replace("instance, disks, 'local')", "instance, 'local')"), BLACK)
    assert text(merged) == BLACK.replace("            disks,\n", "")


def test_annotations_stand_beside_a_new_argument() -> None:
    theirs = BASE.replace(
        "(self, context, instance, image_meta, disks=None):",
        "(\n        self, context: Context, instance: Instance, image_meta, disks: Disks = None\n"
        "    ) -> Info:",
    )
    merged = merge(BASE.replace("disks=None):", "disks=None, power_on=True):"), theirs)
    assert text(merged) == theirs.replace("Disks = None", "Disks = None, power_on=True")


def test_a_new_block_of_theirs_takes_in_what_ours_puts_inside() -> None:
    start, stop = BASE.index("        # get the XML"), BASE.index("        LOG.debug")
    body = "".join("    " + line for line in BASE[start:stop].splitlines(keepends=True))
    theirs = BASE[:start] + "        with self.lock:\n" + body + BASE[stop:]
    merged = merge(PUT_IN, theirs)
    inside = "".join("    " + line for line in GUARD.splitlines(keepends=True))
    assert text(merged) == theirs.replace(
        "            self.create_guest(", inside + "            self.create_guest("
    )


@pytest.mark.parametrize("tail", ["", "        finally:\n            self.end()\n"])
def test_a_new_block_around_a_whole_function_takes_in_what_ours_puts_at_its_ends(
    tail: str,
) -> None:
    base = "    def f(self):\n        'Do it.'\n        one()\n        two()\n"
    ours = base.replace("        one()\n", "        first()\n        one()\n") + "        last()\n"
    start = base.index("        one()")
    head = "        try:\n" if tail else "        with self.lock:\n"

    def wrap(whole: str) -> str:
        body = whole[start:].splitlines(keepends=True)
        return whole[:start] + head + "".join("    " + line for line in body) + tail

    assert text(merge(ours, wrap(base), base)) == wrap(ours)


def test_where_a_new_block_ends_next_to_ours_nobody_can_tell_what_is_inside() -> None:
    theirs = BASE.replace(
        "        self.create_guest(", "        with self.lock:\n            self.create_guest("
    )
    assert merge(PUT_IN, theirs) is None
    behind = BASE.replace("        LOG.debug(", "        self.note(info)\n        LOG.debug(")
    assert merge(behind, theirs) is None


def test_a_renamed_argument_is_renamed_in_what_ours_puts_in() -> None:
    theirs = BASE.replace("instance", "guest").replace("guest=guest", "instance=guest")
    ours = BASE.replace(
        "        self.create_guest(", "        check(instance)\n        self.create_guest("
    )
    merged = merge(ours, theirs)
    assert text(merged) == theirs.replace(
        "        self.create_guest(", "        check(guest)\n        self.create_guest("
    )
    assert merged is not None
    assert merged.reason == "instance is guest there"


def test_a_name_that_is_gone_from_theirs_is_not_used() -> None:
    theirs = (
        BASE.replace("        info = self.get_info(instance)\n", "")
        .replace("instance, info,", "instance, self.get_info(instance),")
        .replace("return info", "return None")
    )
    ours = BASE.replace("        LOG.debug(", "        check(info)\n        LOG.debug(")
    assert merge(ours, theirs) is None


def test_a_name_that_stands_for_something_else_now_is_not_taken_for_a_new_name() -> None:
    theirs = BASE.replace("info = self.get_info(instance)", "state = self.get_state(instance)")
    theirs = theirs.replace("instance, info,", "instance, state,").replace(
        "return info", "return state"
    )
    ours = BASE.replace("        LOG.debug(", "        check(info)\n        LOG.debug(")
    assert merge(ours, theirs) is None


def test_the_same_statement_in_another_block_is_not_what_ours_puts_in() -> None:
    base = "def f(a):\n    one(a)\n    two(a)\n"
    ours = base.replace("    two(a)\n", "    check(a)\n    two(a)\n")
    theirs = base.replace("    two(a)\n", "    if a:\n        check(a)\n    two(a)\n")
    assert merge(ours, theirs, base) is None


def test_what_ours_takes_away_and_theirs_moves_is_a_conflict() -> None:
    base = "def f(a):\n    one(a, 1)\n    two(a, 2)\n    three(a, 3)\n    four(a, 4)\n"
    ours = base.replace("    two(a, 2)\n", "")
    theirs = ours.replace("    four(a, 4)\n", "    four(a, 4)\n    two(a, 2)\n")
    assert merge(ours, theirs, base) is None


def test_what_ours_replaces_is_replaced_inside_a_new_block_too() -> None:
    base = "def f(a):\n    # begin\n    one(a)\n"
    ours = "def f(a):\n    # begin it\n    b = a.b\n    if b:\n        other(b)\n"
    theirs = "def f(a):\n    with a.lock:\n        # begin\n        one(a)\n"
    assert text(merge(ours, theirs, base)) == (
        "def f(a):\n    with a.lock:\n        # begin it\n        b = a.b\n"
        "        if b:\n            other(b)\n"
    )
    ours = base.replace("# begin", "# begin it")
    assert text(merge(ours, theirs, base)) == theirs.replace("# begin", "# begin it")


@pytest.mark.parametrize(
    "behind",
    ["and not self.is_arm64()", "or (\n            self.kind == 'bhyve' and self.new\n        )"],
)
def test_what_goes_on_behind_a_tuple_stays_behind_it(behind: str) -> None:
    base = "    def f(self):\n        if self.kind in ('qemu', 'kvm'):\n            self.start()\n"
    ours = base.replace("'kvm'):", f"'kvm') {behind}:")
    theirs = base.replace("'", '"')
    made = text(merge(ours, theirs, base))
    assert made is not None
    assert ast.dump(ast.parse(dedent(made))) == ast.dump(ast.parse(dedent(ours)))


def test_words_on_several_lines_go_on_one_where_no_bracket_holds_them() -> None:
    base = "    def f(self):\n        if self.kind in ('qemu', 'kvm'):\n            self.start()\n"
    ours = base.replace("if self", "if (self").replace(
        "'kvm'):", "'kvm') and\n                not self.is_arm64()):"
    )
    made = text(merge(ours, base.replace("'", '"'), base))
    assert made is not None
    assert '        if self.kind in ("qemu", "kvm") and not self.is_arm64():\n' in made


def test_two_changes_of_one_expression_are_not_merged() -> None:
    theirs = BASE.replace("self.get_info(instance)", "self.find_info(instance)")
    assert merge(BASE.replace("get_info(instance)", "get_info(instance.uuid)"), theirs) is None
    assert merge(BASE.replace("info = self.get_info", "info = self.own_info"), theirs) is None


def test_a_change_of_a_statement_next_to_one_that_ours_changes_is_no_clash() -> None:
    theirs = BASE.replace("'Guest is running'", "'Guest runs'")
    merged = merge(BASE.replace("return info", "return info or None"), theirs)
    assert text(merged) == theirs.replace("return info", "return info or None")


def test_code_that_theirs_took_away_around_ours_is_a_conflict() -> None:
    theirs = BASE.replace("        self.create_guest(context, xml, instance)\n", "")
    assert merge(PUT_IN, theirs) is None


def test_what_theirs_has_in_other_words_is_there_already() -> None:
    ours = BASE.replace("        return info\n", "        return self.check(info, 'yes')\n")
    theirs = BLACK.replace(
        "        return info\n", '        return self.check(\n            info, "yes"\n        )\n'
    )
    merged = merge(ours, theirs)
    assert merged is not None
    assert merged.is_present
    merged = merge(
        PUT_IN,
        BLACK.replace(
            "        self.create_guest(",
            GUARD.replace("(xml)", "( xml )") + "        self.create_guest(",
        ),
    )
    assert merged is not None
    assert merged.is_present


MODULE = dedent(
    """\
    import os
    import time

    from oslo_log import log

    LIMIT = 3
    WAIT = 4


    def first():
        return 1


    def second():
        return 2
    """
)


def test_constants_and_imports_put_in_at_the_same_place_are_both_kept_theirs_first() -> None:
    ours = MODULE.replace("LIMIT = 3\n", "LIMIT = 3\nOURS = 1\n")
    theirs = MODULE.replace("LIMIT = 3\n", "LIMIT = 3\nTHEIRS = 1\n")
    merged = merge(ours, theirs, MODULE)
    assert text(merged) == MODULE.replace("LIMIT = 3\n", "LIMIT = 3\nTHEIRS = 1\nOURS = 1\n")
    ours = MODULE.replace("import time\n", "import sys\nimport time\n")
    theirs = MODULE.replace("import time\n", "import re\nimport time\n")
    merged = merge(ours, theirs, MODULE)
    assert text(merged) == MODULE.replace("import time\n", "import re\nimport sys\nimport time\n")


def test_the_same_name_bound_twice_is_a_conflict() -> None:
    ours = MODULE.replace("LIMIT = 3\n", "LIMIT = 3\nMORE = 1\n")
    assert merge(ours, ours.replace("MORE = 1", "MORE = 2"), MODULE) is None
    theirs = MODULE.replace("LIMIT = 3\n", "LIMIT = 3\nOTHER = MORE\n")
    assert merge(ours, theirs, MODULE) is None


def test_statements_put_in_at_the_same_place_of_a_function_are_a_conflict() -> None:
    theirs = BASE.replace(
        "        self.create_guest(", "        xml += ' '\n        self.create_guest("
    )
    assert merge(PUT_IN, theirs) is None


def test_imports_in_another_order_take_in_another_one() -> None:
    theirs = MODULE.replace(
        "import os\nimport time\n\nfrom oslo_log import log\n",
        "from oslo_log import log\n\nimport time\nimport os\n",
    )
    merged = merge(MODULE.replace("import time\n", "import sys\nimport time\n"), theirs, MODULE)
    assert text(merged) == theirs.replace("import os\n", "import os\nimport sys\n")


def test_functions_put_in_at_the_same_place_are_both_kept() -> None:
    mine, other = (f"def {name}():\n    return 3\n\n\n" for name in ("ours", "theirs"))
    place = "def second"
    merged = merge(
        MODULE.replace(place, mine + place), MODULE.replace(place, other + place), MODULE
    )
    assert text(merged) == MODULE.replace(place, other + mine + place)


def test_the_end_of_one_block_and_the_next_statement_are_two_places() -> None:
    base = "def f(a):\n    if a:\n        one()\n    two()\n"
    ours = base.replace("        one()\n", "        one()\n        ours()\n")
    theirs = base.replace("    two()\n", "    theirs()\n    two()\n")
    merged = merge(ours, theirs, base)
    wanted = "def f(a):\n    if a:\n        one()\n        ours()\n    theirs()\n    two()\n"
    assert text(merged) == wanted
    merged = merge(theirs, ours, base)
    assert text(merged) == wanted


def test_a_block_that_ours_puts_around_statements_is_put_around_theirs() -> None:
    base = "def f(a):\n    one(a)\n    two('b', a)\n    three(a)\n"
    ours = "def f(a):\n    if a:\n        one(a)\n        two('b', a)\n    three(a)\n"
    theirs = base.replace("two('b', a)", 'two(\n        "b", a\n    )')
    merged = merge(ours, theirs, base)
    assert text(merged) == (
        "def f(a):\n    if a:\n        one(a)\n"
        '        two(\n            "b", a\n        )\n    three(a)\n'
    )


def test_a_block_of_ours_goes_into_a_new_block_of_theirs() -> None:
    base = "def f(a):\n    one(a)\n    two(a)\n"
    ours = "def f(a):\n    try:\n        one(a)\n    except Error:\n        pass\n    two(a)\n"
    theirs = "def f(a):\n    with a.lock:\n        one(a)\n        two(a)\n"
    assert text(merge(ours, theirs, base)) == (
        "def f(a):\n    with a.lock:\n        try:\n            one(a)\n"
        "        except Error:\n            pass\n        two(a)\n"
    )


@pytest.mark.parametrize("text_of", ["def f(:\n", "x = '''\n", "  a\n b\n"])
def test_what_is_not_python_is_left_alone(text_of: str) -> None:
    assert merge(text_of, text_of + "a\n", text_of) is None


def test_a_docstring_that_theirs_puts_in_stays_first() -> None:
    base = "def f(a):\n    # so\n    one(a)\n"
    theirs = "def f(a):\n    # so\n    'Do it.'\n    one(a)\n"
    ours = base.replace("    # so\n", "    zero(a)\n    # so\n")
    assert text(merge(ours, theirs, base)) == theirs.replace("it.'\n", "it.'\n    zero(a)\n")


def test_both_sides_put_statements_behind_a_docstring_that_ours_edits() -> None:
    base = "def f(a):\n    'Do it.'\n    one(a)\n"
    theirs = base.replace("it.'\n", "it.'\n    log(a)\n").replace("(a):", "(a) -> int:")
    ours = base.replace("'Do it.'\n", "'Do it, or not.'\n    if a:\n        raise E\n")
    assert merge(ours, theirs, base) is None
    only_words = base.replace("Do it.", "Do it, or not.")
    assert text(merge(only_words, theirs, base)) == theirs.replace("Do it.", "Do it, or not.")


def test_a_decorator_that_theirs_puts_on_stays_on_its_function() -> None:
    added = "def ours():\n    return 3\n\n\n"
    theirs = MODULE.replace("def second", "@traced\ndef second")
    ours = MODULE.replace("def second", added + "def second")
    assert text(merge(ours, theirs, MODULE)) == theirs.replace("@traced", added + "@traced")
    assert text(merge(theirs, ours, MODULE)) == theirs.replace("@traced", added + "@traced")


def test_a_comment_stays_with_what_it_is_about_where_both_sides_add_before_it() -> None:
    base = "import os\n\n# so many\nLIMIT = 3\n"
    ours = base.replace("# so many", "OURS = 1\n# so many")
    theirs = base.replace("# so many", "THEIRS = 1\n# so many")
    merged = merge(ours, theirs, base)
    assert text(merged) == base.replace("# so many", "THEIRS = 1\n\nOURS = 1\n# so many")
    assert merge(ours.replace("so many", "so few"), theirs, base) is None
