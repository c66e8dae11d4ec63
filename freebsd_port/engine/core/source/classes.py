"""What the functions and classes of a tree are called, where they are, and what an object has.

Files are searched as bytes, and not parsed: a release's largest module takes a quarter of a second
to parse. What cannot be told for certain is taken to be there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from freebsd_port.engine.core.source.calls import Signature, read_head, read_signature
from freebsd_port.engine.core.source.names import Modules

_TOP = re.compile(rb"\n(?:@|(?:async )?(def|class)[ \t]+(\w+))")
_DYNAMIC = (b"__getattr__", b"__getattribute__", b"__dict__", b"vars(self)", b"setattr(self, ")
_BASES = re.compile(rb"class[ \t]+\w+[ \t]*(?:\(([^()]*)\))?[ \t]*:")
_OBJECT = frozenset(dir(object)) | {"__dict__", "__module__", "__weakref__", "__annotations__"}
_BINDS = re.compile(rb"[ \t]*(?::|(?:[-+*/|&%]|//|\*\*|<<|>>)?=(?!=))")
_TARGETS = re.compile(rb"\(?(?:[\w.]+,[ \t]*)*(?:self|cls)\.")
_UNPACKS = re.compile(rb"[\w., \t]*\)?[ \t]*=(?!=)")
_TAKES = re.compile(rb"\b(?:as|for)[ \t]+(?:self|cls)\.$")
_NEXT = re.compile(rb"\n[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]")
_RETURN = re.compile(rb"\n[ \t]+return[ \t]*([^\n]*)")
_LETTER = re.compile(rb"\w")
_DEPTH = 8
"""How many re-exports and bases are followed."""
_INDENT = 4
"""How deep what is bound in the body of a class may be."""

_IMPORT = re.compile(rb"(?:from[ \t]+([\w.]+)[ \t]+)?import[ \t]+([^#]*)")
_IMPORTS_BYTES = 30_000
"""How far down imports are looked for."""

_HEAD_BYTES = 4000
"""How long the head of a class or function may be."""


@dataclass(frozen=True, slots=True)
class Found:
    """A class or function, and the file that it is in."""

    path: str
    name: str
    """Dotted, from the module down: `Host.get_guest`."""

    is_class: bool

    @property
    def dotted(self) -> str:
        """Give its name with its module's."""
        module = self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        return f"{module}.{self.name}"

    @property
    def owner(self) -> str | None:
        """Give the class that it is a method of."""
        return self.name.rpartition(".")[0] or None


