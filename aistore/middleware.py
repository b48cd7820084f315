"""Middleware that a host may put into his MIDDLEWARE."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponseBase

from .performance.noting import note_request
from .performance.origin import current_request

FAILED = 500  # this status and higher ones


class RequestCounters:
    """Counts requests by method and route: how many, how long they took, how many failed (an exception, or 5xx).

    No path, address, user or header is kept. The first in MIDDLEWARE sees the time of all the others, too. Of a
    streaming response only the time to its beginning is counted. While a request is answered, slow statements are
    said to come from it, and a connection of the pool is waited for no longer than a client would.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self.is_async:
            return self._answer_async(request)
        began, token = time.perf_counter(), current_request.set(request)
        response: HttpResponseBase | None = None
        try:
            response = self.get_response(request)
            return response
        finally:
            current_request.reset(token)
            _count(request, response, time.perf_counter() - began)

    async def _answer_async(self, request: HttpRequest) -> HttpResponseBase:
        began, token = time.perf_counter(), current_request.set(request)
        response: HttpResponseBase | None = None
        try:
            response = await self.get_response(request)
            return response
        finally:
            current_request.reset(token)
            _count(request, response, time.perf_counter() - began)


def _count(request: HttpRequest, response: HttpResponseBase | None, seconds: float) -> None:
    note_request(request, seconds, is_failed=response is None or response.status_code >= FAILED)
