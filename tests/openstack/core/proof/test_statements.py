"""Python source by statement."""

from __future__ import annotations

import textwrap

import pytest

from freebsd_port.openstack.core.proof.coverage import statement_lines


def statements(text: str) -> dict[int, int]:
    return statement_lines(textwrap.dedent(text).lstrip("\n").encode())


def test_a_line_is_its_own_statement() -> None:
    assert statements("a = 1\nb = 2\n") == {1: 1, 2: 2}


def test_a_call_over_several_lines_is_one_statement() -> None:
    assert statements("call(\n    1,\n    2,\n)\n") == {1: 1, 2: 1, 3: 1, 4: 1}


def test_comments_and_blank_lines_are_none() -> None:
    assert statements("# why\n\na = (  # because\n    # of\n    1\n)\n") == {3: 3, 5: 3, 6: 3}


def test_docstrings_are_none() -> None:
    text = """
        '''Module.'''
        class A:
            '''Class
            of two lines.'''
            def f(self):
                '''Function.'''
                return 1
    """
    assert statements(text) == {2: 2, 5: 5, 7: 7}


def test_the_head_of_a_compound_statement_ends_before_its_body() -> None:
    text = """
        if (a and
                b):
            c()
        elif d:
            e()
        else:
            f()
    """
    assert statements(text) == {1: 1, 2: 1, 3: 3, 4: 4, 5: 5, 7: 7}


def test_except_is_a_statement_and_finally_is_none() -> None:
    text = """
        try:
            a()
        except (
            OSError,
        ):
            b()
        finally:
            c()
    """
    assert statements(text) == {1: 1, 2: 2, 3: 3, 4: 3, 5: 3, 6: 6, 8: 8}


def test_a_case_is_a_statement() -> None:
    assert statements("match a:\n    case 1:\n        b()\n    case 2:\n        c()\n") == {
        1: 1,
        2: 2,
        3: 3,
        4: 4,
        5: 5,
    }


def test_each_decorator_is_a_statement_of_its_own() -> None:
    text = """
        @first
        @second(
            1,
        )
        def f(
            a,
        ):
            pass
    """
    assert statements(text) == {1: 1, 2: 2, 3: 2, 4: 2, 5: 5, 6: 5, 7: 5, 8: 8}


def test_a_decorator_inside_a_class_does_not_belong_to_the_head_of_the_class() -> None:
    assert statements("class A:\n    @property\n    def f(self): return 1\n") == {1: 1, 2: 2, 3: 3}


def test_what_nothing_is_executed_for_is_none() -> None:
    assert statements("def f():\n    global a\n    b: int\n    a = 1\n") == {1: 1, 4: 4}


@pytest.mark.parametrize("source", [b"def f(:\n", b"a = 1\0\n", b"\xff\xfe\n"])
def test_what_does_not_parse_has_no_statements(source: bytes) -> None:
    assert statement_lines(source) == {}
