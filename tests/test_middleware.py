"""Requests are counted by method and route, and nothing of them is kept."""

import asyncio

import pytest
from asgiref.sync import async_to_sync
from django.http import HttpResponse, StreamingHttpResponse
from django.test import RequestFactory
from django.urls import ResolverMatch

from aistore.middleware import RequestCounters
from aistore.performance import request_statistics
from aistore.performance.origin import current_request, origin
from aistore.performance.recorder import recorder

SECRET = "marker-7f3a"


@pytest.fixture(autouse=True)
def nothing_measured():
    recorder.forget()


def request(method="GET", route="chats/<uuid:pk>/"):
    made = RequestFactory().generic(method, f"/{SECRET}", HTTP_AUTHORIZATION=SECRET)
    made.resolver_match = route and ResolverMatch(None, (), {}, route=route)
    return made


def counts():
    return {one.name: (one.count, one.errors) for one in request_statistics().each}


def answer(status=200):
    return RequestCounters(lambda request: HttpResponse(status=status))


def test_by_method_and_route():
    """The route and not the path."""
    answer()(request())
    answer()(request("POST"))
    answer()(request())
    assert counts() == {"GET chats/<uuid:pk>/": (2, 0), "POST chats/<uuid:pk>/": (1, 0)}


@pytest.mark.parametrize(("status", "errors"), [(200, 0), (404, 0), (499, 0), (500, 1), (503, 1)])
def test_errors(status, errors):
    """Ours are counted, the client's are not."""
    answer(status)(request())
    assert counts() == {"GET chats/<uuid:pk>/": (1, errors)}


def test_exception():
    """It goes on to Django, and is counted."""
    with pytest.raises(ZeroDivisionError):
        RequestCounters(lambda request: 1 / 0)(request())
    assert counts() == {"GET chats/<uuid:pk>/": (1, 1)}


def test_nothing_of_a_client():
    """Neither a path that leads nowhere nor a method of his own makes a name."""
    answer()(request(SECRET.upper(), route=None))
    assert counts() == {"(other method) (no route)": (1, 0)}
    assert SECRET not in repr(recorder.contents(0)).lower()


def test_async():
    """In an asynchronous server the middleware is a coroutine function, and tasks keep apart."""
    seen = []

    async def view(request):
        await asyncio.sleep(0)
        seen.append(origin())
        return StreamingHttpResponse()

    async def both():
        middleware = RequestCounters(view)
        assert asyncio.iscoroutinefunction(view)
        await asyncio.gather(middleware(request(route="one")), middleware(request(route="two")))

    asyncio.run(both())
    assert (counts(), sorted(seen)) == ({"GET one": (1, 0), "GET two": (1, 0)}, ["GET one", "GET two"])


def test_is_over_with_the_request():
    """What comes afterwards is no part of it."""
    answer()(request())
    assert current_request.get() is None


@pytest.mark.django_db
def test_in_the_project(client):
    """It is in MIDDLEWARE, and sees the route that Django has found."""
    client.get("/admin/login/")
    assert counts() == {"GET admin/login/": (1, 0)}


@pytest.mark.django_db(transaction=True)
def test_in_an_asynchronous_project(async_client):
    """The same under ASGI."""
    async_to_sync(async_client.get)("/admin/login/")
    assert counts() == {"GET admin/login/": (1, 0)}