class Text:
    """One file, searched for definitions."""

    def __init__(self, lines: Sequence[bytes]) -> None:
        self.bytes = b"\n" + b"".join(lines)
        self._classes: dict[str, bytes] = {}
        self._imports: dict[str, str | None] = {}

    @cached_property
    def _tops(self) -> tuple[tuple[str, bool, int], ...]:
        """Give the outermost classes and functions: name, whether a class, offset."""
        return tuple(
            ((match[2] or b"").decode(), match[1] == b"class", match.start() + 1)
            for match in _TOP.finditer(self.bytes)
        )

    @cached_property
    def _kinds(self) -> dict[str, bool]:
        """Give whether an outermost name is a class; the first one counts."""
        return {name: is_class for name, is_class, _ in reversed(self._tops)}

    @cached_property
    def has_long_imports(self) -> bool:
        """Tell whether an import may go on in the next line."""
        return b" import (" in self.bytes

    def find_top(self, name: str) -> bool | None:
        """Tell whether an outermost name is a class; None if it is neither class nor function."""
        return self._kinds.get(name)

    def find_import(self, name: str) -> str | None:
        """Give the dotted name of what an import at the top binds a name to."""
        if name not in self._imports:
            self._imports[name] = None
            for head, rest in uses(self.bytes[:_IMPORTS_BYTES], name.encode()):
                if head.startswith((b"from ", b"import ")):
                    dotted = _read_import(head + name.encode() + rest, name)
                    if dotted is not None:
                        self._imports[name] = dotted
                        break
        return self._imports[name]

    def class_text(self, name: str) -> bytes:
        """Give an outermost class, from its head up to the next outermost one."""
        if name not in self._classes:
            stops = [*(offset for _, _, offset in self._tops[1:]), len(self.bytes)]
            self._classes[name] = b"\n".join(
                self.bytes[offset:stop]
                for (one, is_class, offset), stop in zip(self._tops, stops, strict=True)
                if one == name and is_class
            )
        return self._classes[name]

    def functions(self, name: str) -> Iterator[tuple[bytes, int]]:
        """Give every function of a dotted name: a text that it is in, and where its head begins."""
        owner, _, last = name.rpartition(".")
        text = self.class_text(owner) if owner else self.bytes
        word = b"def %s" % last.encode()
        at = text.find(word)
        while at >= 0:
            start = text.rfind(b"\n", 0, at) + 1
            before = text[start:at].removesuffix(b"async ")
            is_one = text[at + len(word) : at + len(word) + 1] in (b"(", b" ")
            if is_one and not before.strip() and bool(before) == bool(owner):
                yield text, start + len(before)
            at = text.find(word, at + 1)

    def function_lines(self, name: str) -> list[bytes]:
        """Give the lines of every function of a dotted name, up to the next head not deeper."""
        lines: list[bytes] = []
        for text, at in self.functions(name):
            indent = at - text.rfind(b"\n", 0, at) - 1
            after = re.compile(rb"\n {0,%d}(?:@|async |def |class )" % indent).search(text, at)
            lines += text[at - indent : after.start() + 1 if after else None].splitlines(True)
        return lines

    def classes(self) -> Iterator[str]:
        """Give the names of the outermost classes."""
        return (name for name, is_class, _ in self._tops if is_class)

    def has_decorator(self, name: str) -> bool:
        """Tell whether an outermost class is decorated."""
        return any(
            before and before[0] == "" and one == name and is_class
            for before, (one, is_class, _) in zip(((), *self._tops), self._tops, strict=False)
        )


def _read_import(line: bytes, name: str) -> str | None:
    """Give what the import on a line binds a name to; None for another line."""
    match = _IMPORT.match(line)
    if match is None:
        return None
    for part in match[2].decode("utf-8", "replace").split(","):
        dotted, _, other = part.strip(" ()\\\n").partition(" as ")
        if match[1] and (other.strip() or dotted) == name:
            return f"{match[1].decode()}.{dotted}"
        if not match[1] and (other.strip() or dotted.partition(".")[0]) == name:
            return dotted if other else name
    return None


@dataclass(frozen=True, slots=True)
class Head:
    """How a function is called, as the source says it."""

    text: bytes
    decorators: bytes

    @property
    def compact(self) -> bytes:
        """Give it without blanks and comments."""
        return re.sub(rb"#.*|\s+", b"", self.text + self.decorators)

    @property
    def signature(self) -> Signature | None:
        """Read the signature; None if that cannot be done."""
        return read_signature(self.text.splitlines(keepends=True))


def _read_head(text: bytes, at: int) -> Head:
    start = text.rfind(b"\n", 0, at) + 1
    lines = text[max(start - _HEAD_BYTES, 0) : start].splitlines()
    number = len(lines)
    while number and lines[number - 1].lstrip().startswith(b"@"):
        number -= 1
    head = read_head(text[at : at + _HEAD_BYTES].splitlines(keepends=True))
    return Head(head, b"\n".join(lines[number:]))


