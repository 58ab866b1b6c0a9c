"""Brings a film to the service, piece by piece and once, however often it is interrupted.

The protocol is Google's resumable upload: a session is opened, pieces of a multiple of 256 KiB are put, and
the service answers 308 with what it has. Where we stand is kept in the sign-in's session. Every film carries
a tag made from the delivery's key, so that one whose upload we lost sight of is found among the account's
own uploads and never brought twice.
"""

import asyncio
import hashlib
import json
import re
import secrets
import time
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dragoman.channels.connector import Post, Refused, TryLater, Video
from dragoman.channels.connectors.youtube.talk import CHUNK_LIMITS, Talk, Wrong
from dragoman.lib.http import Answer
from dragoman.lib.steps import step

PIECE = 4 * 1024 * 1024  # a multiple of 256 KiB, as the protocol asks
# One attempt ends before the desk's own limit, and goes on the next time: what a dying worker had uploaded is
# known to the one after it. Ahead of the moment the desk gives films more time.
SECONDS = 60.0
SECONDS_AHEAD = 300.0
PAGE = "50"
_RANGE = re.compile(r"bytes=0-(\d{1,15})")


def mark(key: str) -> str:
    """The tag by which a film of ours is known again."""
    return "dragoman-" + hashlib.sha256(f"dragoman/youtube/{key}".encode()).hexdigest()[:20]


