"""A cache of query results that never outlives the publication they were computed on.

Keys carry the version that the published link points to, so that a publication empties the cache by itself, for every
worker at once. The version is read when a key is looked up, before the query runs, and kept for the moment its result
is stored: a result computed across a publication is filed under the old version, which nobody reads any more.
"""

import threading
from pathlib import Path
from typing import Any

from flask_caching.backends.base import BaseCache
from flask_caching.backends.filesystemcache import FileSystemCache
from flask_caching.backends.rediscache import RedisCache


class GenerationCache(BaseCache):
    """A cache around another one, with a generation of keys per published version."""

    def __init__(self, kept: BaseCache, published: Path, default_timeout: int) -> None:
        super().__init__(default_timeout)
        self._kept = kept
        self._published = published
        self._asked = threading.local()

    @classmethod
    def factory(cls, app: Any, config: dict, args: list, kwargs: dict) -> "GenerationCache":
        """Build it as Flask-Caching asks, around a cache in Redis when the configuration names one, else on disk."""
        backend = RedisCache if config.get("CACHE_REDIS_URL") else FileSystemCache
        kept = backend.factory(app, config, args, kwargs)
        return cls(kept, Path(app.config["PUBLISHED_FILE"]), config["CACHE_DEFAULT_TIMEOUT"])

    def _key(self, generation: str, key: str) -> str:
        return f"{generation}/{key}"

    def _generation(self) -> str:
        return self._published.resolve().name

    def get(self, key: str) -> Any:
        """Return what is kept for a key, and note the version that a result to come belongs to."""
        generation = self._generation()
        value = self._kept.get(self._key(generation, key))
        if value is None:
            self._asked.__dict__[key] = generation
        return value

    def set(self, key: str, value: Any, timeout: int | None = None) -> bool:
        """Keep a result whose key was looked up first; one that was not has no sure version and is not kept."""
        generation = self._asked.__dict__.pop(key, None)
        return generation is not None and bool(self._kept.set(self._key(generation, key), value, timeout))

    def has(self, key: str) -> bool:
        return self._kept.has(self._key(self._generation(), key))

    def delete(self, key: str) -> bool:
        return self._kept.delete(self._key(self._generation(), key))

    def clear(self) -> bool:
        return self._kept.clear()