@dataclass(slots=True)
class Definitions:
    """The definitions of a tree, each file read once and only when asked for."""

    modules: Modules
    _texts: dict[str, Text | None] = field(default_factory=dict, init=False)
    _heads: dict[Found, tuple[Head, ...]] = field(default_factory=dict, init=False)
    _imports: dict[str, dict[str, list[str]]] = field(default_factory=dict, init=False)
    _bases: dict[Found, tuple[list[Found], bool]] = field(default_factory=dict, init=False)
    _attributes: dict[tuple[Found, str], Found | None] = field(default_factory=dict, init=False)
    _methods: dict[tuple[str, str], tuple[Found, ...]] = field(default_factory=dict, init=False)

    def text(self, path: str) -> Text | None:
        """Give a Python file; None for one that is not there."""
        if path not in self._texts:
            lines = self.modules.read(path) if path.endswith(".py") else None
            self._texts[path] = None if lines is None else Text(lines)
        return self._texts[path]

    def find(self, path: str, dotted: str, depth: int = 0) -> Found | None:
        """Find what a name means at the top level of a file, through imports.

        `dotted` is as it is written there: `driver.ComputeDriver`. None for what is not of the
        tree, and for what is neither a class nor a function.
        """
        text = self.text(path)
        if text is None or depth > _DEPTH:
            return None
        first, _, rest = dotted.partition(".")
        is_class = text.find_top(first)
        if is_class is not None:
            top = Found(path, first, is_class)
            if not rest:
                return top
            return self.find_method(top, rest) if is_class and "." not in rest else None
        imported_as = text.find_import(first)
        if imported_as is None and text.has_long_imports:
            bound = self.modules.bindings(path)
            imported_as = bound.modules.get(first) if bound else None
        if imported_as is None:
            return None
        return self.find_absolute(f"{imported_as}.{rest}".rstrip("."), depth + 1)

    def find_absolute(self, dotted: str, depth: int = 0) -> Found | None:
        """Find a class or function by its name with its module's."""
        parts = dotted.split(".")
        for number in range(len(parts) - 1, 0, -1):
            path = self.modules.find_module(".".join(parts[:number]))
            if path is not None:
                return self.find(path, ".".join(parts[number:]), depth)
        return None

    def bases(self, found: Found) -> tuple[list[Found], bool]:
        """Give the bases of a class that are of the tree, and whether these are all."""
        if found not in self._bases:
            self._bases[found] = [], False  # while they are looked for
            self._bases[found] = self._find_bases(found)
        return self._bases[found]

    def _find_bases(self, found: Found) -> tuple[list[Found], bool]:
        text = self.text(found.path)
        match = _BASES.match(text.class_text(found.name)[:_HEAD_BYTES]) if text else None
        if text is None or match is None:
            return [], False
        is_all, bases = not text.has_decorator(found.name), []
        for word in (match[1] or b"").decode("utf-8", "replace").split(","):
            name = word.strip()
            if not name or name == "object":
                continue
            base = self.find(found.path, name)
            if base is not None and base.is_class and base != found:
                bases.append(base)
            else:
                is_all = False
        return bases, is_all

    def has_member(self, found: Found, name: str, depth: int = 0) -> bool:
        """Tell whether a class or one of its bases binds a name, as far as can be seen."""
        text = self.text(found.path)
        if name in _OBJECT or (text and _binds(text.class_text(found.name), name.encode())):
            return True
        return depth < _DEPTH and any(
            self.has_member(base, name, depth + 1) for base in self.bases(found)[0]
        )

    def is_open(self, found: Found, depth: int = 0) -> bool:
        """Tell whether an object may have more than can be seen.

        A base may be none of the tree's, or names may be made as it runs.
        """
        text = self.text(found.path)
        bases, is_all = self.bases(found)
        if text is None or not is_all or depth > _DEPTH:
            return True
        body = text.class_text(found.name)
        is_dynamic = any(mark in body for mark in _DYNAMIC)
        return is_dynamic or any(self.is_open(base, depth + 1) for base in bases)

    def find_method(self, found: Found, name: str, depth: int = 0) -> Found | None:
        """Find the method that an object of a class has under a name, in the order of the bases."""
        own = Found(found.path, f"{found.name}.{name}", False)
        if self.heads(own):
            return own
        for base in self.bases(found)[0] if depth < _DEPTH else ():
            method = self.find_method(base, name, depth + 1)
            if method is not None:
                return method
        return None

    def find_attribute_class(self, found: Found, name: str) -> Found | None:
        """Find the class of what an attribute of self is bound to, where it is always the same."""
        if (found, name) not in self._attributes:
            self._attributes[found, name] = self._find_attribute_class(found, name, 0)
        return self._attributes[found, name]

    def _find_attribute_class(self, found: Found, name: str, depth: int) -> Found | None:
        text = self.text(found.path)
        body = text.class_text(found.name) if text else b""
        word = b"self.%s" % name.encode()
        made, at = [], body.find(word)
        while at >= 0:
            rest = body[at + len(word) : at + len(word) + 400].partition(b"\n")[0]
            match = re.match(rb"[ \t]*(?::[^=]*)?=(?!=)[ \t]*(.*)", rest)
            made += [match[1]] if match else []
            at = body.find(word, at + 1)
        if made:
            return self._only_class(found.path, made)
        for base in self.bases(found)[0] if depth < _DEPTH else ():
            known = self._find_attribute_class(base, name, depth + 1)
            if known is not None:
                return known
        return None

    def _only_class(self, path: str, made: Sequence[bytes]) -> Found | None:
        """Give the class that all of these expressions make an object of."""
        classes = set()
        for expression in made:
            match = re.match(rb"((?:\w+\.)*\w+)\(", expression)
            found = self.find(path, match[1].decode()) if match else None
            classes.add(found if found and found.is_class else None)
        return classes.pop() if len(classes) == 1 else None

    def find_result_class(self, found: Found) -> Found | None:
        """Find the class of what a function returns, where every return makes one of it."""
        text = self.text(found.path)
        places = list(text.functions(found.name)) if text else []
        if len(places) != 1:
            return None
        whole, at = places[0]
        stop = _NEXT.search(whole, at)
        made = _RETURN.findall(whole, at, stop.start() if stop else len(whole))
        return self._only_class(found.path, made) if made else None

    def heads(self, found: Found) -> tuple[Head, ...]:
        """Give how a function is called; several, where the source defines it several times."""
        if found not in self._heads:
            text = self.text(found.path)
            self._heads[found] = tuple(
                _read_head(*place) for place in (text.functions(found.name) if text else ())
            )
        return self._heads[found]

    def places_near(self, path: str, receiver: str) -> tuple[str, ...]:
        """Give a file, and those that it imports called as the receiver.

        What stands for an object is often called as the module of its class: `guest`, `_host`.
        """
        if path not in self._imports:
            bound = self.modules.bindings(path)
            self._imports[path] = {}
            for dotted in bound.modules.values() if bound else ():
                last = dotted.rpartition(".")[2].strip("_")
                self._imports[path].setdefault(last, []).append(dotted)
        like = self._imports[path].get(receiver.rpartition(".")[2].strip("_"), ())
        found = (self.modules.find_module(dotted) for dotted in like)
        return (path, *(place for place in found if place))

    def methods_in(self, places: Sequence[str], name: str) -> tuple[Found, ...]:
        """Give the methods of a name in files."""
        return tuple(method for place in places for method in self._methods_in(place, name))

    def _methods_in(self, place: str, name: str) -> tuple[Found, ...]:
        if (place, name) not in self._methods:
            text, word = self.text(place), b" def %s(" % name.encode()
            classes = text.classes() if text is not None and word in text.bytes else ()
            methods = (Found(place, f"{one}.{name}", False) for one in classes)
            self._methods[place, name] = tuple(one for one in methods if self.heads(one))
        return self._methods[place, name]


def uses(text: bytes, word: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Give what stands before and behind a word in its line, wherever it is one."""
    at = text.find(word)
    while at >= 0:
        end = at + len(word)
        if not _LETTER.match(text, end) and not (at and _LETTER.match(text, at - 1)):
            start, stop = text.rfind(b"\n", 0, at) + 1, text.find(b"\n", end)
            yield text[start:at], text[end : stop if stop >= 0 else len(text)]
        at = text.find(word, end)


def _binds(body: bytes, name: bytes) -> bool:
    """Tell whether the text of a class binds a name of its own or of its objects."""
    for head, rest in uses(body, name):
        bare = head.strip()
        is_defined = bare in (b"def", b"class", b"async def")
        is_set = bare.endswith((b"setattr(self, '", b'setattr(self, "'))
        is_taken = _TAKES.search(head) is not None
        is_own = bare in (b"self.", b"cls.") or (not bare and 0 < len(head) <= _INDENT)
        is_bound = is_own and _BINDS.match(rest)
        is_unpacked = _UNPACKS.match(rest) and _TARGETS.fullmatch(bare)
        if is_defined or is_set or is_taken or is_bound or is_unpacked:
            return True
    return False
