"""Which files a patch may touch: those of the distribution that its directory names."""

from __future__ import annotations

from dataclasses import dataclass

from freebsd_port.engine.core.apply.plan import PatchOutcome
from freebsd_port.engine.core.text.file import PathError
from freebsd_port.openstack.core.release.release import normalised_name


@dataclass(frozen=True, slots=True)
class Owner:
    """An installed distribution and the paths that its RECORD lists."""

    distribution: str
    paths: frozenset[str]

    def owns(self, path: str) -> bool:
        """Tell whether the path is listed, or would be new in one of the same packages."""
        if path in self.paths:
            return not path.startswith("../")
        top = path.partition("/")[0]
        return "/" in path and f"{top}/__init__.py" in self.paths


def find_owner(path: str, owners: tuple[Owner, ...]) -> str | None:
    """Name the distribution that owns a path; a listed path wins over a shared package."""
    for owner in owners:
        if path in owner.paths:
            return owner.distribution
    return next((owner.distribution for owner in owners if owner.owns(path)), None)


def ownership_problems(outcome: PatchOutcome, owners: tuple[Owner, ...]) -> list[PathError]:
    """Refuse, by name, every file that the patch's distribution does not own."""
    directory = normalised_name(outcome.name.partition("/")[0])
    mine = [o for o in owners if normalised_name(o.distribution) == directory]
    problems: list[PathError] = []
    for path in outcome.paths:
        is_metadata = ".dist-info/" in path
        if (
            mine
            and not is_metadata
            and mine[0].owns(path)
            and find_owner(path, owners) == mine[0].distribution
        ):
            continue
        if is_metadata:
            reason = "it is metadata of a distribution"
        else:
            owner = find_owner(path, owners)
            reason = f"it belongs to {owner}" if owner else "no pinned distribution owns it"
        problems.append(
            PathError(
                f"{outcome.name} may not touch {path}: {reason}",
                hint="a patch changes only files of the distribution that its directory names",
            )
        )
    return problems
