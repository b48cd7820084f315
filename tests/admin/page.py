"""A page as a browser would read it: its tags, its links, its text."""

from html.parser import HTMLParser

OURS = ("/static/", "/admin/jsi18n/")


class Page(HTMLParser):
    def __init__(self, response):
        super().__init__()
        self.status = response.status_code
        self.tags = []  # (name, attributes)
        self.links = []  # [text, address]
        self.texts = []
        self.html = response.content.decode()
        self.feed(self.html)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag == "a":
            self.links.append(["", dict(attributes)["href"]])

    def handle_data(self, data):
        self.texts.append(data)
        if self.links:
            self.links[-1][0] += data

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())

    def attributes(self, name):
        return [attributes[name] for _, attributes in self.tags if name in attributes]

    def href(self, words):
        """The address of the first link that begins with these words."""
        return next(address for text, address in self.links if text.strip().startswith(words))


def assert_inert(page):
    """Nothing of what was stored runs: no script of the page's own, no handler, no style, no odd address, and
    nothing is fetched from elsewhere."""
    for tag, attributes in page.tags:
        assert tag not in ("iframe", "object", "embed", "base", "b", "i", "u")
        assert not [name for name in attributes if name.startswith("on") or name == "style"], attributes
        if tag in ("script", "img", "link"):
            assert attributes.get("src", attributes.get("href", "")).startswith(OURS), attributes
    for address in page.attributes("href"):
        assert address.startswith(("/", "?", "#", "http://", "https://")), address
