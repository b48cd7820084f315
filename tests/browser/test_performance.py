"""The performance report in a real browser: how wide it is, in light and dark, in the admin and as a file."""

import datetime as dt

import pytest

from aistore.models import Conversation
from aistore.performance.page import page as document
from aistore.performance.reporting import report

pytestmark = pytest.mark.browser

ADDRESS = "/admin/aistore/conversation/performance/"
HOUR = dt.timedelta(hours=1)

every_look = pytest.mark.parametrize(
    ("width", "dark"), [(1280, False), (1280, True), (360, False), (360, True)]
)


@pytest.fixture
def used(admin):
    """Something to report: statements, reads through the cache, one that failed."""
    conversation = Conversation.objects.create(owner=admin, title="Trip")
    for number in range(20):
        conversation.append("user", f"text {number}")
        Conversation.objects.cached.get(conversation.pk)


def contrast(page, selector):
    """Whether the text is legible on its ground: the ratio of WCAG, of the first such element."""
    return page.evaluate(CONTRAST, selector)


CONTRAST = """selector => {
  const light = colour => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map(Number).map(v => v / 255)
      .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = one => getComputedStyle(one).backgroundColor;
  const element = document.querySelector(selector);
  let behind = element;
  while (behind && ground(behind).match(/rgba\\(.*, 0\\)|transparent/)) behind = behind.parentElement;
  const [one, two] = [light(getComputedStyle(element).color), light(ground(behind || document.body))];
  return (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
}"""


@every_look
def test_in_the_admin(open_page, used, width, dark):
    """Nothing runs off to the side, and the status and the small print can be read."""
    page = open_page(ADDRESS, width=width, dark=dark)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for selector in (".aistore-status strong", ".aistore-figures dt", ".aistore-upright span", "table code"):
        assert contrast(page, selector) >= 4.5, selector


@every_look
def test_as_a_file(browser, used, tmp_path, width, dark):
    """The same of the page that needs nothing else; it asks for nothing."""
    file = tmp_path / "report.html"
    file.write_text(document(report(HOUR)))
    asked = []
    page = browser.new_page(
        viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"
    )
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    assert asked == [file.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for selector in (".aistore-status strong", ".aistore-figures dt", ".aistore-upright span", "table code"):
        assert contrast(page, selector) >= 4.5, selector
    page.context.close()