class Upload:
    """One delivery's film on its way."""

    def __init__(
        self, talk: Talk, post: Post, settings: Mapping[str, str], *, seconds: float = SECONDS
    ) -> None:
        self.talk = talk
        self.post = post
        self.settings = settings
        self.until = time.monotonic() + seconds
        # A few places, so that the session does not grow; who loses theirs is found by the tag.
        self.slot = f"upload-{zlib.crc32(post.key.encode()) % 16}"

    @property
    def state(self) -> dict[str, Any]:
        kept = self.talk.session.get(self.slot)
        return dict(kept) if isinstance(kept, dict) and kept.get("key") == self.post.key else {}

    def keep(self, **changes: Any) -> None:
        """Where we stand. `None` forgets."""
        state = {"key": self.post.key, **self.state, **changes}
        self.talk.session[self.slot] = {name: value for name, value in state.items() if value is not None}

    async def film(self) -> str:
        """The id of the film, private and whole, with its captions."""
        number = str(self.state.get("id") or "") or await self.look() or await self._bring()
        self.keep(id=number, uri=None)
        step("youtube.uploaded")
        await self._captions(number)
        return number

    async def look(self) -> str:
        """The film of this delivery among the account's own uploads; empty when there is none."""
        uploads = await self._uploads()
        if not uploads:
            return ""
        wanted = mark(self.post.key)
        params = {"part": "contentDetails", "playlistId": uploads, "maxResults": PAGE}
        rows = await self._list("playlistItems", params)
        ids = [str(inner(row, "contentDetails", "videoId") or "") for row in rows]
        if not any(ids):
            return ""
        films = await self._list("videos", {"part": "snippet", "id": ",".join(filter(None, ids))})
        for film in films:
            if wanted in (inner(film, "snippet", "tags") or ()):
                return str(film.get("id") or "")
        return ""

    # --- the film ---

    async def _bring(self) -> str:
        video = self._video()
        with Path(video.path).open("rb") as file:
            uri = str(self.state.get("uri") or "")
            if uri:
                answer = await self._put(uri, b"", f"bytes */{video.size}")
            else:
                uri = await self._open(video)
                self.keep(uri=uri)
                answer = None
            while answer is None or answer.status == 308:
                start = _standing(answer)
                there = f"{start / 1e6:.1f} of {video.size / 1e6:.1f} MB of the film are uploaded"
                self._in_time(there)
                file.seek(start)
                piece = await asyncio.to_thread(file.read, PIECE)
                if not piece:
                    raise TryLater(f"{self.talk.host} has the whole film and has not named it yet.")
                where = f"bytes {start}-{start + len(piece) - 1}/{video.size}"
                answer = await self._put(uri, piece, where)
        return self._id(answer)

    def _video(self) -> Video:
        video = next(iter(self.post.videos), None)
        if video is None:
            raise Refused("There is no film in the statement.", shown="Add a film, or leave YouTube out.")
        if not video.path or not Path(video.path).is_file() or Path(video.path).stat().st_size != video.size:
            raise TryLater("The file of the film is not where it should be.")
        return video

    async def _open(self, video: Video) -> str:
        part = self.post.rendition.parts[0]
        snippet = {
            "title": part.extra["title"],
            "description": part.extra["description"],
            "categoryId": self.settings.get("category") or "25",
            "tags": [mark(self.post.key)],
            **_languages(self.post.lang),
        }
        body = {"snippet": snippet, "status": status_of("private", self.settings)}
        headers = {
            "x-upload-content-length": str(video.size),
            "x-upload-content-type": video.media_type,
        }
        url = f"{self.talk.service}/upload/youtube/v3/videos"
        params = {"uploadType": "resumable", "part": "snippet,status"}
        answer = await self.talk.ask("POST", url, params=params, body=body, headers=headers)
        if not answer.ok:
            raise self._refused(answer)
        uri = answer.headers.get("location", "")
        if not _ours(uri, self.talk.service):
            raise TryLater(f"{self.talk.host} did not say where to bring the film.")
        return uri

    async def _put(self, uri: str, piece: bytes, where: str) -> Answer:
        """One piece, or the question how far we are."""
        headers = {"content-range": where, "content-type": "application/octet-stream"}
        answer = await self.talk.ask("PUT", uri, content=piece, headers=headers, limits=CHUNK_LIMITS)
        if answer.ok or answer.status == 308:
            return answer
        if answer.status in (404, 410):
            self.keep(uri=None)
            raise TryLater(f"{self.talk.host} has forgotten the upload; it begins anew.")
        raise self._refused(answer)

    def _in_time(self, there: str) -> None:
        if time.monotonic() > self.until:
            raise TryLater(f"{there}; it goes on where it stopped.")

    def _id(self, answer: Answer) -> str:
        number = self.talk.value(answer).get("id")
        if not isinstance(number, str) or not number:
            raise TryLater(f"{self.talk.host} took the film but did not name it.")
        return number

    def _refused(self, answer: Answer) -> Exception:
        problem = self.talk.refusal(answer)
        if not isinstance(problem, Wrong):
            return problem
        return Refused(f"{self.talk.host} refuses the film: {problem.says} ({problem.reason})")

    # --- captions ---

    async def _captions(self, film: str) -> None:
        done = list(self.state.get("captions") or ())
        video = next(iter(self.post.videos), None)
        for lang, text in sorted((video.captions if video else {}).items()):
            if lang in done:
                continue
            self._in_time(f"The film is uploaded with captions in {len(done)} languages")
            await self._caption(film, lang, text)
            done.append(lang)
            self.keep(captions=done)

    async def _caption(self, film: str, lang: str, text: str) -> None:
        edge = "dragoman-" + secrets.token_hex(16)
        snippet = json.dumps({"snippet": {"videoId": film, "language": lang, "name": "", "isDraft": False}})
        body = (
            f"--{edge}\r\nContent-Type: application/json; charset=utf-8\r\n\r\n{snippet}\r\n"
            f"--{edge}\r\nContent-Type: text/vtt\r\n\r\n{text}\r\n--{edge}--\r\n"
        ).encode()
        try:
            await self.talk.call(
                "POST",
                "/upload/youtube/v3/captions",
                params={"uploadType": "multipart", "part": "snippet"},
                content=body,
                headers={"content-type": f"multipart/related; boundary={edge}"},
            )
        except Wrong as wrong:
            if wrong.reason == "captionExists":
                return  # an earlier attempt brought them, and its answer was lost
            raise Refused(f"{self.talk.host} refuses the captions ({lang}): {wrong.says}") from None

    # --- lists ---

    async def _uploads(self) -> str:
        kept = str(self.talk.session.get("uploads") or "")
        if kept:
            return kept
        rows = await self._list("channels", {"part": "contentDetails", "mine": "true"})
        found = str(inner(rows[0], "contentDetails", "relatedPlaylists", "uploads") or "") if rows else ""
        if found:
            self.talk.session["uploads"] = found
        return found

    async def _list(self, resource: str, params: Mapping[str, str]) -> list[Mapping[str, Any]]:
        try:
            found = await self.talk.read(resource, params)
        except Wrong as wrong:
            if wrong.reason == "playlistNotFound":
                return []  # nothing was ever uploaded
            raise TryLater(f"{self.talk.host} does not let us look: {wrong.says}") from None
        rows = found.get("items", [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise TryLater(f"{self.talk.host} answered with something that is not a list.")
        return rows


def status_of(privacy: str, settings: Mapping[str, str]) -> dict[str, Any]:
    """The whole of what can be set: what an update leaves out, the service takes back."""
    return {
        "privacyStatus": privacy,
        "selfDeclaredMadeForKids": settings.get("kids") == "yes",
        "embeddable": True,
        "license": "youtube",
        "publicStatsViewable": True,
    }


def inner(value: Any, *names: str) -> Any:
    """What lies within, or None where the shape is another."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _standing(answer: Answer | None) -> int:
    """How many bytes the service has."""
    match = _RANGE.fullmatch(answer.headers.get("range", "")) if answer else None
    return int(match[1]) + 1 if match else 0


def _languages(lang: str) -> dict[str, str]:
    return {"defaultLanguage": lang, "defaultAudioLanguage": lang} if lang else {}


def _ours(uri: str, service: str) -> bool:
    """The token goes to the service only: the address is on the same host, or on another of Google's."""
    there, here = urlsplit(uri), urlsplit(service)
    if there.scheme != here.scheme:
        return False
    return there.netloc == here.netloc or (
        str(here.hostname).endswith(".googleapis.com") and str(there.hostname).endswith(".googleapis.com")
    )
