"""Download a file over https, with limits on size and time."""

import time

import httpx

MOST_REDIRECTS = 5
MOST_SECONDS = 30.0
SECONDS_BETWEEN_BYTES = 10.0


class DownloadError(Exception):
    """The download failed; the message is one line that says why."""


def download(url: str, most_bytes: int) -> bytes:
    """Return the contents of `url`. Redirects are followed only to other https addresses."""
    deadline = time.monotonic() + MOST_SECONDS
    # Without compression, the limit on bytes received also limits the result.
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
    """Remove user, password, query and fragment from an address, because each can hold a secret."""
    parts = httpx.URL(url)
    return f"{parts.scheme}://{parts.netloc.decode()}{parts.path}"
