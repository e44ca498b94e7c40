"""Another version published under the eyes of a running Superset, as the night does: aside, renamed, then the link."""

import shutil
from pathlib import Path

import duckdb


def publish_copy(home: Path, change: str | None = None) -> Path:
    """Publish a copy of the served version under a later name, after one SQL statement on it if any."""
    link = home / "publication" / "observatoire.duckdb"
    served = link.resolve()
    stamp = int(served.stem.rsplit("T", 1)[1]) + 1
    target = served.with_name(f"{served.stem.rsplit('T', 1)[0]}T{stamp:06d}.duckdb")
    aside = served.with_name(f".{target.name}")
    shutil.copy(served, aside)
    aside.chmod(0o644)
    if change:
        with duckdb.connect(str(aside)) as connection:
            connection.execute(change)
    aside.rename(target)
    new_link = link.with_name(".lien")
    new_link.symlink_to(Path("versions") / target.name)
    new_link.replace(link)
    return target
