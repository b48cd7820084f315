"""From a stored text to HTML that is safe on a page, whoever wrote it.

markdown       what models and people write, as paragraphs, lists, tables, code
mathematics    formulas, left as they were written
linking        addresses, pictures and footnotes: links to the open web, and nothing fetched
highlighting   code in colours
sanitiser      the last gate: what is not on its list does not pass
budget         how much of this one page may have

Note [Nothing is hidden]. People read here what was really said. So HTML is shown as it was written, and not applied;
definitions of links, which Markdown takes out of the text, stay in it; the whole line that opens a code block is its
label. Where setting a text in type is too dear, it is shown as it is.
"""

from .budget import Budget
from .highlighting import code
from .markdown import markdown

__all__ = ["Budget", "code", "markdown"]
