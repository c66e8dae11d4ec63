"""A stand-in for rpds, which is compiled: the persistent containers that jsonschema needs."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Any


class HashTrieMap(Mapping[Hashable, Any]):
    """A dictionary that never changes: each change gives another one."""

    def __init__(self, value: Any = (), **kwargs: Any) -> None:
        self._items = dict(value, **kwargs)

    @classmethod
    def convert(cls, value: Any) -> HashTrieMap:
        return value if isinstance(value, cls) else cls(value)

    def __getitem__(self, key: Hashable) -> Any:
        return self._items[key]

    def __iter__(self) -> Iterator[Hashable]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def insert(self, key: Hashable, value: Any) -> HashTrieMap:
        return HashTrieMap({**self._items, key: value})

    def remove(self, key: Hashable) -> HashTrieMap:
        rest = dict(self._items)
        del rest[key]
        return HashTrieMap(rest)

    def discard(self, key: Hashable) -> HashTrieMap:
        return self.remove(key) if key in self._items else self

    def update(self, *others: Any, **kwargs: Any) -> HashTrieMap:
        merged = dict(self._items)
        for other in others:
            merged.update(other)
        return HashTrieMap({**merged, **kwargs})


class HashTrieSet(frozenset[Any]):
    """A set that never changes."""

    def __new__(cls, value: Iterable[Any] = ()) -> HashTrieSet:
        return super().__new__(cls, value)

    def insert(self, value: Any) -> HashTrieSet:
        return HashTrieSet([*self, value])

    def remove(self, value: Any) -> HashTrieSet:
        if value not in self:
            raise KeyError(value)
        return HashTrieSet(self - {value})

    def update(self, *others: Iterable[Any]) -> HashTrieSet:
        return HashTrieSet(self.union(*others))


class List(tuple[Any, ...]):
    """A list that never changes."""

    def __new__(cls, *values: Any) -> List:
        one = values[0] if len(values) == 1 and isinstance(values[0], Iterable) else values
        return super().__new__(cls, one)

    def push_front(self, value: Any) -> List:
        return List([value, *self])

    def drop_first(self) -> List:
        return List(self[1:])

    @property
    def first(self) -> Any:
        return self[0]

    @property
    def rest(self) -> List:
        return List(self[1:])
