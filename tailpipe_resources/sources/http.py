"""The source `http`: the audit log of any service that hands its events out as JSON."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlencode

from pydantic import field_validator, model_validator

from tailpipe_resources.sources.api_client import Client
from tailpipe_resources.sources.api_event import Reading, key_of, path_of
from tailpipe_resources.sources.api_paging import Book, Counted, Cursor, Link, Numbered, Single
from tailpipe_resources.sources.api_source import ApiOptions, ApiSource, Feed
from tailpipe_resources.sources.api_way import LetIn, bearer, checked_url
from tailpipe_resources.sources.http_shape import Shape, Span

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from tailpipe_resources.model.secret import Secret
    from tailpipe_resources.sources.api_paging import Turning

HINT = "check the credential of the source"


class HttpOptions(ApiOptions):
    """What to ask, and where things are in the answer. Who asks is the credential's."""

    url: str | None = None
    """Where events are to be had, such as `https://api.example.com/v1/audit`."""

    urls: list[str] = []
    """Several of them, for instance one an organisation. All must answer alike."""

    query: dict[str, str] = {}
    """Parameters of every request. Secret ones belong into the credential."""

    records: str = ""
    """Where the array of events is in an answer: `data.items`. Empty when the answer is the array."""

    records_optional: bool = False
    """Whether the API leaves the array out when there are no events, or answers with nothing. Otherwise that is an
    error."""

    id_field: str | None = None
    """Where an event's own id is: `id`. Without one, or where it is empty, events with the same text are one event."""

    time_field: str
    """Where the time of an event is: ISO 8601, or a number of seconds, milliseconds or less since 1970."""

    order: Literal["newest_first", "oldest_first", "any"] = "newest_first"
    """The order of events over all pages. Newest first lets a day that lasts be looked at with one request, and paging
    end where the day begins."""

    from_parameter: str | None = None
    """The parameter that says from when on events are wanted. Without it runs page back to where the last one ended."""

    to_parameter: str | None = None
    """The parameter that says until when."""

    time_format: Literal["rfc3339", "unix", "unix_ms", "date"] = "rfc3339"
    """How these two are written."""

    pagination: Literal["none", "cursor", "next_link", "page", "offset"] = "none"
    """How one page leads to the next."""

    cursor_field: str | None = None
    """With `cursor`: where the next page's cursor is in an answer."""

    cursor_parameter: str = "cursor"
    """With `cursor`: the parameter that sends it back."""

    next_field: str | None = None
    """With `next_link`: where the next page's address is in an answer; without it the header `Link` has it."""

    page_parameter: str = "page"
    """With `page`: the parameter for its number."""

    first_page: int = 1
    """With `page`: the number of the first one."""

    offset_parameter: str = "offset"
    """With `offset`: the parameter for how many events to leave out."""

    limit_parameter: str | None = None
    """The parameter for how many events a page may have."""

    limit: int = 100
    """How many that are."""

    plain_http: bool = False
    """Send credentials over http:// to another machine, where everybody on the way can read them."""

    @field_validator("time_field")
    @classmethod
    def _check_time(cls, text: str) -> str:
        if not path_of(text):
            raise ValueError('say where an event has its time: time_field = "created_at"')
        return text

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.all_urls or not all(self.all_urls):
            raise ValueError('name an address: url = "https://api.example.com/v1/audit"')
        for url in self.all_urls:
            checked_url(url, plain=self.plain_http)
        if len(set(self.all_urls)) < len(self.all_urls):
            raise ValueError("an address is named twice")
        if self.pagination == "cursor" and self.cursor_field is None:
            raise ValueError('with pagination = "cursor", say where the cursor is: cursor_field = "next_cursor"')
        if self.to_parameter is not None and self.from_parameter is None:
            raise ValueError('"to_parameter" goes with "from_parameter"')
        return self

    @property
    def all_urls(self) -> list[str]:
        """What `url` and `urls` name together."""
        return [*([] if self.url is None else [self.url]), *self.urls]

    @property
    def turning(self) -> Turning:
        """How one page leads to the next."""
        if self.pagination == "cursor":
            return Cursor(path_of(self.cursor_field or ""), self.cursor_parameter)
        if self.pagination == "next_link":
            return Link(None if self.next_field is None else path_of(self.next_field))
        if self.pagination == "page":
            return Numbered(self.page_parameter, self.first_page)
        return Counted(self.offset_parameter) if self.pagination == "offset" else Single()


class HttpSource(ApiSource):
    """The audit log of a service, a day an artifact."""

    name = "http"
    description = "The audit log of a service that hands its events out as JSON."
    options = HttpOptions

    def feeds(self) -> Sequence[Feed]:
        """One an address."""
        options, client = HttpOptions.model_validate(self._options), Client(self._way, self._manners)
        return [_feed(options, client, checked_url(url, plain=options.plain_http)) for url in options.all_urls]

    def _way(self) -> LetIn:
        said = {} if self._credential is None else self._credential.options
        token, user, password = said.get("token"), said.get("username"), said.get("password")
        headers, hidden = _revealed(said.get("headers")), ""
        if token is not None:
            headers = {**bearer(token.reveal(), HINT).headers, **headers}
        elif user is not None:
            hidden = "" if password is None else password.reveal()
            pair = b64encode(f"{user}:{hidden}".encode()).decode()
            headers = {"Authorization": f"Basic {pair}", **headers}
        return LetIn(headers, _revealed(said.get("query")), (hidden,), HINT)


def _feed(options: HttpOptions, client: Client, url: str) -> Feed:
    shape = Shape(path_of(options.records), path_of(options.time_field), is_optional=options.records_optional)
    key = path_of(options.id_field) if options.id_field else None
    reading = Reading(shape.records, key, shape.time, is_optional=shape.is_optional)
    book = Book(client, url, options.query, reading, options.turning, shape.refusal)
    named = options.limit_parameter
    # The parameters may hold what is nobody's business, so their digest stands for them.
    chosen = f"?{key_of(urlencode(sorted(options.query.items())).encode()):016x}" if options.query else ""
    span = None
    if options.from_parameter is not None:
        span = Span(options.from_parameter, options.to_parameter, options.time_format).parameters
    return Feed(
        f"{url}{chosen}#",
        book,
        {named: str(options.limit)} if named else {},
        {named: "1"} if named else {},
        span,
        is_newest_first=options.order == "newest_first",
    )


def _revealed(said: dict[str, Secret] | None) -> dict[str, str]:
    return {name: value.reveal() for name, value in (said or {}).items()}
