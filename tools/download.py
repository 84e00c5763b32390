"""Fetch a file over https, within bounds of size and time."""

import time

import httpx

MOST_REDIRECTS = 5
MOST_SECONDS = 30.0
SECONDS_BETWEEN_BYTES = 10.0


class DownloadError(Exception):
    """The file could not be fetched; the message is one line that says why."""


def download(url: str, most_bytes: int) -> bytes:
    """Return what `url` holds, following redirects to other https addresses only."""
    deadline = time.monotonic() + MOST_SECONDS
    # Not compressed: what arrives is then no larger than what is counted.
    headers = {"Accept-Encoding": "identity", "User-Agent": "imprint-client vendor"}
    try:
        with httpx.Client(timeout=SECONDS_BETWEEN_BYTES, headers=headers) as client:
            for _ in range(MOST_REDIRECTS + 1):
                if httpx.URL(url).scheme != "https":
                    raise DownloadError(f"{without_secrets(url)} is not https")
                with client.stream("GET", url) as response:
                    if response.next_request is None:
                        return _body(response, most_bytes, deadline)
                    url = str(response.next_request.url)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise DownloadError(f"{without_secrets(url)} cannot be fetched: {error or type(error).__name__}") from None
    raise DownloadError(f"{without_secrets(url)} is the end of more than {MOST_REDIRECTS} redirects")


def _body(response: httpx.Response, most_bytes: int, deadline: float) -> bytes:
    source = without_secrets(str(response.url))
    if response.status_code != httpx.codes.OK:
        raise DownloadError(f"{source} answers {response.status_code} {response.reason_phrase}".rstrip())
    body = b""
    for piece in response.iter_raw():
        body += piece
        if len(body) > most_bytes:
            raise DownloadError(f"{source} is larger than {most_bytes // 2**20} MiB")
        if time.monotonic() > deadline:
            raise DownloadError(f"{source} takes longer than {MOST_SECONDS:.0f} s")
    return body


def without_secrets(url: str) -> str:
    """The address without user, password, query and fragment, any of which can hold a secret."""
    parts = httpx.URL(url)
    return f"{parts.scheme}://{parts.netloc.decode()}{parts.path}"
