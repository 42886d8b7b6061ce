"""Turns the errors of the HTTP libraries into plain sentences."""

from collections.abc import Iterator
from contextlib import contextmanager

import requests
from urllib3.exceptions import LocationParseError, NameResolutionError, NewConnectionError

from conformance.failures import NetworkFailure, Refused, Timeout


@contextmanager
def plain(timeout: float) -> Iterator[None]:
    """Raise `NetworkFailure` with a sentence for whatever the HTTP libraries raise inside.

    Raises:
        NetworkFailure: the connection failed, or what came was no HTTP.
        Timeout: nothing came within `timeout` seconds.
        Refused: the request cannot be put on the wire.
    """
    try:
        yield
    except requests.exceptions.ConnectTimeout as error:
        raise Timeout(f"no connection within {timeout:g} s") from error
    except requests.exceptions.Timeout as error:
        raise Timeout(f"no answer within {timeout:g} s") from error
    except requests.exceptions.SSLError as error:
        raise NetworkFailure(f"TLS failed: {_tls(error)}", repeatable=False) from error
    except requests.exceptions.ProxyError as error:
        raise NetworkFailure("the proxy did not let the request through") from error
    except (requests.exceptions.InvalidHeader, UnicodeError, LocationParseError) as error:
        raise Refused("the request cannot be put on the wire") from error
    except requests.exceptions.ConnectionError as error:
        raise _connection(error) from error
    except (requests.exceptions.RequestException, OSError, ValueError) as error:
        raise NetworkFailure("what came back is no HTTP") from error


def _connection(error: requests.exceptions.ConnectionError) -> NetworkFailure:
    causes = list(_causes(error))
    if any(isinstance(cause, NameResolutionError) for cause in causes):
        return NetworkFailure("the host name cannot be resolved", repeatable=False)
    if any(isinstance(cause, NewConnectionError) for cause in causes):
        return NetworkFailure("the connection was refused", repeatable=False)
    text = str(error)
    if "got more than" in text or "LineTooLong" in text or "header line" in text:
        return NetworkFailure("the headers of the answer are too large", repeatable=False)
    if "BadStatusLine" in text or "HttpStatus" in text:
        return NetworkFailure("what came back is no HTTP", repeatable=False)
    return NetworkFailure("the connection was closed before an answer came")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error, and those inside it, however the libraries wrapped them."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        found = waiting.pop()
        if isinstance(found, BaseException) and id(found) not in seen:
            seen.add(id(found))
            yield found
            waiting += [found.__cause__, found.__context__, getattr(found, "reason", None)]
            waiting += [argument for argument in found.args if isinstance(argument, BaseException)]


def _tls(error: requests.exceptions.SSLError) -> str:
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return "the certificate is not trusted (give its issuer with --ca-bundle)"
    return "no secure connection could be agreed"
