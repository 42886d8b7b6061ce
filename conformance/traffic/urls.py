"""URLs as a target writes them: also those that are none."""

from urllib.parse import SplitResult, urljoin, urlsplit


def read_url(text: str, base: str = "") -> SplitResult | None:
    """Return the parts of a URL, read relative to `base`; None where it cannot be one."""
    try:
        parts = urlsplit(urljoin(base, text))
        _ = parts.port  # read late, and wrong only then
    except ValueError:
        return None
    return parts
